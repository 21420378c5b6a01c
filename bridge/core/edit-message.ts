import type { LineOperation } from '../store/types.ts';
import { actOnMessage } from './act-on-message.ts';
import type { ActedMessage } from './action-types.ts';
import { checkText } from './check-text.ts';
import type { CoreContext } from './context.ts';
import { isOver } from './operation-state.ts';
import { requireChangeable } from './own-message.ts';
import { requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** Apple lets a message be edited for so long after it was sent, in milliseconds. */
const EDIT_WINDOW_MS = 15 * 60_000;
/** Apple lets a message be edited so often. */
const MOST_EDITS = 5;

/** Orders another text for an own message. What is on its way counts as an edit until it has failed. */
export function editMessage(
  context: CoreContext,
  caller: Caller,
  id: string,
  text: string,
  repeatable?: Repeatable,
): Promise<ActedMessage> {
  checkText(text);
  const request = { caller, messageId: id, kind: 'edit', input: { text }, repeatable } as const;
  return actOnMessage(context, request, async ({ message, operations, onMac, byOurClock, now }) => {
    requireChangeable(message);
    const expiresAt = (await byOurClock(message.sentAt)) + EDIT_WINDOW_MS;
    if (now > expiresAt) throw requestError('edit_window_expired', 'It was sent more than 15 minutes ago.');
    if (message.editCount + operations.filter(isComing).length >= MOST_EDITS)
      throw requestError('edit_limit_reached', `It was edited ${MOST_EDITS} times.`);
    return { order: { type: 'message.edit', ...(await onMac()), text }, expiresAt, actions: ['edit'] };
  });
}

const isComing = ({ kind, state }: LineOperation): boolean => kind === 'edit' && !isOver(state);
