import type { AgentEvent, MessageReceivedEvent } from '../../bridge/protocol/events.ts';
import { MAX_FRAME_BYTES } from '../../bridge/protocol/limits.ts';
import { MAX_MEDIA_BYTES } from '../../bridge/protocol/media.ts';
import type { AppBalloon, MacAttachment, TextRun } from '../../bridge/protocol/message-events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type {
  Attachment,
  ChatRef,
  LinkChange,
  MessageTarget,
  ReceivedChange,
  TextMark,
} from '../messages-db/types.ts';
import { bounded, count, jsonBytes, toldText } from './bounds.ts';
import { effectNames } from './effect-names.ts';
import type { RenditionOffer } from './ports.ts';

const MAX_RUNS = 500;
const MAX_ATTACHMENTS = 100;
const MAX_PART = 10_000;
/** What is told of a text that leaves no room for the files of its message. */
const SHORT_TEXT = 20_000;
const SHORT_BYTES = 40 * 1024;
/** Room for what surrounds an event in its frame, in bytes. */
const FRAME_ROOM = 2 * 1024;
/** Stands in a text for an attachment. */
const ATTACHMENT = '\uFFFC';

export const conversationOf = (chat: ChatRef | null) =>
  chat && { kind: chat.kind, identifier: bounded(chat.identifier, 254) };

/** Where a fact happened, and when. */
export const whereOf = (change: { chat: ChatRef | null; service: string; at: number }) => ({
  conversation: conversationOf(change.chat),
  service: bounded(change.service, 40),
  at: isoTime(change.at),
});

export const targetOf = ({ guid, part }: MessageTarget): { guid: string; part: number } => ({
  guid: bounded(guid, 128),
  part: count(part, MAX_PART),
});

/**
 * The fact that a person wrote. What is too much for one frame is left out, what matters least first: styles and links in
 * the text, what was heard in voice notes, the end of the text, files at last.
 */
export function receivedFact(change: ReceivedChange, rendition: RenditionOffer): AgentEvent {
  const bare = {
    type: 'message.received',
    guid: bounded(change.guid, 128),
    ...whereOf(change),
    from: bounded(change.from, 254, 3),
    ...(change.line ? { line: bounded(change.line, 254, 3) } : {}),
    ...toldText(change.text),
  } as const;
  const about = aboutOf(change);
  const files = filesOf(change, rendition);
  const unheard = files.map(({ transcription: _left, ...file }) => file);
  const short = { ...bare, ...toldText(change.text, SHORT_TEXT, SHORT_BYTES) };
  const forms: MessageReceivedEvent[] = [
    { ...bare, ...marksOf(change), ...withFiles(files), ...about },
    { ...bare, ...withFiles(files), ...about },
    { ...bare, ...withFiles(unheard), ...about },
    { ...short, ...withFiles(unheard), ...about },
  ];
  const room = MAX_FRAME_BYTES - FRAME_ROOM;
  const fitting = forms.find((form) => jsonBytes(form) < room);
  if (fitting) return fitting;
  while (jsonBytes({ ...short, ...withFiles(unheard), ...about }) >= room) unheard.pop();
  return { ...short, ...withFiles(unheard), ...about };
}

type Extra = Partial<MessageReceivedEvent>;

function marksOf({ marks = [], text }: ReceivedChange): Extra {
  const runs = marks.slice(0, MAX_RUNS).flatMap((mark) => {
    const run = runOf(mark);
    return mark.length > 0 && mark.start + mark.length <= text.length ? [run] : [];
  });
  return runs.length > 0 ? { runs } : {};
}

function runOf(mark: TextMark): TextRun {
  const { start, length } = mark;
  const value = (word: string): { value: string } => ({ value: bounded(word, 2048, 0) });
  switch (mark.kind) {
    case 'style':
      return { start, length, kind: mark.style };
    case 'mention':
      return { start, length, kind: 'mention', ...value(mark.handle) };
    case 'link':
      return { start, length, kind: 'link', ...value(mark.url) };
    case 'effect':
      return { start, length, kind: 'effect', ...value(mark.effect) };
    case 'code':
      return { start, length, kind: 'oneTimeCode', ...value(mark.code) };
  }
}

function filesOf(change: ReceivedChange, rendition: RenditionOffer): MacAttachment[] {
  const { attachments = [], audio } = change;
  return attachments.slice(0, MAX_ATTACHMENTS).map((attachment, index) => ({
    ...attachmentFact(attachment, placeOf(change, attachment, index), rendition),
    ...(audio?.transcription ? { transcription: bounded(audio.transcription, 10_000) } : {}),
  }));
}

const withFiles = (attachments: MacAttachment[]): Extra => (attachments.length > 0 ? { attachments } : {});

/** What an app, or the preview of a link, shows. */
function appFact({ app, link }: Pick<ReceivedChange, 'app' | 'link'>): AppBalloon {
  const url = app?.url ?? link?.url;
  const title = app?.caption ?? app?.title ?? link?.title;
  return {
    bundleId: bounded(app?.bundleId ?? 'com.apple.messages.URLBalloonProvider', 300),
    name: bounded((app?.name ?? 'link').replaceAll('-', '_').replace(/^app$/, 'other'), 64),
    ...(url ? { url: bounded(url, 2048) } : {}),
    ...(title ? { title: bounded(title, 1000) } : {}),
    ...(link?.summary ? { summary: bounded(link.summary, 2000) } : {}),
    ...(app?.updates ? { updates: bounded(app.updates, 128) } : {}),
  };
}

/** The fact that the preview of a link came. */
export const linkFact = ({ guid, link, at }: LinkChange): AgentEvent => ({
  type: 'link.changed',
  guid: bounded(guid, 128),
  app: appFact({ link }),
  at: isoTime(at),
});

function aboutOf(change: ReceivedChange): Extra {
  const effect = change.effect === undefined ? undefined : effectNames.get(change.effect);
  return {
    ...(change.subject ? { subject: bounded(change.subject, 2000) } : {}),
    ...(change.app || change.link ? { app: appFact(change) } : {}),
    ...(change.replyTo ? { replyTo: targetOf(change.replyTo) } : {}),
    ...(change.sticker ? { stickerOn: targetOf(change.sticker) } : {}),
    ...(effect ? { effect } : {}),
    ...(change.audio ? { voiceNote: true } : {}),
    ...(change.filtered ? { filtered: change.filtered === 'junk' ? 'junk' : 'unknown_sender' } : {}),
    ...(change.toSelf ? { toSelf: true } : {}),
  };
}

interface Place {
  part?: number;
  position: number;
}

/** A file as it is told; one that is too large to be carried will not come. `place` is where it stands in the text, where the text places it. */
export function attachmentFact(
  attachment: Attachment,
  place: Place | null,
  offer: RenditionOffer,
): MacAttachment {
  const state = attachment.bytes > MAX_MEDIA_BYTES ? 'failed' : attachment.state;
  const rendition = state === 'failed' ? null : offer(attachment);
  return {
    guid: bounded(attachment.guid, 128),
    name: bounded(attachment.name, 255),
    mimeType: attachment.mime ? bounded(attachment.mime, 100) : null,
    bytes: count(attachment.bytes, Number.MAX_SAFE_INTEGER),
    state,
    kind: kindOf(attachment),
    ...(place?.part === undefined ? {} : { part: count(place.part, MAX_PART) }),
    position: place?.position ?? null,
    ...(rendition ? { rendition: { ...rendition, name: bounded(rendition.name, 255) } } : {}),
  };
}

/** Messages gives no media type for Core Audio files. */
function kindOf({ sticker, mime, uti, name }: Attachment): MacAttachment['kind'] {
  if (sticker) return 'sticker';
  if (mime === null && (uti === 'com.apple.coreaudio-format' || /\.caf$/i.test(name))) return 'audio';
  const family = mime?.split('/')[0];
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
}

/** Where an attachment stands in the text: its part, or the mark that is its own by order. */
function placeOf({ parts, text }: ReceivedChange, { guid }: Attachment, index: number): Place | null {
  const found = parts?.find(({ attachment }) => attachment === guid);
  if (found) return { part: found.part, position: found.start };
  if (parts?.some(({ attachment }) => attachment !== undefined)) return null;
  let at = -1;
  for (let mark = 0; mark <= index; mark += 1) {
    at = text.indexOf(ATTACHMENT, at + 1);
    if (at < 0) return null;
  }
  return { position: at };
}
