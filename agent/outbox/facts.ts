import type { Reaction } from '../../bridge/protocol/common.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { KeptState } from '../journal/types.ts';
import type { GroupChange, MessageChange, TapbackChange, TapbackName } from '../messages-db/types.ts';
import { appleError } from './apple-errors.ts';
import { bounded, boundedText, count } from './bounds.ts';
import { attachmentFact, receivedFact, targetOf, whereOf } from './received-facts.ts';

/** Longest version of a part that is told beside the whole text, in UTF-16 units. */
const MAX_VERSION = 8_000;
const MAX_PART = 10_000;
const MAX_PARTS = 1_000;

/** The fact that the row of a command reached a state. */
export const stateFact = (commandId: string, change: KeptState): AgentEvent => ({
  type: `message.${change.state}`,
  commandId,
  guid: bounded(change.guid, 128),
  at: isoTime(change.at),
  service: bounded(change.service, 40),
  ...(change.downgraded ? { downgraded: true } : {}),
  ...(change.state === 'failed' ? { error: appleError(change.error ?? 1) } : {}),
});

/** What is told of a change, in order; states of own rows are told by {@link stateFact}, for commands alone. */
export function changeFacts(change: MessageChange): AgentEvent[] {
  switch (change.kind) {
    case 'received':
      return [receivedFact(change)];
    case 'tapback':
      return tapbackFacts(change);
    case 'edited': {
      const { part, text, at } = change;
      return [
        {
          type: 'message.edited',
          guid: bounded(change.guid, 128),
          ...whereOf(change),
          from: handleOf(change.from),
          part: count(part, MAX_PART),
          text: boundedText(change.whole),
          history: [{ text: bounded(text, MAX_VERSION, 0), at: isoTime(at) }],
          at: isoTime(at),
        },
      ];
    }
    case 'unsent':
      return [
        {
          type: 'message.unsent',
          guid: bounded(change.guid, 128),
          ...whereOf(change),
          from: handleOf(change.from),
          parts: change.parts?.length
            ? change.parts.slice(0, MAX_PARTS).map((part) => count(part, MAX_PART))
            : null,
          text: boundedText(change.whole),
        },
      ];
    case 'attachment':
      return [
        {
          type: 'attachment.changed',
          guid: bounded(change.guid, 128),
          attachment: attachmentFact(change.attachment, null),
          at: isoTime(change.at),
        },
      ];
    case 'group':
      return groupFacts(change);
    case 'own-state':
    case 'link':
      return [];
  }
}

const handleOf = (handle: string | null): string | null => (handle === null ? null : bounded(handle, 254, 3));

const reactionOf = (name: TapbackName): Reaction => (name === 'emphasise' ? 'emphasize' : name);

/** One that takes the place of another is the removal of that one, then an addition. */
function tapbackFacts(change: TapbackChange): AgentEvent[] {
  const common = {
    guid: bounded(change.guid, 128),
    ...whereOf(change),
    from: handleOf(change.from),
    target: targetOf(change.target),
  };
  const fact: AgentEvent = {
    type: `reaction.${change.action}`,
    ...common,
    reaction: reactionOf(change.tapback),
    ...(change.emoji ? { emoji: bounded(change.emoji, 32) } : {}),
  };
  return change.replaces
    ? [{ type: 'reaction.removed', ...common, reaction: reactionOf(change.replaces) }, fact]
    : [fact];
}

const GROUP_TYPES = {
  renamed: 'group.name_changed',
  'photo-set': 'group.icon_changed',
  'photo-removed': 'group.icon_changed',
  added: 'group.member_added',
  removed: 'group.member_removed',
  left: 'group.member_removed',
} as const;

function groupFacts({ change, guid, chat, from, at, member, name }: GroupChange): AgentEvent[] {
  if (!chat) return [];
  return [
    {
      type: GROUP_TYPES[change],
      guid: bounded(guid, 128),
      conversation: { kind: chat.kind, identifier: bounded(chat.identifier, 254) },
      by: handleOf(from),
      at: isoTime(at),
      ...(change === 'renamed' ? { name: name ? bounded(name, 255) : null } : {}),
      ...(member ? { member: bounded(member, 254, 3) } : {}),
    },
  ];
}
