import type { Effect } from '../../bridge/protocol/common.ts';
import type { ConversationName } from './types.ts';

/** One part (a bubble) of a message; `guid` as in chat.db, without `p:0/` before it. The first part is 0. */
export interface MessageTarget {
  guid: string;
  part: number;
  /** The text of the part as chat.db has it now. The bubble must hold it, or nothing is done. */
  text: string;
}

/** The six tapbacks that every release has. */
export const tapbacks = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const;
export type TapbackName = (typeof tapbacks)[number];

/** Where something is done that stands on no message. */
interface InConversation {
  conversation: ConversationName;
  /**
   * A message of the conversation. Selecting it is what proves that the right conversation is shown; without it, only a
   * direct one is taken, and only where its window bears the handle itself.
   */
  anchor?: MessageTarget;
}

interface OnMessage {
  conversation: ConversationName;
  target: MessageTarget;
}

/** Puts the own tapback on a message, or takes it away. */
interface ReactAct extends OnMessage {
  kind: 'react';
  reaction: TapbackName;
  action: 'add' | 'remove';
  /** The own tapback that stands there as chat.db has it, null for none. Performing one again takes it away. */
  standing: TapbackName | null;
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
interface TypingAct extends InConversation {
  kind: 'typing';
  state: 'on' | 'off';
}

/** Marks a conversation as read; the other side is told where read receipts are on. */
interface MarkReadAct extends InConversation {
  kind: 'mark_read';
}

/** Makes a group by writing to it. */
export interface CreateGroupAct {
  kind: 'create_group';
  /** E.164 numbers or emails, two at least. */
  participants: readonly string[];
  text: string;
}

/** A text with an effect, into a conversation. */
interface SendEffectAct extends InConversation {
  kind: 'send_effect';
  text: string;
  effect: Effect;
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
