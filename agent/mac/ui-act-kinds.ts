import { effects } from '../../bridge/protocol/common.ts';
import type { ActKinds } from './act-kinds.ts';
import { MAX_DRAFTS_BYTES } from './left-drafts.ts';
import type { Lock } from './locks.ts';
import { notStarted } from './outcome.ts';
import { isHandle, textRefusal } from './send-text-check.ts';
import type { ActOutcome, ConversationName } from './types.ts';
import { type CreateGroupAct, type MessageTarget, tapbacks, type UiAct } from './ui-acts.ts';

/** Groups larger than this are not made. */
const MAX_PARTICIPANTS = 32;
/** The longest run of one was seen to take 33 s, and a composer takes seconds to know an address. */
const DEADLINE_MS = 90_000;

const GUID = /^[A-Za-z0-9:_-]{1,128}$/;
/** What `chat_identifier` holds for a group. */
const GROUP = /^[A-Za-z0-9._-]{1,254}$/;

const screen: readonly Lock[] = ['messages', 'system-events', 'screen'];

const onScreen = {
  libraries: ['screen-ui', 'messages-ui'],
  leaves: (act: UiAct) => ('text' in act ? act.text : undefined),
  locks: screen,
  deadlineMs: DEADLINE_MS,
} as const;

/** Acts on the windows of Messages, which hold the whole screen while they last. */
export const uiKinds: ActKinds<UiAct['kind']> = {
  react: {
    ...onScreen,
    script: 'react',
    refusal: (act) =>
      tapbacks.includes(act.reaction)
        ? messageRefusal(act)
        : notStarted('unsupported_on_macos', 'only the six tapbacks of every release can be given'),
  },
  reply: {
    ...onScreen,
    script: 'reply',
    refusal: (act) => messageRefusal(act) ?? textRefusal(act.text, act, MAX_DRAFTS_BYTES),
  },
  edit: {
    ...onScreen,
    script: 'edit',
    refusal: (act) => messageRefusal(act) ?? textRefusal(act.text, act, MAX_DRAFTS_BYTES),
  },
  unsend: { ...onScreen, script: 'unsend', refusal: messageRefusal },
  typing: { ...onScreen, script: 'typing', refusal: conversationRefusal },
  mark_read: { ...onScreen, script: 'mark-read', refusal: conversationRefusal },
  create_group: { ...onScreen, script: 'create-group', refusal: groupRefusal },
  send_effect: {
    ...onScreen,
    script: 'send-effect',
    refusal: (act) =>
      effects.includes(act.effect)
        ? (conversationRefusal(act) ?? textRefusal(act.text, act, MAX_DRAFTS_BYTES))
        : notStarted('unsupported_on_macos', 'Messages has no such effect'),
  },
};

function groupRefusal({ participants, text }: CreateGroupAct): ActOutcome | undefined {
  const { length } = participants;
  if (length < 2 || length > MAX_PARTICIPANTS || new Set(participants).size !== length)
    return notStarted('invalid_recipient', 'a group needs 2 to 32 different handles');
  if (!participants.every(isHandle))
    return notStarted('invalid_recipient', 'a handle is neither an E.164 number nor an email address');
  return textRefusal(text, { participants, text }, MAX_DRAFTS_BYTES);
}

function conversationRefusal(act: {
  conversation: ConversationName;
  anchor?: MessageTarget;
}): ActOutcome | undefined {
  const { kind, identifier } = act.conversation;
  const known = kind === 'direct' ? isHandle(identifier) : GROUP.test(identifier);
  if (!known) return notStarted('invalid_recipient', 'the conversation is neither a handle nor a group');
  return act.anchor && targetRefusal(act.anchor);
}

function messageRefusal(act: {
  conversation: ConversationName;
  target: MessageTarget;
}): ActOutcome | undefined {
  return conversationRefusal(act) ?? targetRefusal(act.target);
}

function targetRefusal({ guid, part, text }: MessageTarget): ActOutcome | undefined {
  if (!GUID.test(guid)) return notStarted('act_failed', 'the message has no usable guid');
  if (part !== 0)
    return notStarted('unsupported_on_macos', 'a link to a message selects only its first part');
  if (text.trim() === '')
    return notStarted('not_editable', 'only a bubble with text can be told from others');
  return undefined;
}
