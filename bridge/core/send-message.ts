import type { Command } from '../protocol/commands.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Message, StoreOperations, TimelineEntry } from '../store/types.ts';
import { type ChosenLine, chooseLine } from './choose-line.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { getMessage } from './read-messages.ts';
import { requestError } from './request-error.ts';
import { isStorable } from './storable.ts';
import type { Caller, Repeatable, SendMessageInput } from './types.ts';

/** A message that has not left by then is not sent any more. In milliseconds. */
export const COMMAND_LIFETIME_MS = 24 * 3_600_000;
/** In characters, that is code points. */
const MAX_SEND_TEXT_LENGTH = 10_000;
/** Of the metadata as JSON, in UTF-16 units. */
const MAX_METADATA_LENGTH = 1_000;

/** Accepts a message: message, timeline and command are stored together, and the agent is woken. */
export async function sendMessage(
  context: CoreContext,
  caller: Caller,
  input: SendMessageInput,
  repeatable?: Repeatable,
): Promise<{ message: Message; timeline: TimelineEntry[]; replayed: boolean }> {
  const to = checked(input);
  if (repeatable) checkRepeatable(repeatable);
  if (caller.mode === 'sandbox') {
    throw requestError('sandbox_not_activated', 'No phone is paired with the sandbox of this account');
  }
  const now = context.clock.now();
  const id = newId('msg', now);
  const outcome = await context.store.transaction(async (tx) => {
    const earlier = repeatable && (await reserve(tx, { caller, repeatable, input, resourceId: id, now }));
    if (earlier !== undefined) return { earlier };
    const chosen = await chooseLine(tx, caller, { from: input.from, to });
    return { accepted: await accept(tx, chosen, { id, caller, input, to, now }) };
  });
  if (outcome.accepted === undefined) {
    return { ...(await getMessage(context, caller, outcome.earlier)), replayed: true };
  }
  const { agentId, message, timeline } = outcome.accepted;
  context.wakeups.command(agentId);
  return { message, timeline, replayed: false };
}

interface Acceptance {
  id: string;
  caller: Caller;
  input: SendMessageInput;
  to: string;
  now: number;
}

async function accept(
  tx: StoreOperations,
  { line, agent }: ChosenLine,
  { id, caller, input, to, now }: Acceptance,
): Promise<{ message: Message; timeline: TimelineEntry[]; agentId: string }> {
  const conversation = await tx.findOrCreateConversation({
    id: newId('cnv', now),
    accountId: caller.accountId,
    mode: caller.mode,
    lineId: line.id,
    kind: 'direct',
    participant: to,
    createdAt: now,
  });
  const message: Message = {
    id,
    accountId: caller.accountId,
    mode: caller.mode,
    conversationId: conversation.id,
    lineId: line.id,
    direction: 'outbound',
    from: line.handle,
    to,
    text: input.text,
    status: 'queued',
    errorCode: null,
    errorMessage: null,
    service: null,
    guid: null,
    metadata: input.metadata ?? null,
    traceId: newId('trc', now),
    createdAt: now,
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    groupId: null,
    editCount: 0,
    editedAt: null,
    unsentAt: null,
    details: {},
  };
  const entry: TimelineEntry = {
    messageId: message.id,
    step: 'accepted',
    source: 'api',
    at: now,
    errorCode: null,
  };
  const command: Command = {
    id: newId('cmd', now),
    traceId: message.traceId,
    issuedAt: isoTime(now),
    expiresAt: isoTime(now + COMMAND_LIFETIME_MS),
    type: 'message.send',
    to,
    text: message.text,
  };
  await tx.insertMessage(message);
  await tx.appendTimeline(entry);
  await tx.appendCommand({
    agentId: agent.id,
    id: command.id,
    messageId: message.id,
    command,
    createdAt: now,
  });
  return { message, timeline: [entry], agentId: agent.id };
}

/** The recipient in its stored form; throws on the first field that is wrong. */
function checked({ to, text, metadata }: SendMessageInput): string {
  const handle = normaliseHandle(to);
  if (handle === undefined) {
    throw requestError('invalid_phone_number', 'to is neither a valid E.164 number nor an email', 'to');
  }
  const length = text.length > MAX_SEND_TEXT_LENGTH * 2 ? Number.POSITIVE_INFINITY : [...text].length;
  if (length === 0 || length > MAX_SEND_TEXT_LENGTH) {
    throw requestError('invalid_parameter_value', `text has 1 to ${MAX_SEND_TEXT_LENGTH} characters`, 'text');
  }
  if (!isStorable(text)) {
    throw requestError('invalid_parameter_value', 'text holds NUL or half a surrogate pair', 'text');
  }
  if (metadata !== undefined) checkMetadata(metadata);
  return handle;
}

function checkMetadata(metadata: Record<string, string>): void {
  const entries = Object.entries(metadata);
  if (!entries.every(([key, value]) => isStorable(key) && isStorable(value))) {
    throw requestError('invalid_parameter_value', 'metadata holds NUL or half a surrogate pair', 'metadata');
  }
  if (JSON.stringify(metadata).length > MAX_METADATA_LENGTH) {
    throw requestError(
      'invalid_parameter_value',
      `metadata has at most ${MAX_METADATA_LENGTH} characters as JSON`,
      'metadata',
    );
  }
}
