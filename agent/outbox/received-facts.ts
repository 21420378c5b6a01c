import type { Effect } from '../../bridge/protocol/common.ts';
import type { AgentEvent, MessageReceivedEvent } from '../../bridge/protocol/events.ts';
import { MAX_FRAME_BYTES } from '../../bridge/protocol/limits.ts';
import type { MacAttachment, TextRun } from '../../bridge/protocol/message-events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { Attachment, ChatRef, MessageTarget, ReceivedChange, TextMark } from '../messages-db/types.ts';
import { bounded, boundedText, count } from './bounds.ts';

const MAX_RUNS = 500;
const MAX_ATTACHMENTS = 100;
const MAX_PART = 10_000;
/** Room for what surrounds an event in its frame, in bytes. */
const FRAME_ROOM = 2 * 1024;
/** Stands in a text for an attachment. */
const ATTACHMENT = '\uFFFC';

/** Our names of the effects by the ids of Messages. */
const EFFECTS: ReadonlyMap<string, Effect> = new Map([
  ['com.apple.MobileSMS.expressivesend.impact', 'slam'],
  ['com.apple.MobileSMS.expressivesend.loud', 'loud'],
  ['com.apple.MobileSMS.expressivesend.gentle', 'gentle'],
  ['com.apple.MobileSMS.expressivesend.invisibleink', 'invisibleInk'],
  ['com.apple.messages.effect.CKEchoEffect', 'echo'],
  ['com.apple.messages.effect.CKSpotlightEffect', 'spotlight'],
  ['com.apple.messages.effect.CKHappyBirthdayEffect', 'balloons'],
  ['com.apple.messages.effect.CKConfettiEffect', 'confetti'],
  ['com.apple.messages.effect.CKHeartEffect', 'love'],
  ['com.apple.messages.effect.CKLasersEffect', 'lasers'],
  ['com.apple.messages.effect.CKFireworksEffect', 'fireworks'],
  ['com.apple.messages.effect.CKShootingStarEffect', 'shootingStar'],
  ['com.apple.messages.effect.CKSparklesEffect', 'celebration'],
]);

/** Where a fact happened, and when. */
export const whereOf = (change: { chat: ChatRef | null; service: string; at: number }) => ({
  conversation: change.chat && {
    kind: change.chat.kind,
    identifier: bounded(change.chat.identifier, 254),
  },
  service: bounded(change.service, 40),
  at: isoTime(change.at),
});

export const targetOf = ({ guid, part }: MessageTarget): { guid: string; part: number } => ({
  guid: bounded(guid, 128),
  part: count(part, MAX_PART),
});

/** The fact that a person wrote. What is too much for one frame is left out: the text comes first. */
export function receivedFact(change: ReceivedChange): AgentEvent {
  const bare = {
    type: 'message.received',
    guid: bounded(change.guid, 128),
    ...whereOf(change),
    from: bounded(change.from, 254, 3),
    ...(change.line ? { line: bounded(change.line, 254, 3) } : {}),
    text: boundedText(change.text),
  } as const;
  const full: MessageReceivedEvent = {
    ...bare,
    ...marksOf(change),
    ...contentOf(change),
    ...aboutOf(change),
  };
  const fits = Buffer.byteLength(JSON.stringify(full)) < MAX_FRAME_BYTES - FRAME_ROOM;
  return fits ? full : { ...bare, ...aboutOf(change) };
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

function contentOf(change: ReceivedChange): Extra {
  const { attachments = [], app, link, audio } = change;
  const files = attachments.slice(0, MAX_ATTACHMENTS).map((attachment, index) => ({
    ...attachmentFact(attachment, positionOf(change, attachment, index)),
    ...(audio?.transcription ? { transcription: bounded(audio.transcription, 10_000) } : {}),
  }));
  const url = app?.url ?? link?.url;
  const title = app?.caption ?? app?.title ?? link?.title;
  const balloon = {
    bundleId: bounded(app?.bundleId ?? 'com.apple.messages.URLBalloonProvider', 300),
    name: bounded((app?.name ?? 'link').replaceAll('-', '_').replace(/^app$/, 'other'), 64),
    ...(url ? { url: bounded(url, 2048) } : {}),
    ...(title ? { title: bounded(title, 1000) } : {}),
    ...(link?.summary ? { summary: bounded(link.summary, 2000) } : {}),
  };
  return { ...(files.length > 0 ? { attachments: files } : {}), ...(app || link ? { app: balloon } : {}) };
}

function aboutOf(change: ReceivedChange): Extra {
  const effect = change.effect === undefined ? undefined : EFFECTS.get(change.effect);
  return {
    ...(change.replyTo ? { replyTo: targetOf(change.replyTo) } : {}),
    ...(effect ? { effect } : {}),
    ...(change.audio ? { voiceNote: true } : {}),
    ...(change.filtered ? { filtered: change.filtered === 'junk' ? 'junk' : 'unknown_sender' } : {}),
    ...(change.toSelf ? { toSelf: true } : {}),
  };
}

export const attachmentFact = (attachment: Attachment, position: number | null): MacAttachment => ({
  guid: bounded(attachment.guid, 128),
  name: bounded(attachment.name, 255),
  mimeType: attachment.mime ? bounded(attachment.mime, 100) : null,
  bytes: count(attachment.bytes, Number.MAX_SAFE_INTEGER),
  state: attachment.state,
  kind: kindOf(attachment),
  position,
});

function kindOf({ sticker, mime }: Attachment): MacAttachment['kind'] {
  if (sticker) return 'sticker';
  const family = mime?.split('/')[0];
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
}

/** Where an attachment stands in the text: where its part begins, or the mark that is its own by order. */
function positionOf({ parts, text }: ReceivedChange, { guid }: Attachment, index: number): number | null {
  const part = parts?.find(({ attachment }) => attachment === guid);
  if (part) return part.start;
  if (parts?.some(({ attachment }) => attachment !== undefined)) return null;
  let at = -1;
  for (let mark = 0; mark <= index; mark += 1) {
    at = text.indexOf(ATTACHMENT, at + 1);
    if (at < 0) return null;
  }
  return at;
}
