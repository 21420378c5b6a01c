import type {
  Call,
  CallStatus,
  ChatGroup,
  CommandResult,
  GroupMember,
  Line,
  LineReport,
  LineUsage,
  Mode,
  Page,
  RejectedEvent,
  StandingReaction,
} from './types.ts';

/** Which calls a list holds. */
export interface CallFilter {
  accountId: string;
  mode: Mode;
  direction?: 'outbound' | 'inbound';
  status?: CallStatus;
  lineId?: string;
  /** Either side of the call. */
  participant?: string;
}

/** Operations on what Macs tell beside messages. */
export interface FactOperations {
  /** Notes a fact of a line; false when the same key was noted before: a repeat. */
  noteFact(lineId: string, key: string, now: number): Promise<boolean>;
  insertRejectedEvent(event: RejectedEvent): Promise<void>;
  /** Newest first. */
  listRejectedEvents(agentId: string, limit: number): Promise<RejectedEvent[]>;

  /** Puts a tapback in the place of the one that its actor had on that part. */
  putReaction(reaction: StandingReaction): Promise<void>;
  /** Takes a tapback away if it is the standing one; false when it is not. */
  removeReaction(reaction: Omit<StandingReaction, 'direction' | 'at'>): Promise<boolean>;
  /** Standing tapbacks of some messages of a line, oldest first. */
  listReactions(lineId: string, targetGuids: readonly string[]): Promise<StandingReaction[]>;

  /** The group of a conversation; made of `group` when there is none (`made`). */
  findOrCreateGroup(group: ChatGroup): Promise<{ group: ChatGroup; made: boolean }>;
  findGroup(accountId: string, mode: Mode, id: string): Promise<ChatGroup | undefined>;
  /** Newest first. */
  listGroups(
    filter: { accountId: string; mode: Mode },
    page: Page,
  ): Promise<{ groups: ChatGroup[]; nextCursor: string | null }>;
  renameGroup(id: string, name: string | null): Promise<void>;
  /** Nothing happens when the member is there. */
  addMember(member: GroupMember): Promise<void>;
  removeMember(groupId: string, handle: string): Promise<void>;
  /** In the order of joining. */
  listMembers(groupIds: readonly string[]): Promise<GroupMember[]>;

  insertCall(call: Call): Promise<void>;
  updateCall(call: Call): Promise<void>;
  findCall(accountId: string, mode: Mode, id: string): Promise<Call | undefined>;
  findCallByCommand(lineId: string, commandId: string): Promise<Call | undefined>;
  findCallByUuid(lineId: string, callUuid: string): Promise<Call | undefined>;
  /** Newest first. */
  listCalls(filter: CallFilter, page: Page): Promise<{ calls: Call[]; nextCursor: string | null }>;

  findLineReport(lineId: string): Promise<LineReport | undefined>;
  listLineReports(accountId: string): Promise<LineReport[]>;
  /** Keeps what a Mac told; whether the line is told as offline stays as it is. */
  putLineReport(report: Omit<LineReport, 'offlineSince'>): Promise<void>;
  /** Marks a line as told to be offline since then, or to be back (null); false when it was marked so before, or never told anything. */
  markOffline(lineId: string, since: number | null): Promise<boolean>;
  /**
   * Lines with a state whose mark is wrong: those not marked of which no Mac was seen after `seenAfter`, and those marked
   * of which one was.
   */
  listTurnedLines(seenAfter: number, limit: number): Promise<Line[]>;

  /** Keeps how a line was used on a day, unless something newer was told of that day. */
  putLineUsage(usage: LineUsage): Promise<void>;
  /** In the order of the days, `from` and `to` included. */
  listLineUsage(lineId: string, days: { from: string; to: string }): Promise<LineUsage[]>;

  /** Keeps what came back for a command; the first answer stands. */
  putCommandResult(result: CommandResult): Promise<void>;
  findCommandResult(commandId: string): Promise<CommandResult | undefined>;
}
