import type { Attachment, ReceivedChange, TextMark } from '../../agent/messages-db/types.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import type {
  AgentEvent,
  CallEvent,
  GroupChangedEvent,
  MessageEditedEvent,
  MessageReceivedEvent,
  MessageUnsentEvent,
  ReactionEvent,
} from '../../bridge/protocol/events.ts';
import type { MacAttachment, TextRun } from '../../bridge/protocol/message-events.ts';
import type { AnyChange, Line } from './day-differences.ts';
import type { Told } from './day-ledger.ts';

/** An event that came over the link, and how many operations of the day had been played by then. */
export interface ToldEvent {
  event: AgentEvent;
  played: number;
}

const LINK = 'com.apple.messages.URLBalloonProvider';

/** Apple's ids of the effects that days have. */
const EFFECTS: ReadonlyMap<string, string> = new Map([
  ['gentle', 'com.apple.MobileSMS.expressivesend.gentle'],
  ['slam', 'com.apple.MobileSMS.expressivesend.impact'],
  ['invisibleInk', 'com.apple.MobileSMS.expressivesend.invisibleink'],
  ['loud', 'com.apple.MobileSMS.expressivesend.loud'],
  ['confetti', 'com.apple.messages.effect.CKConfettiEffect'],
  ['echo', 'com.apple.messages.effect.CKEchoEffect'],
  ['balloons', 'com.apple.messages.effect.CKHappyBirthdayEffect'],
  ['spotlight', 'com.apple.messages.effect.CKSpotlightEffect'],
]);

/**
 * What of a ledger goes over the link: not what becomes of messages that no command sent, no calls of the phone, of a
 * call with several the first, and no bytes of files, which go beside it.
 */
export function ledgerOfEvents(ledger: readonly LedgerLine[]): LedgerLine[] {
  return ledger.flatMap((line): LedgerLine[] => {
    if (line.kind === 'own-state') return [];
    if (line.kind === 'call')
      return line.media === 'phone' ? [] : [{ ...line, handles: line.handles.slice(0, 1) }];
    if (line.kind !== 'file') return [line];
    const { sha256: _, ...told } = line;
    return [told];
  });
}

/** Events as the changes that they tell of; those that are no part of a day are left out. */
export function changesOfEvents(events: readonly ToldEvent[], ledger: readonly LedgerLine[]): Told[] {
  const told: Told[] = [];
  for (const [index, { event, played }] of events.entries()) {
    const next = events[index + 1]?.event;
    // A tapback that takes the place of another is told as a removal and an addition.
    if (event.type === 'reaction.removed' && next?.type === 'reaction.added' && next.guid === event.guid)
      continue;
    const last = events[index - 1]?.event;
    const replaced =
      event.type === 'reaction.added' && last?.type === 'reaction.removed' && last.guid === event.guid
        ? last
        : undefined;
    const change = changeOf(event, ledger, replaced);
    if (change) told.push({ change, played });
  }
  return told;
}

function changeOf(
  event: AgentEvent,
  ledger: readonly LedgerLine[],
  replaced: ReactionEvent | undefined,
): AnyChange | null {
  switch (event.type) {
    case 'message.received':
      return receivedOf(event);
    case 'attachment.changed':
      return {
        kind: 'attachment',
        guid: event.guid,
        attachment: attachmentOf(event.attachment),
        at: Date.parse(event.at),
      };
    case 'link.changed':
      return { kind: 'link', guid: event.guid, link: linkOf(event.app), at: Date.parse(event.at) };
    case 'message.edited':
      return editedOf(event);
    case 'message.unsent':
      return { kind: 'unsent', ...commonOf(event), parts: event.parts, whole: event.text };
    case 'reaction.added':
    case 'reaction.removed':
      return {
        kind: 'tapback',
        ...commonOf(event),
        action: event.type === 'reaction.added' ? 'added' : 'removed',
        tapback: tapbackOf(event.reaction),
        target: event.target,
        ...(event.emoji !== undefined && { emoji: event.emoji }),
        ...(replaced && { replaces: tapbackOf(replaced.reaction) }),
      };
    default:
      return restOf(event, ledger);
  }
}

function restOf(event: AgentEvent, ledger: readonly LedgerLine[]): AnyChange | null {
  switch (event.type) {
    case 'group.name_changed':
    case 'group.icon_changed':
    case 'group.member_added':
    case 'group.member_removed':
      return groupOf(event, ledger);
    case 'call.ended':
    case 'call.declined':
    case 'call.missed':
      return callOf(event);
    default:
      return null;
  }
}

const tapbackOf = (reaction: ReactionEvent['reaction']) =>
  reaction === 'emphasize' ? 'emphasise' : reaction;

const commonOf = (event: MessageEditedEvent | MessageUnsentEvent | ReactionEvent) => ({
  guid: event.guid,
  chat: event.conversation,
  from: event.from,
  line: null,
  service: event.service,
  at: Date.parse(event.at),
});

function receivedOf(event: MessageReceivedEvent): ReceivedChange {
  const { app } = event;
  const effect = event.effect && (EFFECTS.get(event.effect) ?? event.effect);
  return {
    kind: 'received',
    guid: event.guid,
    chat: event.conversation,
    from: event.from,
    line: event.line ?? null,
    service: event.service,
    text: event.text,
    at: Date.parse(event.at),
    marks: (event.runs ?? []).map(markOf),
    attachments: (event.attachments ?? []).map(attachmentOf),
    parts: (event.attachments ?? []).flatMap(({ guid, part, position }) =>
      part === undefined || position === null ? [] : [{ part, start: position, length: 1, attachment: guid }],
    ),
    ...(event.subject !== undefined && { subject: event.subject }),
    ...(event.replyTo && { replyTo: event.replyTo }),
    ...(event.stickerOn && { sticker: event.stickerOn }),
    ...(effect !== undefined && { effect }),
    ...(event.voiceNote && { audio: { transcription: null } }),
    ...(event.filtered && { filtered: event.filtered === 'junk' ? 'junk' : 'unknown' }),
    ...(event.toSelf && { toSelf: true }),
    ...(app && (app.bundleId === LINK ? { link: linkOf(app) } : { app: appOf(app) })),
  };
}

type App = NonNullable<MessageReceivedEvent['app']>;

const linkOf = ({ url, title, summary }: App) => ({
  url: url ?? '',
  title: title ?? null,
  summary: summary ?? null,
});

const appOf = ({ bundleId, name, updates }: App) => ({
  bundleId,
  name,
  ...(updates !== undefined && { updates }),
});

function markOf({ start, length, kind, value = '' }: TextRun): TextMark {
  switch (kind) {
    case 'mention':
      return { start, length, kind, handle: value };
    case 'link':
      return { start, length, kind, url: value };
    case 'effect':
      return { start, length, kind, effect: value };
    case 'oneTimeCode':
      return { start, length, kind: 'code', code: value };
    default:
      return { start, length, kind: 'style', style: kind };
  }
}

const attachmentOf = ({ guid, name, mimeType, bytes, state, kind }: MacAttachment): Attachment => ({
  guid,
  name,
  mime: mimeType,
  uti: null,
  bytes,
  state,
  path: null,
  ...(kind === 'sticker' && { sticker: true }),
});

function editedOf(event: MessageEditedEvent): AnyChange {
  const { part, text: whole, history } = event;
  const versions = history.map(({ text, at }) => ({ text, at: Date.parse(at) }));
  const last = versions.at(-1);
  return {
    kind: 'edited',
    ...commonOf(event),
    at: last?.at ?? Date.parse(event.at),
    part,
    text: last?.text ?? '',
    whole,
    version: history.length - 1,
    history: versions,
  };
}

/** An icon that was set and one that was removed are told alike. */
function groupOf(event: GroupChangedEvent, ledger: readonly LedgerLine[]): AnyChange {
  const icon = ledger.find(
    (line): line is Line<'group'> => line.kind === 'group' && line.guid === event.guid,
  );
  const change = {
    'group.name_changed': 'renamed',
    'group.icon_changed': icon?.change === 'photo-removed' ? 'photo-removed' : 'photo-set',
    'group.member_added': 'added',
    'group.member_removed': event.member === event.by ? 'left' : 'removed',
  } as const;
  return {
    kind: 'group',
    guid: event.guid,
    chat: event.conversation,
    from: event.by,
    line: null,
    service: 'iMessage',
    at: Date.parse(event.at),
    change: change[event.type],
    ...(event.member !== undefined && { member: event.member }),
    ...(event.name !== undefined && { name: event.name }),
  };
}

function callOf(event: CallEvent): AnyChange {
  const { direction, durationSeconds = 0 } = event;
  const unanswered = direction === 'outbound' ? 'unanswered' : 'missed';
  const results = {
    'call.ended': 'answered',
    'call.declined': 'declined',
    'call.missed': unanswered,
  } as const;
  return {
    kind: 'call',
    callUuid: event.callUuid ?? '',
    direction,
    medium: event.kind,
    handles: event.handle === null ? [] : [event.handle],
    startedAt: Date.parse(event.at) - durationSeconds * 1_000,
    durationSeconds,
    result: results[event.type as keyof typeof results],
  };
}
