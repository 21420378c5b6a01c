import type { Call, Conversation, LineOperation, Mode } from './types.ts';

/** Changes of an operation's row. */
export type LineOperationPatch = Partial<
  Pick<LineOperation, 'state' | 'errorCode' | 'errorMessage' | 'sameAs' | 'updatedAt'>
>;

/** Operations of the store on what customers ask of a line beside sending. */
export interface ActionOperations {
  insertLineOperation(operation: LineOperation): Promise<void>;
  updateLineOperation(id: string, patch: LineOperationPatch): Promise<void>;
  findLineOperation(accountId: string, mode: Mode, id: string): Promise<LineOperation | undefined>;
  /** The one that a command carries out, which no other transaction changes before this one ends. */
  findLineOperationByCommand(commandId: string): Promise<LineOperation | undefined>;
  /** Those about a message, oldest first. */
  listLineOperations(messageId: string): Promise<LineOperation[]>;
  /** Those that make these groups. */
  listGroupOperations(groupIds: readonly string[]): Promise<LineOperation[]>;

  findConversation(id: string): Promise<Conversation | undefined>;
  /** The newest conversation of a participant, or the one on a line. */
  findConversationWith(
    filter: { accountId: string; mode: Mode; lineId?: string },
    participant: string,
  ): Promise<Conversation | undefined>;
  /** Gives a conversation the name that the Mac has for it; false when the line has another conversation of that name. */
  nameConversation(conversation: Conversation, participant: string): Promise<boolean>;

  /** A call that the line placed since then, that has no end yet, and that is surely one. */
  findActiveCall(lineId: string, since: number): Promise<Call | undefined>;
}
