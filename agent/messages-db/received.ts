import { appOf, linkOf, POLL_VOTE } from './balloons.ts';
import type { Body } from './body.ts';
import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, filteredOf, lineOf, replyOf, senderOf, serviceOf, targetOf } from './message-row.ts';
import { LINK_BALLOON } from './selects.ts';
import type { Attachment, ReceivedChange } from './types.ts';

/** `associated_message_type` of a sticker that was put on a bubble. */
const PLACED_STICKER = 1000;
/** Stands in a text for an app's balloon. */
const BALLOON = '\uFFFD';

/** What a received message is made of beside its row. */
export interface Ingredients {
  body: Body | null;
  attachments: Attachment[];
  /** `payload_data`, read only for rows with a balloon. */
  payload: Buffer | null;
  now: number;
}

/** Stands in a text for an attachment. */
const ATTACHMENT = '\uFFFC';

/** Whether a row tells of itself though it has no body and no files: an app's, or a vote, with a balloon or without. */
export const isBodiless = (row: StoredMessage): boolean =>
  Boolean(row.balloon) || row.associatedType === POLL_VOTE;

/** Whether a row speaks of files although nothing else stands in it, and none of them has a row yet. */
const isOfFiles = (row: StoredMessage): boolean => row.files === 1;

/** A received message; null where a row has nothing to tell. */
export function receivedChange(row: StoredMessage, ingredients: Ingredients): ReceivedChange | null {
  const { body, attachments, now } = ingredients;
  if (!body && attachments.length === 0 && !isBodiless(row) && !isOfFiles(row)) return null;
  const change: ReceivedChange = {
    kind: 'received',
    guid: row.guid,
    chat: chatOf(row),
    from: senderOf(row) ?? '',
    line: lineOf(row),
    service: serviceOf(row),
    text: body?.text ?? (attachments.length === 0 && !isBodiless(row) ? ATTACHMENT : ''),
    at: dateOf(row) ?? now,
  };
  if (body) addBody(change, body);
  if (attachments.length > 0) change.attachments = attachments;
  if (row.subject) change.subject = row.subject;
  if (row.effect) change.effect = row.effect;
  if (row.audio === 1) change.audio = { transcription: body?.transcription ?? null };
  const replyTo = replyOf(row);
  if (replyTo) change.replyTo = replyTo;
  const filtered = filteredOf(row);
  if (filtered) change.filtered = filtered;
  addBalloon(change, row, ingredients.payload);
  return change;
}

function addBody(change: ReceivedChange, { parts, marks }: Body): void {
  const [first] = parts;
  if (parts.length > 1 || first?.attachment !== undefined) change.parts = parts;
  if (marks.length > 0) change.marks = marks;
}

function addBalloon(change: ReceivedChange, row: StoredMessage, payload: Buffer | null): void {
  const type = row.associatedType ?? 0;
  const target = type === 0 ? null : targetOf(row.associatedGuid);
  if (type === PLACED_STICKER && target) change.sticker = target;
  if (row.balloon && row.balloon !== LINK_BALLOON) {
    const updates = target ?? targetOf(row.associatedGuid);
    const other = updates && updates.guid !== row.guid ? updates.guid : undefined;
    change.app = appOf(row.balloon, payload, other);
  } else if (type === POLL_VOTE && target) {
    change.app = appOf('com.apple.messages.Polls', payload, target.guid);
  } else {
    const link = linkOf(row.balloon, payload);
    if (link) change.link = link;
  }
  if (change.app && change.text === '') change.text = BALLOON;
}
