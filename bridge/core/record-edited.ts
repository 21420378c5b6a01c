import type { MessageEditedEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Message, MessageDetails } from '../store/types.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';
import { targetOf } from './targets.ts';

type History = NonNullable<MessageDetails['history']>;

/** Texts of a message that are kept, of all its parts together. */
const MOST_TEXTS = 200;

/** Stores the new text of a message, with those before it; returns how many deliveries it made. */
export async function recordEdited(recording: Recording, event: MessageEditedEvent): Promise<number> {
  const { tx, line } = recording;
  if (!(await isNew(recording, event.type, event.guid, event.part, event.at, event.text))) return 0;
  const target = await targetOf(recording, event.guid, event);
  const { message } = target;
  const part = target.firstPart + event.part;
  const history = historyOf(message, { part, history: event.history });
  const editCount = Math.max((message?.editCount ?? 0) + 1, editsIn(history));
  const at = Date.parse(event.at);
  // What was taken back, or edited again since, keeps the text that it has; so does one whose file has another text.
  const stale =
    message && (target.firstPart > 0 || message.unsentAt !== null || (message.editedAt ?? 0) > at);
  if (message) {
    await tx.updateMessage(message.id, {
      ...(stale ? {} : { text: event.text, editedAt: at }),
      editCount,
      details: { ...message.details, history },
    });
    await tx.appendTimeline({ messageId: message.id, step: 'edited', source: 'mac', at, errorCode: null });
  }
  const previousText = message?.text ?? event.history.at(-2)?.text;
  const told = await tellCustomer(recording, target.orderingKey, {
    type: 'message.edited',
    data: {
      ...target.named,
      direction: message?.direction ?? (event.from === null ? 'outbound' : 'inbound'),
      text: event.text,
      ...(event.truncated ? { truncated: true } : {}),
      ...(previousText === undefined ? {} : { previousText }),
      part,
      history: event.history,
      editCount,
      editedAt: isoTime(at),
      ...(target.groupId === null ? {} : { groupId: target.groupId }),
      lineId: line.id,
    },
  });
  return target.deliveries + told;
}

/** The texts of the other parts as they are known, and those of this part as the Mac tells them now. */
const historyOf = (
  message: Message | undefined,
  { part, history }: Pick<MessageEditedEvent, 'part' | 'history'>,
): History =>
  [
    ...(message?.details.history ?? []).filter((entry) => entry.part !== part),
    ...history.map(({ text, at }) => ({ part, text, at })),
  ].slice(-MOST_TEXTS);

/** The first text of a part is not an edit. */
const editsIn = (history: History): number =>
  history.length - new Set(history.map((entry) => entry.part)).size;
