import type { FullMessage, MessagePart } from '../types.ts';
import { plannedContent } from './content.ts';
import { type Drawing, type PlannedMessage, textOfParts } from './drawing.ts';
import { factChat, place, planned, recent, writerIn } from './incoming.ts';
import type { Fact, FactTarget, ReceivedFact, Ref } from './types.ts';

/** Files that are still coming are waited for by an observer for this long, in milliseconds. */
const FILES_MS = 60_000;

const kinds = {
  photo: { name: 'IMG_0001.heic', mime: 'image/heic', uti: 'public.heic' },
  audio: { name: 'Audio Message.caf', uti: 'com.apple.coreaudio-format' },
  sticker: { name: 'sticker.png', mime: 'image/png', uti: 'public.png', sticker: true },
} as const;

/** A message with files; their rows, the join and the transfers come in any order. */
export function files(day: Drawing): void {
  withFiles(day, place(day), {});
}

/** A voice note, which is heard or not. */
export function audio(day: Drawing): void {
  withFiles(day, place(day), { audio: true });
}

/** A sticker on somebody's message. */
export function sticker(day: Drawing): void {
  const target = recent(day, (message) => !message.sticker);
  const part = target?.parts.findIndex((one) => one !== null) ?? -1;
  if (!target || part < 0) return;
  const on = { guid: target.ref, part: target.app ? 0 : part };
  withFiles(day, { chat: target.chat, from: writerIn(day, target) }, { sticker: on });
}

function withFiles(
  day: Drawing,
  { chat, from }: ReturnType<typeof place>,
  { audio = false, sticker }: { audio?: boolean; sticker?: FactTarget },
): void {
  const { random } = day;
  const ref = day.name('m');
  const count = audio || sticker ? 1 : random.between(1, 3);
  const names = Array.from({ length: count }, () => day.name('a'));
  const words = audio || sticker || random.chance(0.5) ? undefined : day.text();
  const parts: MessagePart[] = names.map(() => ({ kind: 'attachment' }));
  const stands: PlannedMessage['parts'] = names.map((file) => ({ file }));
  if (words) {
    parts.push({ kind: 'text', text: words });
    stands.push({ text: words });
  }
  const message: FullMessage = {
    chat,
    sender: { handle: from },
    parts,
    at: day.now,
    ...(audio && { audio }),
    ...(sticker && { associated: { ...sticker, type: 1000 } }),
  };
  const drawn: PlannedMessage = {
    ...planned(ref, message, stands),
    ...(sticker && { sticker: true }),
    files: [],
  };
  const begun = day.now;
  const since = day.next;
  day.do({ do: 'message', ref, message, joined: false });

  const missing = new Set(['join', ...names]);
  const told: ReceivedFact = {
    kind: 'received',
    guid: ref,
    chat: factChat(chat),
    late: false,
    from,
    line: day.line,
    service: 'iMessage',
    at: begun,
    parts: stands.map((part) => textOfParts([part])),
    files: names,
    ...(audio && { audio: true }),
    ...(sticker && { sticker }),
    ...('handle' in chat && day.unknown.has(chat.handle) && { filtered: 'unknown' as const }),
  };
  let joinedAt = since;
  const done = (what: string): (Fact & { since?: number })[] => {
    missing.delete(what);
    if (what === 'join') joinedAt = day.next;
    if (missing.size === 0) day.messages.push(drawn);
    return missing.size === 0
      ? [{ ...told, since: day.now - begun > FILES_MS - 5_000 ? joinedAt : day.next }]
      : [];
  };
  day.after(random.pick([0, 30, 300, 2_000]), () => {
    const lines = day.do({ do: 'join', ref, chat }, ...done('join'));
    drawn.facts.push(...lines);
  });
  for (const [part, file] of names.entries())
    sendFile(day, { ref, file, part, kind: audio ? 'audio' : sticker ? 'sticker' : 'photo', done, drawn });
}

function sendFile(
  day: Drawing,
  options: {
    ref: Ref;
    file: Ref;
    part: number;
    kind: keyof typeof kinds;
    done: (what: string) => (Fact & { since?: number })[];
    drawn: PlannedMessage;
  },
): void {
  const { ref, file, part, kind, done, drawn } = options;
  const { random } = day;
  const bytes = random.between(1, 60_000);
  if (kind === 'photo') drawn.files?.push({ ...kinds[kind], bytes });
  const attach = random.pick([0, 5, 40, 200]);
  const slow = random.chance(0.15);
  const whole = attach + (slow ? random.between(65_000, 90_000) : random.between(0, 4_000));
  day.after(attach, () =>
    day.do({
      do: 'attach',
      ref: file,
      message: ref,
      file: { part, ...kinds[kind], totalBytes: bytes, at: day.now },
    }),
  );
  if (random.chance(0.5))
    day.after(attach + Math.floor((whole - attach) / 2), () =>
      day.do({ do: 'transfer', ref: file, state: 3, bytes: Math.floor(bytes / 2) }),
    );
  day.after(whole, () => {
    const failed = random.chance(0.1);
    const facts = done(file);
    const { name, mime = null, sticker = false } = { mime: undefined, sticker: undefined, ...kinds[kind] };
    const about = { kind: 'file', guid: ref, file, name, mime, ...(sticker && { sticker }) } as const;
    const fate: Fact = failed
      ? { ...about, state: 'failed' }
      : { ...about, state: 'complete', sha256: plannedContent(file, bytes).sha256 };
    const step = failed
      ? ({ do: 'transfer', ref: file, state: 6 } as const)
      : ({ do: 'transfer', ref: file, state: 5, bytes } as const);
    const lines = day.do(step, fate, ...facts);
    drawn.facts.push(...lines);
    if (kind === 'audio' && random.chance(0.5))
      day.after(random.between(100, 5_000), () => day.do({ do: 'played', ref }));
  });
}
