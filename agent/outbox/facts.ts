import type { Reaction } from '../../bridge/protocol/common.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { MAX_HISTORY } from '../../bridge/protocol/message-events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { KeptState } from '../journal/types.ts';
import type {
  EditedChange,
  GroupChange,
  MessageChange,
  TapbackChange,
  TapbackName,
} from '../messages-db/types.ts';
import { appleError } from './apple-errors.ts';
import { bounded, count, jsonBytes, toldText } from './bounds.ts';
import type { RenditionOffer } from './ports.ts';
import {
  attachmentFact,
  conversationOf,
  linkFact,
  receivedFact,
  targetOf,
  whereOf,
} from './received-facts.ts';

/** Longest version of a part that is told beside the whole text, in UTF-16 units, and all of them in bytes. */
const MAX_VERSION = 8_000;
const MAX_HISTORY_BYTES = 64 * 1024;
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

/** No Mac to make anything of a file. */
const noRendition: RenditionOffer = () => null;

/**
 * What is told of a change, in order; states of own rows are told by {@link stateFact}, for commands alone. `rendition`
 * says what this Mac makes of a file.
 */
export function changeFacts(change: MessageChange, rendition = noRendition): AgentEvent[] {
  switch (change.kind) {
    case 'received':
      return [receivedFact(change, rendition)];
    case 'tapback':
      return tapbackFacts(change);
    case 'edited': {
      const { part, at } = change;
      return [
        {
          type: 'message.edited',
          guid: bounded(change.guid, 128),
          ...whereOf(change),
          from: handleOf(change.from),
          part: count(part, MAX_PART),
          ...toldText(change.whole),
          history: historyFact(change),
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
          ...toldText(change.whole),
        },
      ];
    case 'attachment':
      return [
        {
          type: 'attachment.changed',
          guid: bounded(change.guid, 128),
          attachment: {
            ...attachmentFact(change.attachment, null, rendition),
            ...(change.transcription ? { transcription: bounded(change.transcription, 10_000) } : {}),
          },
          at: isoTime(change.at),
        },
      ];
    case 'group':
      return groupFacts(change);
    case 'link':
      return [linkFact(change)];
    case 'own-state':
      return [];
  }
}

/** The newest texts of a part that have room, oldest first. */
function historyFact({ history }: EditedChange): Extract<AgentEvent, { type: 'message.edited' }>['history'] {
  const told: ReturnType<typeof historyFact> = [];
  let bytes = 0;
  for (const { text, at } of history.slice(-MAX_HISTORY).reverse()) {
    const { text: cut, truncated } = toldText(text, MAX_VERSION, MAX_HISTORY_BYTES - 1_024);
    const entry = { text: cut, at: isoTime(at), ...(truncated ? { truncated } : {}) };
    bytes += jsonBytes(entry);
    if (bytes > MAX_HISTORY_BYTES) break;
    told.unshift(entry);
  }
  return told;
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
  const factOf = (
    type: 'reaction.added' | 'reaction.removed',
    name: TapbackName,
    emoji?: string,
  ): AgentEvent => ({
    type,
    ...common,
    reaction: reactionOf(name),
    ...(emoji ? { emoji: bounded(emoji, 32) } : {}),
  });
  const fact = factOf(`reaction.${change.action}`, change.tapback, change.emoji);
  return change.replaces ? [factOf('reaction.removed', change.replaces, change.replacedEmoji), fact] : [fact];
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
  return [
    {
      type: GROUP_TYPES[change],
      guid: bounded(guid, 128),
      conversation: conversationOf(chat),
      by: handleOf(from),
      at: isoTime(at),
      ...(change === 'renamed' ? { name: name ? bounded(name, 255) : null } : {}),
      ...(member ? { member: bounded(member, 254, 3) } : {}),
    },
  ];
}
