import type { ConversationName } from './types.ts';

/** One part (a bubble) of a message; `guid` as in chat.db, without `p:0/` before it. The first part is 0. */
export interface MessageTarget {
  guid: string;
  part: number;
}

/** The six tapbacks that every release has. */
export const tapbacks = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const;
export type TapbackName = (typeof tapbacks)[number];

/** The 13 effects of Messages: four of the bubble, nine of the screen. */
export const messageEffects = [
  'slam',
  'loud',
  'gentle',
  'invisibleInk',
  'echo',
  'spotlight',
  'balloons',
  'confetti',
  'love',
  'lasers',
  'fireworks',
  'shootingStar',
  'celebration',
] as const;
export type MessageEffect = (typeof messageEffects)[number];

interface OnMessage {
  conversation: ConversationName;
  target: MessageTarget;
}

/** Puts the own tapback on a message, or takes it away. */
interface ReactAct extends OnMessage {
  kind: 'react';
  reaction: TapbackName;
  action: 'add' | 'remove';
}

/** A text in the thread of a message. */
interface ReplyAct extends OnMessage {
  kind: 'reply';
  text: string;
}

/** Another text for an own message. */
interface EditAct extends OnMessage {
  kind: 'edit';
  text: string;
}

/** Takes an own message back. */
interface UnsendAct extends OnMessage {
  kind: 'unsend';
}

/** Shows or hides the typing dots. */
interface TypingAct {
  kind: 'typing';
  conversation: ConversationName;
  state: 'on' | 'off';
}

/** Marks a conversation as read; the other side is told where read receipts are on. */
interface MarkReadAct {
  kind: 'mark_read';
  conversation: ConversationName;
}

/** Makes a group by writing to it. */
export interface CreateGroupAct {
  kind: 'create_group';
  /** E.164 numbers or emails, two at least. */
  participants: readonly string[];
  text: string;
}

/** A text with an effect, into a conversation. */
interface SendEffectAct {
  kind: 'send_effect';
  conversation: ConversationName;
  text: string;
  effect: MessageEffect;
}

/** Acts on the windows of Messages. */
export type UiAct =
  | ReactAct
  | ReplyAct
  | EditAct
  | UnsendAct
  | TypingAct
  | MarkReadAct
  | CreateGroupAct
  | SendEffectAct;
