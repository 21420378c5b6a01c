import type { Priority } from '../protocol/commands.ts';
import type { Action, Effect } from '../protocol/common.ts';
import { newId } from '../runtime/ids.ts';
import type { Media, Message, StoreOperations, TimelineEntry } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import { checkMetadata, checkText } from './check-text.ts';
import type { CoreContext } from './context.ts';
import { onMac } from './conversation-target.ts';
import { newMessage } from './new-message.ts';
import { type Order, orderCommand } from './order-operation.ts';
import { attachmentOf, checkVoiceNote, fileOrder, outgoingFiles } from './outgoing-files.ts';
import { getMessage } from './read-messages.ts';
import { type Destination, destinationOf, type Recipient, recipientOf } from './recipient.ts';
import { type Answerable, replyTarget } from './reply-target.ts';
import { requestError } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable, SendMessageInput } from './types.ts';

/** A message that has not left by then is not sent any more, unless it was said when; a one-time code sooner. In milliseconds. */
export const COMMAND_LIFETIME_MS = 24 * 3_600_000;
const OTP_LIFETIME_MS = 10 * 60_000;

/** Other vendors' words for effects. */
const EFFECT_ALIASES: Readonly<Record<string, Effect>> = {
  invisible: 'invisibleInk',
  sparkles: 'celebration',
  hearts: 'love',
  happy_birthday: 'balloons',
};

/** How the Mac calls a service. */
const SERVICES = { imessage: 'iMessage', sms: 'SMS', rcs: 'RCS' } as const;
type Service = (typeof SERVICES)[keyof typeof SERVICES];

/** Accepts a message: message, files, timeline and command are stored together, and the agent is woken. */
export async function sendMessage(
  context: CoreContext,
  caller: Caller,
  input: SendMessageInput,
  repeatable?: Repeatable,
): Promise<{ message: Message; timeline: TimelineEntry[]; replayed: boolean }> {
  const recipient = checked(input);
  const now = context.clock.now();
  const id = newId('msg', now);
  const outcome = await acceptOnce(context, { caller, repeatable, input, resourceId: id, now }, (tx) =>
    accept(context, tx, { id, caller, input, recipient, now }),
  );
  if ('earlier' in outcome)
    return { ...(await getMessage(context, caller, outcome.earlier)), replayed: true };
  const { agentId, message, timeline } = outcome.made;
  context.wakeups.command(agentId);
  return { message, timeline, replayed: false };
}

interface Acceptance {
  id: string;
  caller: Caller;
  input: SendMessageInput;
  recipient: Recipient;
  now: number;
}

/** What a message is made of, as it was found. */
interface Made {
  destination: Destination;
  text: string;
  files: Media[];
  reply: Answerable | undefined;
  effect: Effect | undefined;
  voiceNote: boolean;
  service: Service | undefined;
  priority: Priority | undefined;
}

async function accept(
  context: CoreContext,
  tx: StoreOperations,
  { id, caller, input, recipient, now }: Acceptance,
): Promise<{ message: Message; timeline: TimelineEntry[]; agentId: string }> {
  const reply = input.replyTo === undefined ? undefined : await replyTarget(tx, caller, input.replyTo);
  const destination = await destinationOf(tx, caller, { recipient, from: input.from, reply, now });
  const files = await outgoingFiles(tx, caller, input.attachments ?? []);
  const text = input.text ?? '';
  const voiceNote = input.voiceNote === true;
  if (voiceNote) await checkVoiceNote(context, files, text);
  const { priority } = input;
  const service = serviceOf(input, destination);
  const effect = effectOf(input.effect);
  const made: Made = { destination, text, files, reply, effect, voiceNote, service, priority };
  const { line, agent } = destination.where;
  await requireAction(tx, line.id, ...actionsOf(made));
  const message = messageOf(id, line.handle, made, input.metadata, now);
  const entry: TimelineEntry = {
    messageId: message.id,
    step: 'accepted',
    source: 'api',
    at: now,
    errorCode: null,
  };
  await tx.insertMessage(message);
  await tx.appendTimeline(entry);
  for (const [ordinal, media] of files.entries())
    await tx.insertAttachment(
      attachmentOf(message.id, { ordinal, part: ordinal + (text === '' ? 0 : 1) }, media),
    );
  await orderCommand(tx, {
    agentId: agent.id,
    traceId: message.traceId,
    order: orderOf(made),
    expiresAt: now + lifetimeOf(input),
    now,
    messageId: message.id,
  });
  return { message, timeline: [entry], agentId: agent.id };
}

function lifetimeOf({ expiresInSeconds, priority }: SendMessageInput): number {
  if (expiresInSeconds !== undefined) return expiresInSeconds * 1_000;
  return priority === 'otp' ? OTP_LIFETIME_MS : COMMAND_LIFETIME_MS;
}

const messageOf = (
  id: string,
  from: string,
  { destination, text, reply, effect, voiceNote }: Made,
  metadata: Record<string, string> | undefined,
  now: number,
): Message =>
  newMessage({
    id,
    conversation: destination.conversation,
    groupId: destination.groupId,
    from,
    to: destination.to,
    text,
    metadata: metadata ?? null,
    details: {
      ...(reply ? { replyTo: { messageId: reply.id, guid: reply.guid, part: 0 } } : {}),
      ...(effect ? { effect } : {}),
      ...(voiceNote ? { voiceNote: true } : {}),
    },
    now,
  });

function orderOf({ destination, text, files, reply, effect, voiceNote, service, priority }: Made): Order {
  const { conversation, groupId, to } = destination;
  return {
    type: 'message.send',
    ...(groupId === null ? { to } : { conversation: onMac(conversation) }),
    ...(text === '' ? {} : { text }),
    ...(files.length === 0 ? {} : { files: files.map(fileOrder) }),
    ...(effect ? { effect } : {}),
    ...(reply ? { replyTo: { guid: reply.guid, part: 0 } } : {}),
    ...(voiceNote ? { voiceNote } : {}),
    ...(service ? { service } : {}),
    ...(priority ? { priority } : {}),
  };
}

const actionsOf = ({ destination, text, files, reply, effect }: Made): Action[] => [
  ...(text === '' ? [] : (['send_text'] as const)),
  ...(files.length === 0 ? [] : (['send_file'] as const)),
  ...(destination.groupId === null ? [] : (['send_group'] as const)),
  ...(effect ? (['send_effect'] as const) : []),
  ...(reply ? (['reply'] as const) : []),
];

/** Throws `invalid_parameter_value` where the service cannot be chosen, or has not what is asked for. */
function serviceOf(
  { service, effect, replyTo }: SendMessageInput,
  { groupId }: Destination,
): Service | undefined {
  if (service === undefined) return undefined;
  if (groupId !== null)
    throw requestError(
      'invalid_parameter_value',
      'A group is written to by the service that it has',
      'service',
    );
  if (service !== 'imessage' && (effect !== undefined || replyTo !== undefined))
    throw requestError('invalid_parameter_value', 'Only iMessage has effects and inline replies', 'service');
  return SERVICES[service];
}

const effectOf = (word: SendMessageInput['effect']): Effect | undefined =>
  word === undefined ? undefined : (EFFECT_ALIASES[word] ?? (word as Effect));

/** The recipient in its stored form; throws on the first field that is wrong. */
function checked({ to, text, attachments = [], effect, replyTo, metadata }: SendMessageInput): Recipient {
  const recipient = recipientOf(to);
  if (text === undefined && attachments.length === 0)
    throw requestError('missing_required_parameter', 'A message needs text or attachments', 'text');
  if (effect !== undefined && replyTo !== undefined)
    throw requestError('invalid_parameter_value', 'An inline reply goes without an effect', 'effect');
  if (text === undefined && effect !== undefined)
    throw requestError('invalid_parameter_value', 'An effect needs a text that it goes with', 'effect');
  if (text === undefined && replyTo !== undefined)
    throw requestError('invalid_parameter_value', 'An inline reply needs a text', 'replyTo');
  if (text !== undefined) checkText(text);
  if (metadata !== undefined) checkMetadata(metadata);
  return recipient;
}
