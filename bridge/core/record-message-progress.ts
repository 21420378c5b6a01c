import { appleErrorName } from '../protocol/apple-errors.ts';
import type { CommandStateEvent, MessageStateEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Message, MessageDetails, MessagePatch } from '../store/types.ts';
import { type MessageFact, transition } from './message-status.ts';
import { type EventContent, raiseEvent } from './raise-event.ts';
import { commandOf, failMedia } from './record-result.ts';
import type { Following } from './recording.ts';

/** Stores what became of a message that a command sends; returns how many deliveries it made. `source` says who found a command's state. */
export async function recordMessageProgress(
  recording: Following,
  event: CommandStateEvent | MessageStateEvent,
  source: 'agent' | 'bridge' = 'agent',
): Promise<number> {
  const { tx, agent, now } = recording;
  const message = await tx.findMessageByCommand(event.commandId);
  if (!message || message.lineId !== agent.lineId) return recordOther(recording, event);
  const fact = factOf(event);
  const change = fact && transition(message, fact);
  const patch: MessagePatch = {
    ...(await guidOf(recording, message, event.guid)),
    ...('service' in event ? { service: event.service.toLowerCase() } : {}),
    ...detailsOf(message, event),
    ...change,
  };
  await tx.updateMessage(message.id, patch);
  if (!isRepeat(message, fact, change) && !isHeldOn(message, event)) {
    await tx.appendTimeline({
      messageId: message.id,
      step: event.type === 'command.state' ? event.state : event.type.slice('message.'.length),
      source: event.type === 'command.state' ? source : 'mac',
      at: Date.parse(event.at),
      errorCode: errorCodeOf(event),
    });
  }
  if (!fact || (!change && !wentAnotherWay(message, patch, fact))) return 0;
  const { accountId, mode, conversationId: orderingKey } = message;
  const content = contentOf({ ...message, ...defined(patch) }, fact);
  return raiseEvent(tx, { accountId, mode, orderingKey, ...content }, now);
}

/** Whether a message that was told as sent turns out to have left as SMS: that is told once more. */
const wentAnotherWay = (message: Message, { details }: MessagePatch, fact: MessageFact): boolean =>
  fact.kind === 'sent' &&
  message.status === 'sent' &&
  details?.downgraded === true &&
  !message.details.downgraded;

/** A command that sends nothing: of those the bridge looks at failed uploads. */
async function recordOther(
  { tx, agent, note }: Following,
  event: CommandStateEvent | MessageStateEvent,
): Promise<number> {
  const command = await commandOf({ tx, agent }, event.commandId);
  if (!command || command.messageId !== null) {
    note('an event names a command that is not of its line', { commandId: event.commandId });
    return 0;
  }
  if (event.type === 'command.state' && (event.state === 'failed' || event.state === 'cancelled'))
    await failMedia(tx, command.id, event.error?.code ?? 'unknown');
  return 0;
}

/** A command that failed never reached Messages; most other states of a command say nothing of the message yet. */
function factOf(event: CommandStateEvent | MessageStateEvent): MessageFact | undefined {
  const at = Date.parse(event.at);
  if (event.type === 'command.state' ? event.state === 'failed' : event.type === 'message.failed') {
    const apple = event.error?.apple;
    return {
      kind: 'failed',
      at,
      code: event.error?.code ?? 'unknown',
      message: event.error?.message ?? 'Messages gave no reason',
      ...(apple === undefined ? {} : { apple }),
    };
  }
  switch (event.type) {
    case 'message.sent':
      return { kind: 'sent', at };
    case 'message.delivered':
      return { kind: 'delivered', at };
    case 'message.read':
      return { kind: 'read', at };
    case 'command.state':
      return event.state === 'cancelled' ? { kind: 'canceled', at } : undefined;
    default:
      return undefined;
  }
}

const appleErrorOf = (apple: number | undefined) =>
  apple === undefined ? {} : { apple, appleName: appleErrorName(apple) };

/** A step whose time is known already was told before. */
const isRepeat = (
  message: Message,
  fact: MessageFact | undefined,
  change: MessagePatch | undefined,
): boolean =>
  fact !== undefined && fact.kind !== 'failed' && change === undefined && message.status !== 'failed';

function errorCodeOf(event: CommandStateEvent | MessageStateEvent): string | null {
  if (event.error) return event.error.code;
  return event.type === 'command.state' && event.state === 'uncertain' ? 'uncertain' : null;
}

/**
 * The GUID is noted once, and those of further rows in the order in which they are told; one that another message of the
 * line has is left alone, as with a text to oneself.
 */
async function guidOf(
  { tx, agent, note }: Following,
  message: Message,
  guid: string | undefined,
): Promise<MessagePatch> {
  if (guid === undefined || message.guid === guid) return {};
  const { id: messageId, lineId } = message;
  const rows = message.guid === null ? [] : await tx.listMessageRows([messageId]);
  if (rows.some((row) => row.guid === guid)) return {};
  const holder = await tx.findMessageByGuid(agent.lineId, guid);
  if (!holder && message.guid === null) return { guid };
  if (!holder) {
    await tx.addMessageRow({ lineId, guid, messageId, part: rows.length + 1 });
    return {};
  }
  note('two messages claim one GUID', { messageId: message.id, holder: holder.id });
  return {};
}

function detailsOf(message: Message, event: CommandStateEvent | MessageStateEvent): MessagePatch {
  const { paced: before, uncertain: doubted, ...details } = message.details;
  const downgraded = 'downgraded' in event && event.downgraded === true;
  const appleError = event.error?.apple;
  const paced = pacedOf(message, event);
  const uncertain = uncertainOf(message, event);
  if (!before && !doubted && !paced && !uncertain && !downgraded && appleError === undefined) return {};
  return {
    details: {
      ...details,
      ...(downgraded ? { downgraded } : {}),
      ...(appleError === undefined ? {} : { appleError }),
      ...(paced ? { paced } : {}),
      ...(uncertain ? { uncertain } : {}),
    },
  };
}

/** Since when nobody knows whether a message was sent: until its command is said to be at something else. */
function uncertainOf(
  { status, details }: Message,
  event: CommandStateEvent | MessageStateEvent,
): MessageDetails['uncertain'] | undefined {
  if (status !== 'queued' || event.type !== 'command.state' || event.state !== 'uncertain') return undefined;
  const reason = event.error?.message ?? 'It may have been sent';
  return { since: details.uncertain?.since ?? Date.parse(event.at), reason };
}

/** What holds a message back: only while the last word of its command is `paced`. */
function pacedOf(
  { status }: Message,
  event: CommandStateEvent | MessageStateEvent,
): MessageDetails['paced'] | undefined {
  if (status !== 'queued' || event.type !== 'command.state' || event.state !== 'paced' || !event.paced)
    return undefined;
  return { rule: event.paced.rule, until: Date.parse(event.paced.until) };
}

/** The same rule holds it on, for longer. */
const isHeldOn = ({ details }: Message, event: CommandStateEvent | MessageStateEvent): boolean =>
  event.type === 'command.state' &&
  event.state === 'paced' &&
  event.paced !== undefined &&
  details.paced?.rule === event.paced.rule;

const defined = (patch: MessagePatch): Partial<Message> =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

function contentOf(message: Message, fact: MessageFact): EventContent {
  const { id: messageId, lineId } = message;
  const at = isoTime(fact.at);
  switch (fact.kind) {
    case 'sent': {
      const { to, from, text, status, metadata, details } = message;
      const downgraded = details.downgraded ? ({ downgraded: true } as const) : {};
      const data = { messageId, to, from, text, status, sentAt: at, metadata, ...downgraded, lineId };
      return { type: 'message.sent', data };
    }
    case 'delivered':
      return { type: 'message.delivered', data: { messageId, deliveredAt: at, lineId } };
    case 'read':
      return { type: 'message.read', data: { messageId, readAt: at, lineId } };
    case 'canceled':
      return { type: 'message.canceled', data: { messageId, canceledAt: at, reason: 'operator', lineId } };
    case 'failed': {
      const { code, message: text, apple } = fact;
      const error = { code, message: text, ...appleErrorOf(apple) };
      return { type: 'message.failed', data: { messageId, error, failedAt: at, lineId } };
    }
    default: {
      const never: never = fact;
      return never;
    }
  }
}
