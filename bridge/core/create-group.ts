import { newId } from '../runtime/ids.ts';
import type { ChatGroup, Message, StoreOperations } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { CreateGroupInput, NewGroup } from './action-types.ts';
import { checkMetadata, checkText } from './check-text.ts';
import { type ChosenLine, chooseLine } from './choose-line.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { refusesProactive } from './line-refusal.ts';
import { newMessage } from './new-message.ts';
import { orderOperation } from './order-operation.ts';
import { pendingName } from './pending-group.ts';
import { notFound, requestError } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** A group that was not made by then is not made any more. In milliseconds. */
const LIFETIME_MS = 24 * 3_600_000;
/** Beside the line itself. */
const FEWEST = 2;
const MOST = 31;

/** Orders a group with its first message, and keeps both as what is to come. */
export async function createGroup(
  context: CoreContext,
  caller: Caller,
  input: CreateGroupInput,
  repeatable?: Repeatable,
): Promise<NewGroup> {
  const participants = checked(input);
  const now = context.clock.now();
  const groupId = newId('grp', now);
  const wanted = { caller, repeatable, input, resourceId: groupId, now };
  const outcome = await acceptOnce(context, wanted, async (tx) => {
    const [first = ''] = participants;
    const where = await chooseLine(tx, caller, {
      from: input.from,
      to: first,
      refuses: (line) => refusesProactive(tx, line),
    });
    if (participants.includes(where.line.handle))
      throw requestError('invalid_parameter_value', 'The line itself is in every group', 'participants');
    await requireAction(tx, where.line.id, 'create_group');
    const { group, message } = await keep(tx, { caller, where, groupId, participants, input, now });
    await orderOperation(tx, {
      id: newId('op', now),
      kind: 'create_group',
      caller,
      where,
      about: { groupId },
      sends: message.id,
      traceId: message.traceId,
      order: { type: 'group.create', participants, text: input.text },
      expiresAt: now + LIFETIME_MS,
      now,
    });
    return { group, agentId: where.agent.id };
  });
  if ('made' in outcome) context.wakeups.command(outcome.made.agentId);
  const id = 'made' in outcome ? outcome.made.group.id : outcome.earlier;
  return { ...(await read(context, caller, id)), replayed: 'earlier' in outcome };
}

async function keep(
  tx: StoreOperations,
  {
    caller,
    where,
    groupId,
    participants,
    input,
    now,
  }: {
    caller: Caller;
    where: ChosenLine;
    groupId: string;
    participants: string[];
    input: CreateGroupInput;
    now: number;
  },
): Promise<{ group: ChatGroup; message: Message }> {
  const { accountId, mode } = caller;
  const lineId = where.line.id;
  const conversation = await tx.findOrCreateConversation({
    id: newId('cnv', now),
    accountId,
    mode,
    lineId,
    kind: 'group',
    participant: pendingName(groupId),
    createdAt: now,
  });
  const { group } = await tx.findOrCreateGroup({
    id: groupId,
    accountId,
    mode,
    lineId,
    conversationId: conversation.id,
    name: null,
    createdAt: now,
  });
  for (const handle of participants) await tx.addMember({ groupId, handle, addedAt: now });
  const message = newMessage({
    id: newId('msg', now),
    conversation,
    groupId,
    from: where.line.handle,
    to: groupId,
    text: input.text,
    metadata: input.metadata ?? null,
    details: {},
    now,
  });
  await tx.insertMessage(message);
  await tx.appendTimeline({
    messageId: message.id,
    step: 'accepted',
    source: 'api',
    at: now,
    errorCode: null,
  });
  return { group, message };
}

async function read(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<Omit<NewGroup, 'replayed'>> {
  const group = await store.findGroup(accountId, mode, id);
  const [operation] = await store.listGroupOperations([id]);
  if (!group || !operation) throw notFound('group');
  const [members, message] = await Promise.all([
    store.listMembers([id]),
    store.findMessageByCommand(operation.commandId),
  ]);
  if (!message) throw notFound('message');
  return { group, members, message, operation };
}

/** The participants in their stored form; throws on the first field that is wrong. */
function checked({ participants, text, name, metadata }: CreateGroupInput): string[] {
  if (name !== undefined)
    throw requestError('invalid_parameter_value', 'No Mac can name a group; leave name out', 'name');
  const handles = participants.map((written, index) => {
    const handle = normaliseHandle(written);
    if (handle !== undefined) return handle;
    throw requestError(
      'invalid_phone_number',
      'A participant is neither a valid E.164 number nor an email',
      `participants[${index}]`,
    );
  });
  const different = [...new Set(handles)];
  if (different.length < FEWEST || different.length > MOST)
    throw requestError(
      'invalid_parameter_value',
      `A group has ${FEWEST} to ${MOST} different participants`,
      'participants',
    );
  checkText(text);
  if (metadata !== undefined) checkMetadata(metadata);
  return different;
}
