import type { Message, StoreOperations } from '../store/types.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** A message that can be answered inline. */
export type Answerable = Message & { guid: string };

/** The message that a reply answers. Throws `reply_target_invalid` for one that Messages does not have. */
export async function replyTarget(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  id: string,
): Promise<Answerable> {
  const message = await tx.findMessage(accountId, mode, id);
  if (!message) throw requestError('reply_target_invalid', 'There is no message with this id', 'replyTo');
  const { guid, unsentAt, status } = message;
  if (guid === null || unsentAt !== null || status === 'failed')
    throw requestError('reply_target_invalid', 'Messages does not have it, or not any more', 'replyTo');
  return { ...message, guid };
}
