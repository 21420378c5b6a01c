import type { Mode } from './types.ts';

/** Something that a customer asked of a line beside sending a message, and what became of it. */
export interface LineOperation {
  id: string;
  accountId: string;
  mode: Mode;
  lineId: string;
  kind: 'edit' | 'unsend' | 'react' | 'typing' | 'read' | 'create_group' | 'end_call';
  /** The command that carries it out. */
  commandId: string;
  /** The message that it is about. */
  messageId: string | null;
  /** The group that it makes. */
  groupId: string | null;
  /** The call that it ends. */
  callId: string | null;
  state: 'queued' | 'paced' | 'acting' | 'confirming' | 'done' | 'failed' | 'uncertain' | 'canceled';
  errorCode: string | null;
  errorMessage: string | null;
  /** With `create_group`, once the Mac has told: the group that there is now, itself or the one that these people had before. */
  sameAs: string | null;
  createdAt: number;
  updatedAt: number;
}
