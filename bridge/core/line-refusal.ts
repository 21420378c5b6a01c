import { REPLY_WINDOW_MS } from '../protocol/limits.ts';
import type { Conversation, Line, StoreOperations } from '../store/types.ts';
import { type LineRefusal, unavailable } from './choose-line.ts';
import { sendsNothing } from './line-condition.ts';
import type { Caller } from './types.ts';

/** Why nothing that nobody waits for may leave from a line now. */
export async function refusesProactive(tx: StoreOperations, line: Line): Promise<LineRefusal | undefined> {
  const { id: lineId } = line;
  const status = sendsNothing((await tx.findLineReport(lineId))?.state, line);
  return status && { lineId, status };
}

/** The same of a message in a conversation: one that is only paused still sends replies. */
export async function refusesMessage(
  tx: StoreOperations,
  line: Line,
  conversation: Conversation | undefined,
  now: number,
): Promise<LineRefusal | undefined> {
  const refusal = await refusesProactive(tx, line);
  if (refusal?.status !== 'paused' || !conversation) return refusal;
  const replies = await tx.hasInboundSince(conversation.id, now - REPLY_WINDOW_MS);
  return replies ? undefined : refusal;
}

/**
 * Throws `line_unavailable` where what is asked in a conversation may not be done now: on a banned line nothing; on one that
 * is paused what answers nobody, unless it only takes back what was sent.
 */
export async function requireLine(
  tx: StoreOperations,
  line: Line,
  act: { conversation: Conversation | undefined; takesBack?: boolean },
  now: number,
): Promise<void> {
  const refusal = await refusesMessage(tx, line, act.conversation, now);
  if (refusal && !(refusal.status === 'paused' && act.takesBack)) throw unavailable(refusal);
}

/** The same of a message to a handle, on the line's conversation with it if there is one. */
export async function refusesMessageTo(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  { line, handle, now }: { line: Line; handle: string; now: number },
): Promise<LineRefusal | undefined> {
  const conversation = await tx.findConversationWith({ accountId, mode, lineId: line.id }, handle);
  return refusesMessage(tx, line, conversation, now);
}
