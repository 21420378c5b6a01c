import type { ChatTarget } from '../types.ts';

/** A bubble by its message and part. */
export interface BubbleName {
  guid: string;
  part: number;
}

/** What is open over the transcript; one at a time. */
export type Overlay =
  | { kind: 'tapbacks'; on: BubbleName }
  | { kind: 'bubble-menu'; on: BubbleName }
  | { kind: 'edit'; on: BubbleName; text: string }
  | { kind: 'apps-menu' }
  | { kind: 'effects' };

/** What the window of Messages shows and what is being written in it. */
export interface MessagesState {
  closed: boolean;
  chat: ChatTarget | undefined;
  /** The bubble that a link to a message selected. */
  selected: BubbleName | undefined;
  /** Recipients of a new message that is not yet a chat. */
  compose: readonly string[] | undefined;
  overlay: Overlay | undefined;
  /** The bubble whose thread is shown and written into. */
  replyTo: BubbleName | undefined;
  /** Chosen effect of the message that is being written. */
  effect: string | undefined;
  focused: boolean;
  /** What stands in the field of each conversation, by its name. */
  readonly drafts: Map<string, string>;
}

export const newState = (): MessagesState => ({
  closed: false,
  chat: undefined,
  selected: undefined,
  compose: undefined,
  overlay: undefined,
  replyTo: undefined,
  effect: undefined,
  focused: false,
  drafts: new Map(),
});

/** Name of the conversation that is shown: where its draft is kept. */
export function conversationName({ compose, chat }: MessagesState): string {
  if (compose) return `new ${compose.join(',')}`;
  if (!chat) return '';
  return 'group' in chat ? chat.group : chat.handle;
}

export const sameBubble = (a: BubbleName | undefined, b: BubbleName): boolean =>
  a?.guid === b.guid && a.part === b.part;
