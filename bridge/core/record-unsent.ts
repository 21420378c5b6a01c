import type { MessageUnsentEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Message } from '../store/types.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';
import { targetOf } from './targets.ts';

/**
 * Stores that a message was taken back; returns how many deliveries it made. Of a message that is gone no text is kept,
 * as in Messages itself; of one that is gone in part, what is left.
 */
export async function recordUnsent(recording: Recording, event: MessageUnsentEvent): Promise<number> {
  const { tx, line } = recording;
  const inRow = event.parts === null ? null : [...new Set(event.parts)].sort((a, b) => a - b);
  if (!(await isNew(recording, event.type, event.guid, inRow))) return 0;
  const target = await targetOf(recording, event.guid, event);
  const { message, firstPart } = target;
  // With a further row its file alone is gone; the text stands in the first one.
  const isFile = firstPart > 0;
  const parts = isFile ? (inRow ?? [0]).map((part) => firstPart + part) : inRow;
  const text = isFile && message ? message.text : event.text;
  const at = Date.parse(event.at);
  if (message?.unsentAt != null) return target.deliveries;
  if (message) {
    await tx.updateMessage(message.id, parts === null ? whole(message, at) : some(message, parts, text));
    await tx.appendTimeline({ messageId: message.id, step: 'unsent', source: 'mac', at, errorCode: null });
  }
  const told = await tellCustomer(recording, target.orderingKey, {
    type: 'message.unsent',
    data: {
      ...target.named,
      direction: message?.direction ?? (event.from === null ? 'outbound' : 'inbound'),
      unsentAt: isoTime(at),
      parts,
      text,
      ...(event.truncated ? { truncated: true } : {}),
      ...(target.groupId === null ? {} : { groupId: target.groupId }),
      lineId: line.id,
    },
  });
  return target.deliveries + told;
}

const whole = ({ direction, status, details }: Message, at: number) => {
  const { history: _texts, ...rest } = details;
  return {
    text: '',
    unsentAt: at,
    status: direction === 'outbound' ? ('unsent' as const) : status,
    details: rest,
  };
};

const some = ({ details }: Message, parts: number[], text: string) => ({
  text,
  details: { ...details, unsentParts: [...new Set([...(details.unsentParts ?? []), ...parts])] },
});
