import { actOnMessage } from './act-on-message.ts';
import type { ActedMessage } from './action-types.ts';
import type { CoreContext } from './context.ts';
import { isOver } from './operation-state.ts';
import { requireChangeable } from './own-message.ts';
import { requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** Apple lets a message be taken back for so long after it was sent, in milliseconds. */
const UNSEND_WINDOW_MS = 2 * 60_000;

/** Orders that an own message be taken back; once that is done, or on its way, asking again changes nothing. */
export function unsendMessage(
  context: CoreContext,
  caller: Caller,
  id: string,
  repeatable?: Repeatable,
): Promise<ActedMessage> {
  const request = { caller, messageId: id, kind: 'unsend', input: {}, repeatable } as const;
  return actOnMessage(context, request, async ({ message, operations, onMac, byOurClock, now }) => {
    const last = operations.filter(({ kind }) => kind === 'unsend').at(-1) ?? null;
    const gone = message.direction === 'outbound' && message.unsentAt !== null;
    if (gone || (last && !isOver(last.state))) return { standing: last };
    requireChangeable(message);
    const expiresAt = (await byOurClock(message.sentAt)) + UNSEND_WINDOW_MS;
    if (now > expiresAt) throw requestError('unsend_window_expired', 'It was sent more than 2 minutes ago.');
    return { order: { type: 'message.unsend', ...(await onMac()) }, expiresAt, actions: ['unsend'] };
  });
}
