import type { CommandStateEvent, MessageStateEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Message, MessagePatch } from '../store/types.ts';
import type { EventType } from './event-types.ts';
import { type MessageFact, transition } from './message-status.ts';
import { raiseEvent } from './raise-event.ts';
import type { Recording } from './record-event.ts';

/** Stores what became of a message that a command sends; returns how many deliveries it made. `source` says who found a command's state. */
export async function recordMessageProgress(
  recording: Recording,
  event: CommandStateEvent | MessageStateEvent,
  source: 'agent' | 'bridge' = 'agent',
): Promise<number> {
  const { tx, agent, note } = recording;
  const message = await tx.findMessageByCommand(event.commandId);
  if (!message || message.lineId !== agent.lineId) {
    note('an event names a command that is not of its line', { commandId: event.commandId });
    return 0;
  }
  const fact = factOf(event);
  const change = fact && transition(message, fact);
  const patch: MessagePatch = {
    ...(await guidOf(recording, message, event.guid)),
    ...('service' in event ? { service: event.service.toLowerCase() } : {}),
    ...change,
  };
  await tx.updateMessage(message.id, patch);
  if (!isRepeat(message, fact, change)) {
    await tx.appendTimeline({
      messageId: message.id,
      step: event.type === 'command.state' ? event.state : event.type.slice('message.'.length),
      source: event.type === 'command.state' ? source : 'mac',
      at: Date.parse(event.at),
      errorCode: errorCodeOf(event),
    });
  }
  return fact && change ? tell(recording, { ...message, ...defined(patch) }, fact) : 0;
}

/** A command that failed never reached Messages; the other states of a command say nothing of the message yet. */
function factOf(event: CommandStateEvent | MessageStateEvent): MessageFact | undefined {
  const at = Date.parse(event.at);
  if (event.type === 'command.state' ? event.state === 'failed' : event.type === 'message.failed') {
    return {
      kind: 'failed',
      at,
      code: event.error?.code ?? 'unknown',
      message: event.error?.message ?? 'Messages gave no reason',
    };
  }
  switch (event.type) {
    case 'message.sent':
      return { kind: 'sent', at };
    case 'message.delivered':
      return { kind: 'delivered', at };
    case 'message.read':
      return { kind: 'read', at };
    default:
      return undefined;
  }
}

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

/** The GUID is noted once; one that another message of the line has is left alone, as with a text to oneself. */
async function guidOf(
  { tx, agent, note }: Recording,
  message: Message,
  guid: string | undefined,
): Promise<MessagePatch> {
  if (guid === undefined || message.guid !== null) return {};
  const holder = await tx.findMessageByGuid(agent.lineId, guid);
  if (!holder) return { guid };
  note('two messages claim one GUID', { messageId: message.id, holder: holder.id });
  return {};
}

const defined = (patch: MessagePatch): Partial<Message> =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

function tell({ tx, now }: Recording, message: Message, fact: MessageFact): Promise<number> {
  const { accountId, mode, conversationId: orderingKey, lineId } = message;
  const type = `message.${fact.kind}` as const satisfies EventType;
  const data = { messageId: message.id, ...detailsOf(message, fact), lineId };
  return raiseEvent(tx, { accountId, mode, type, orderingKey, data }, now);
}

function detailsOf(message: Message, fact: MessageFact): Record<string, unknown> {
  const at = isoTime(fact.at);
  switch (fact.kind) {
    case 'sent':
      return {
        to: message.to,
        from: message.from,
        text: message.text,
        status: message.status,
        sentAt: at,
        metadata: message.metadata,
      };
    case 'delivered':
      return { deliveredAt: at };
    case 'read':
      return { readAt: at };
    case 'failed':
      return { error: { code: fact.code, message: fact.message }, failedAt: at };
    default: {
      const never: never = fact;
      return never;
    }
  }
}
