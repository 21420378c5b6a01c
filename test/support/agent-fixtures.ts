import { pino } from 'pino';
import type { SendMessageCommand } from '../../bridge/protocol/commands.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';

export const silentLogger = pino({ level: 'silent' });

/** A valid `message.send`. Times are milliseconds since the Unix epoch. */
export function sendCommand(
  id: string,
  {
    to = '+14155550101',
    text = `text of ${id}`,
    issuedAt = Date.now(),
    expiresAt = issuedAt + 3_600_000,
  }: { to?: string; text?: string; issuedAt?: number; expiresAt?: number } = {},
): SendMessageCommand {
  return {
    type: 'message.send',
    id,
    traceId: `trc_${id}`,
    issuedAt: isoTime(issuedAt),
    expiresAt: isoTime(expiresAt),
    to,
    text,
  };
}
