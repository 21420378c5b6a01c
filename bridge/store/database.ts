import type { Kysely } from 'kysely';
import type { AccountTable } from './accounts.ts';
import type { AgentTable } from './agents.ts';
import type { ApiKeyTable } from './api-keys.ts';
import type { CallTable } from './calls.ts';
import type { CommandTable } from './commands.ts';
import type { ConversationTable } from './conversations.ts';
import type { DeliveryTable } from './deliveries.ts';
import type { EnrolmentTokenTable } from './enrolment-tokens.ts';
import type { EventTable } from './events.ts';
import type { CommandResultTable, FactTable, RejectedEventTable } from './facts.ts';
import type { GroupMemberTable, GroupTable } from './groups.ts';
import type { IdempotencyKeyTable } from './idempotency-keys.ts';
import type { LineOperationTable } from './line-operations.ts';
import type { LineStateTable } from './line-reports.ts';
import type { LineUsageTable } from './line-usage.ts';
import type { LineTable } from './lines.ts';
import type { AttachmentTable, MediaTable } from './media.ts';
import type { MessageRowTable } from './message-rows.ts';
import type { MessageTable } from './messages.ts';
import type { ReactionTable } from './reactions.ts';
import type { TimelineTable } from './timeline.ts';
import type { Signals } from './types.ts';
import type { WebhookTable } from './webhooks.ts';

/** Tables of the store. Columns bear the names of the row types; JSON is text and a boolean is 0 or 1 in both dialects. */
export interface Database {
  account: AccountTable;
  api_key: ApiKeyTable;
  enrolment_token: EnrolmentTokenTable;
  line: LineTable;
  agent: AgentTable;
  conversation: ConversationTable;
  message: MessageTable;
  message_row: MessageRowTable;
  timeline: TimelineTable;
  command: CommandTable;
  idempotency_key: IdempotencyKeyTable;
  webhook: WebhookTable;
  event: EventTable;
  delivery: DeliveryTable;
  fact: FactTable;
  rejected_event: RejectedEventTable;
  command_result: CommandResultTable;
  reaction: ReactionTable;
  chat_group: GroupTable;
  group_member: GroupMemberTable;
  media: MediaTable;
  attachment: AttachmentTable;
  call: CallTable;
  line_state: LineStateTable;
  line_usage: LineUsageTable;
  line_operation: LineOperationTable;
  migration: { version: number; appliedAt: number };
}

export type Dialect = 'sqlite' | 'postgres';

/** What the operations of a table run on: the whole database, or one transaction of it. */
export interface Session {
  db: Kysely<Database>;
  dialect: Dialect;
}

/** A dialect's way to its database. */
export interface Engine {
  session: Session;
  /** One transaction that may write. `work` may run again when the database asks for it. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** One statement that only reads, outside of any transaction. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Whether the database will refuse the same statement again for what its rows hold. */
  refuses(error: unknown): boolean;
  signals: Signals;
  close(): Promise<void>;
}
