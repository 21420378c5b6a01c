import { appBalloon, LINK_BALLOON, linkPayload } from '../messages-store/payloads.ts';
import type { Balloon, FullMessage, MessagePart } from '../types.ts';
import { type Drawing, type PlannedMessage, textOfParts } from './drawing.ts';
import type { Fact, FactChat, LedgerLine, PlannedDate, ReceivedFact, Ref } from './types.ts';

const effects = [
  'com.apple.MobileSMS.expressivesend.gentle',
  'com.apple.MobileSMS.expressivesend.impact',
  'com.apple.MobileSMS.expressivesend.invisibleink',
  'com.apple.MobileSMS.expressivesend.loud',
  'com.apple.messages.effect.CKConfettiEffect',
  'com.apple.messages.effect.CKEchoEffect',
  'com.apple.messages.effect.CKHappyBirthdayEffect',
  'com.apple.messages.effect.CKSpotlightEffect',
] as const;

const apps = [
  appBalloon('com.apple.PassbookUIService.PeerPaymentMessagesExtension'),
  appBalloon('com.apple.findmy.FindMyMessagesApp'),
  'com.apple.DigitalTouchBalloonProvider',
  'com.apple.Handwriting.HandwritingProvider',
  appBalloon('com.example.game.MessagesExtension', 'ABCDE12345'),
] as const;

/** A row without its chat is waited for this long, less what a look may be late. */
const CHAT_MS = 9_000;

export const factChat = (chat: PlannedMessage['chat']): FactChat =>
  'group' in chat ? { kind: 'group', identifier: chat.group } : { kind: 'direct', identifier: chat.handle };

/** Where somebody writes, and who. */
export function place(day: Drawing): { chat: PlannedMessage['chat']; from: string } {
  if (day.groups.length > 0 && day.random.chance(0.3)) {
    const group = day.random.pick(day.groups);
    if (group.members.length > 0) return { chat: { group: group.ref }, from: day.random.pick(group.members) };
  }
  const handle = day.random.pick(day.people);
  return { chat: { handle }, from: handle };
}

/** How long after its row a join follows, in milliseconds; null when it never does. */
export function joinDelay(day: Drawing, never: number): number | null {
  return day.random.weighted<number | null>([
    [15, 0],
    [50, 30],
    [20, 300],
    [10, day.random.between(1_000, 5_000)],
    [3, day.random.between(12_000, 20_000)],
    [never, null],
  ]);
}

export function planned(ref: Ref, message: FullMessage, parts: PlannedMessage['parts']): PlannedMessage {
  return {
    ref,
    chat: message.chat,
    from: message.sender === 'me' ? null : message.sender.handle,
    service: message.service ?? 'iMessage',
    parts,
    at: message.at,
    original: textOfParts(parts),
    edits: 0,
    facts: [],
    tapbacks: new Map(),
    edited: new Map(),
    ...(message.balloon && { app: message.balloon.bundleId }),
  };
}

type Extras = Partial<Omit<FullMessage, 'chat' | 'sender' | 'at' | 'parts'>>;
type Runs = Extract<MessagePart, { kind: 'text' }>['runs'];

/** A message that came, without files: its row, then its join, if ever. */
export function incoming(
  day: Drawing,
  options: {
    chat: PlannedMessage['chat'];
    from: string;
    /** '' for a message without a body. */
    text?: string;
    runs?: Runs;
    at?: number;
    dated?: PlannedDate;
    extras?: Extras;
    known?: Partial<ReceivedFact>;
    join?: number | null;
    /** Nobody answers it, reacts to it or changes it. */
    aside?: boolean;
  },
): Ref {
  const { chat, from, extras = {}, text = day.text(), runs, dated, aside = false } = options;
  const ref = day.name('m');
  const message: FullMessage = {
    chat,
    sender: { handle: from },
    parts: text === '' ? [] : [{ kind: 'text', text, ...(runs && { runs }) }],
    at: options.at ?? day.now,
    ...extras,
  };
  const join = options.join === undefined ? joinDelay(day, 'group' in chat ? 0 : 2) : options.join;
  const fact: ReceivedFact = {
    kind: 'received',
    guid: ref,
    chat: join === null ? null : factChat(chat),
    late: join === null || join > CHAT_MS,
    from,
    line: extras.ownAddress || day.line,
    service: extras.service ?? 'iMessage',
    at: message.at,
    parts: [text],
    ...(extras.subject !== undefined && { subject: extras.subject }),
    files: [],
    ...('handle' in chat && day.unknown.has(chat.handle) && { filtered: 'unknown' }),
    ...options.known,
  };
  const drawn = planned(ref, message, [{ text }]);
  const since = day.next;
  const stands = (facts: LedgerLine[]): void => {
    drawn.facts.push(...facts);
    if (!aside) day.messages.push(drawn);
  };
  const row = { do: 'message', ref, message, ...(dated && { dated }) } as const;
  if (join === 0) {
    stands(day.do({ ...row, joined: true }, fact));
  } else if (join === null) {
    day.do({ ...row, joined: false }, fact);
  } else {
    day.do({ ...row, joined: false });
    day.after(join, () => stands(day.do({ do: 'join', ref, chat }, fact.late ? { ...fact, since } : fact)));
  }
  return ref;
}

/** A plain text, now and then on another service, to another own address, dated a little back, from a stranger. */
export function text(day: Drawing): void {
  const where = place(day);
  const direct = 'handle' in where.chat;
  const { random } = day;
  if (direct && random.chance(0.1)) stranger(day);
  else
    incoming(day, {
      ...where,
      at: day.now - (random.chance(0.1) ? random.between(0, 120_000) : random.between(0, 900)),
      extras: {
        ...(direct && random.chance(0.15) && { service: random.pick(['SMS', 'RCS']) }),
        ...(random.chance(0.05) && { ownAddress: 'me@example.com' }),
        ...(random.chance(0.03) && { ownAddress: '' }),
        ...(random.chance(0.05) && { subject: 'About that' }),
      },
    });
}

/** Somebody says the same twice in a second, and the service tells no more than the second. */
export function twice(day: Drawing): void {
  const { random } = day;
  const handle = random.pick(day.people);
  const said = { chat: { handle }, from: handle, text: day.text(), at: day.now, extras: { service: 'SMS' } };
  day.watch(() => {
    const first = incoming(day, { ...said, dated: { wholeSecond: true }, join: random.pick([0, 30]) });
    if (random.chance(0.7)) incoming(day, { ...place(day), join: random.pick([0, 30, 300]) });
    day.pass(random.between(0, 900));
    incoming(day, { ...said, dated: { of: first }, join: random.pick([0, 30]) });
    day.pass(2_000);
    text(day);
  });
}

/** Somebody who is not known writes, perhaps junk. */
function stranger(day: Drawing): void {
  const from = `+1415555${day.random.between(2000, 9999)}`;
  const chat = { handle: from };
  const junk = day.random.chance(0.5);
  if (day.people.includes(from)) return;
  if (!junk && !day.unknown.has(from)) {
    day.unknown.add(from);
    day.do({ do: 'filtered', chat, filtered: 1 });
  }
  incoming(day, {
    chat,
    from,
    join: day.random.pick([0, 30, 300]),
    extras: junk ? { junk: true } : {},
    ...(junk && { known: { filtered: 'junk' } }),
  });
}

/** A text that names somebody, and stresses a word where macOS has styles. */
export function mention(day: Drawing): void {
  const { random } = day;
  const where = place(day);
  const handle = random.pick(day.people);
  const [hello, name, word] = [random.pick(['Hi ', '👩‍👩‍👧 ', '']), random.pick(['Ann', '明日さん']), 'now'];
  const text = `${hello}${name} ${word}, ${day.text()}`;
  const named = { start: hello.length, length: name.length };
  const stressed = { start: hello.length + name.length + 1, length: word.length };
  const style = day.has('15') && random.chance(0.5);
  incoming(day, {
    ...where,
    text,
    runs: [
      { ...named, attributes: { __kIMMentionConfirmedMention: handle } },
      ...(style ? [{ ...stressed, attributes: { __kIMTextBoldAttributeName: 1 } }] : []),
    ],
    known: {
      marks: [
        { ...named, kind: 'mention', handle },
        ...(style ? [{ ...stressed, kind: 'style', style: 'bold' } as const] : []),
      ],
    },
  });
}

/** A text with an effect, in answer to another, or both. */
export function adorned(day: Drawing): void {
  const answered = day.random.chance(0.6) ? recent(day) : undefined;
  const part = answered?.parts.findIndex((one) => one !== null) ?? -1;
  const where = answered ? { chat: answered.chat, from: writerIn(day, answered) } : place(day);
  const effect = day.random.chance(answered ? 0.2 : 1) ? day.random.pick(effects) : undefined;
  const replyTo = answered && part >= 0 ? { guid: answered.ref, part } : undefined;
  const both = { ...(effect && { effect }), ...(replyTo && { replyTo }) };
  incoming(day, { ...where, extras: both, known: both });
}

/** A link, whose preview comes later in place, or an app. */
export function balloon(day: Drawing): void {
  const where = place(day);
  if (day.random.chance(0.5)) {
    const url = `https://example.com/${day.name('c')}`;
    const before = day.messages.length;
    incoming(day, { ...where, text: url, join: day.random.pick([0, 30, 300]) });
    day.after(day.random.between(400, 4_000), () => {
      const message = day.messages.slice(before).find((one) => textOfParts(one.parts) === url);
      if (!message || message.tapbacks.size > 0) return;
      message.app = LINK_BALLOON;
      const preview: Balloon = { bundleId: LINK_BALLOON, payload: linkPayload({ url, title: 'A page' }) };
      const fact: Fact = { kind: 'link', guid: message.ref, url, title: 'A page' };
      message.facts.push(...day.do({ do: 'balloon', ref: message.ref, balloon: preview }, fact));
    });
    return;
  }
  const bundleId = day.random.pick(apps);
  incoming(day, {
    ...where,
    text: '\uFFFD',
    extras: { balloon: { bundleId, payload: Buffer.from('payload') } },
    known: { app: bundleId },
  });
}

/** A message of late that can be answered; undefined when there is none. */
export function recent(
  day: Drawing,
  fits: (message: PlannedMessage) => boolean = () => true,
): PlannedMessage | undefined {
  const found = day.messages.slice(-40).filter((one) => one.parts.some((part) => part !== null) && fits(one));
  return found.length > 0 ? day.random.pick(found) : undefined;
}

/** Somebody else who can write in the chat of a message. */
export function writerIn(day: Drawing, { chat, from }: PlannedMessage): string {
  if ('handle' in chat) return chat.handle;
  const group = day.groups.find(({ ref }) => ref === chat.group);
  return group && group.members.length > 0
    ? day.random.pick(group.members)
    : (from ?? day.random.pick(day.people));
}
