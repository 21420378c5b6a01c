import type Database from 'better-sqlite3';
import { type Command, type Priority, priorities } from '../../bridge/protocol/commands.ts';
import { REPLY_WINDOW_MS } from '../../bridge/protocol/limits.ts';
import { limitSql } from '../sql-limit.ts';
import type { EndedProof } from './salvage.ts';
import type {
  CommandError,
  CommandPatch,
  CommandState,
  JournalChange,
  JournaledCommand,
  Proof,
} from './types.ts';

interface CommandRow {
  id: string;
  seq: number;
  body: string | null;
  conversation: string;
  state: string;
  attempts: number;
  act_id: string | null;
  part: number;
  known: string | null;
  paced: string | null;
  priority: number;
  queued_at: number;
  high_water: number | null;
  acted_at: number | null;
  not_before: number;
  expires_at: number;
  guid: string | null;
  error: string | null;
  updated_at: number;
}

const fromRow = (row: CommandRow): JournaledCommand => ({
  id: row.id,
  seq: row.seq,
  command: row.body === null ? null : (JSON.parse(row.body) as Command),
  conversation: row.conversation,
  state: row.state as CommandState,
  attempts: row.attempts,
  actId: row.act_id,
  part: row.part,
  known: row.known === null ? null : (JSON.parse(row.known) as JournaledCommand['known']),
  paced: row.paced === null ? null : (JSON.parse(row.paced) as JournaledCommand['paced']),
  priority: row.priority,
  queuedAt: row.queued_at,
  highWater: row.high_water,
  actedAt: row.acted_at,
  notBefore: row.not_before,
  expiresAt: row.expires_at,
  guid: row.guid,
  error: row.error === null ? null : (JSON.parse(row.error) as CommandError),
  updatedAt: row.updated_at,
});

const columnOf = {
  state: 'state',
  attempts: 'attempts',
  actId: 'act_id',
  part: 'part',
  known: 'known',
  paced: 'paced',
  highWater: 'high_water',
  actedAt: 'acted_at',
  notBefore: 'not_before',
  guid: 'guid',
  error: 'error',
  heldUntil: 'held_until',
} as const satisfies Record<keyof CommandPatch, string>;

/** Statements over the commands of the journal. Whoever calls them owns the transaction. */
export class CommandTable {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();
  readonly #byId: Database.Statement;
  readonly #proof: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #urgentFirst: Database.Statement;
  readonly #oldestFirst: Database.Statement;
  readonly #unpaced: Database.Statement;
  readonly #nextChange: Database.Statement;
  readonly #waitingForLine: Database.Statement;
  readonly #waitingBehindHeld: Database.Statement;
  readonly #expired: Database.Statement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#byId = db.prepare('SELECT * FROM command WHERE id = ?');
    this.#proof = db.prepare('SELECT command_id AS commandId, tells FROM proof WHERE guid = ?');
    this.#insert = db.prepare(
      `INSERT INTO command (id, seq, body, conversation, state, expires_at, priority, queued_at, updated_at)
       VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?)`,
    );
    const upToLimit = limitSql('@limit');
    const first = `NOT EXISTS (
      SELECT 1 FROM command e WHERE e.conversation = c.conversation AND e.seq < c.seq
        AND e.state IN ('queued', 'paced', 'acting', 'confirming'))`;
    const candidates = `SELECT * FROM command c WHERE c.state IN ('queued', 'paced')
      AND c.not_before <= @now AND c.held_until <= @now AND c.expires_at > @now AND ${first}`;
    const urgentFirst = `(c.priority, c.seq) > (@priority, @seq) ORDER BY c.priority, c.seq ${upToLimit}`;
    this.#urgentFirst = db.prepare(`${candidates} AND ${urgentFirst}`);
    this.#oldestFirst = db.prepare(`${candidates} AND c.seq > @seq ORDER BY c.seq ${upToLimit}`);
    this.#unpaced = db.prepare(`${candidates} AND c.body ->> '$.type' NOT IN ${MESSAGES} AND ${urgentFirst}`);
    this.#waitingForLine = db.prepare(
      `WITH turn AS MATERIALIZED (
         SELECT id, min(row_number() OVER (ORDER BY priority, seq), row_number() OVER (ORDER BY seq)) - 1 AS ahead
         FROM (${candidates} AND c.body ->> '$.type' IN ${MESSAGES}))
       SELECT c.*, ahead FROM turn JOIN command c ON c.id = turn.id
       WHERE ahead >= @least
         AND (c.state = 'queued' OR c.paced ->> '$.rule' <> 'line_rate' OR c.paced ->> '$.until' <= @now)
       ORDER BY ahead ${upToLimit}`,
    );
    this.#waitingBehindHeld = db.prepare(
      `SELECT c.*, h.paced AS held FROM command h JOIN command c
         ON c.conversation = h.conversation AND c.seq > h.seq AND c.state IN ('queued', 'paced')
       WHERE h.state = 'paced' AND h.held_until > 0 AND c.paced IS NOT h.paced
         AND c.body ->> '$.type' IN ${MESSAGES}
       ORDER BY c.seq ${limitSql('?')}`,
    );
    this.#nextChange = db
      .prepare(
        `SELECT min(min(expires_at, CASE WHEN max(not_before, held_until) > @now
           THEN max(not_before, held_until) ELSE expires_at END))
         FROM command WHERE state IN ('queued', 'paced')`,
      )
      .pluck();
    this.#expired = db.prepare(
      `SELECT * FROM command WHERE state IN ('queued', 'paced') AND expires_at <= ? ORDER BY seq ${limitSql('?')}`,
    );
  }

  byId(id: string): JournaledCommand | undefined {
    const row = this.#byId.get(id) as CommandRow | undefined;
    return row && fromRow(row);
  }

  proofOf(guid: string): Proof | undefined {
    return this.#proof.get(guid) as Proof | undefined;
  }

  /** What a change says of commands; part of the transaction of whoever calls it. */
  take({ commands = [], proofs = [], received = [], at }: JournalChange): void {
    for (const { id, patch } of commands) this.update(id, patch, at);
    for (const proof of proofs) this.#prove(proof);
    for (const { conversation } of received) this.release(conversation);
  }

  /** Of what had ended before the journal was damaged only its proofs are known again. */
  restoreProofs(proofs: readonly EndedProof[]): void {
    const end = this.#statement(
      `INSERT OR IGNORE INTO command (id, seq, conversation, state, expires_at, updated_at)
       VALUES (?, ?, '', 'done', 0, ?)`,
    );
    for (const { guid, commandId, tells, seq, updatedAt } of proofs) {
      end.run(commandId, seq, updatedAt);
      this.#prove({ guid, commandId, tells });
    }
  }

  #prove({ guid, commandId, tells }: { guid: string } & Proof): void {
    this.#statement('INSERT INTO proof (guid, command_id, tells) VALUES (?, ?, ?)').run(
      guid,
      commandId,
      tells,
    );
  }

  inStates(states: readonly CommandState[], limit: number): JournaledCommand[] {
    const marks = states.map(() => '?').join(', ');
    const select = this.#statement(
      `SELECT * FROM command WHERE state IN (${marks}) ORDER BY seq ${limitSql('?')}`,
    );
    return (select.all(...states, limit) as CommandRow[]).map(fromRow);
  }

  /** Acts that have ended and whose commands are not erased yet. */
  endedActs(): string[] {
    return this.#statement(
      "SELECT act_id FROM command WHERE act_id IS NOT NULL AND body IS NOT NULL AND state <> 'acting'",
    )
      .pluck()
      .all() as string[];
  }

  /** Highest ROWID of chat.db before any act, 0 before the first. */
  highestMark(): number {
    return this.#statement('SELECT coalesce(max(high_water), 0) FROM command').pluck().get() as number;
  }

  candidates(
    now: number,
    limit: number,
    which?: 'oldest' | 'unpaced',
    { priority, seq }: Pick<JournaledCommand, 'priority' | 'seq'> = BEFORE_ALL,
  ): JournaledCommand[] {
    const others = { oldest: this.#oldestFirst, unpaced: this.#unpaced };
    const select = which === undefined ? this.#urgentFirst : others[which];
    return (select.all({ now, limit, priority, seq }) as CommandRow[]).map(fromRow);
  }

  /** Lets held commands be looked at anew: all, or those that a message from a conversation may free. */
  release(conversation?: string): void {
    if (conversation === undefined)
      this.#statement("UPDATE command SET held_until = 0 WHERE state = 'paced'").run();
    else {
      this.#statement(
        `UPDATE command SET held_until = 0
         WHERE state = 'paced' AND (conversation = ? OR paced ->> '$.rule' = 'out_in_ratio')`,
      ).run(conversation);
      this.#raise(conversation, REPLY, NORMAL);
    }
  }

  /** What waits in a conversation goes as soon as `priority`, if it is not below `from`. */
  #raise(conversation: string, priority: number, from: number): void {
    this.#statement(
      `UPDATE command SET priority = ? WHERE conversation = ? AND priority > ? AND priority <= ?
         AND state IN ('queued', 'paced')`,
    ).run(priority, conversation, priority, from);
  }

  waitingForLine(
    now: number,
    least: number,
    limit: number,
  ): Array<{ command: JournaledCommand; before: number }> {
    const rows = this.#waitingForLine.all({ now, least, limit }) as Array<CommandRow & { ahead: number }>;
    return rows.map((row) => ({ command: fromRow(row), before: row.ahead }));
  }

  waitingBehindHeld(
    limit: number,
  ): Array<{ command: JournaledCommand; paced: { rule: string; until: number } }> {
    const rows = this.#waitingBehindHeld.all(limit) as Array<CommandRow & { held: string }>;
    return rows.map((row) => ({
      command: fromRow(row),
      paced: JSON.parse(row.held) as { rule: string; until: number },
    }));
  }

  /** Whether an act that is not settled began at a time that the clock has yet to show. */
  isAhead(now: number): boolean {
    const ahead = `SELECT EXISTS (SELECT 1 FROM command WHERE state IN ${UNSETTLED} AND acted_at > ?)`;
    return this.#statement(ahead).pluck().get(now) === 1;
  }

  /**
   * Nothing that was put off by a clock that ran ahead waits for it, and deadlines move with it; acts count as begun by now:
   * their rows are dated so.
   */
  setBack(now: number, byMs: number): void {
    this.#statement(
      `UPDATE command SET acted_at = min(acted_at, ?) WHERE state IN ${UNSETTLED} AND acted_at IS NOT NULL`,
    ).run(now);
    this.#statement(
      `UPDATE command SET held_until = 0, not_before = min(not_before, ?), expires_at = expires_at - ?
       WHERE state IN ('queued', 'paced')`,
    ).run(now, byMs);
  }

  dateDeadlines(bridgeAheadMs: number): void {
    const asked = `CAST(unixepoch(body ->> '$.expiresAt', 'subsec') * 1000 AS INTEGER)`;
    this.#statement(
      `UPDATE command SET expires_at = ${asked} - @ahead
       WHERE state IN ('queued', 'paced') AND abs(${asked} - @ahead - expires_at) > ${WORTH_DATING_MS}`,
    ).run({ ahead: bridgeAheadMs });
  }

  nextChange(now: number): number | undefined {
    return (this.#nextChange.get({ now }) as number | null) ?? undefined;
  }

  expired(now: number, limit: number): JournaledCommand[] {
    return (this.#expired.all(now, limit) as CommandRow[]).map(fromRow);
  }

  insert(seq: number, command: Command, expiresAt: number, at: number): void {
    const conversation = conversationOf(command);
    const priority = this.#priorityOf(command, conversation, at);
    this.#insert.run(command.id, seq, JSON.stringify(command), conversation, expiresAt, priority, at, at);
    this.#raise(conversation, priority, BULK);
  }

  /** A message of which nothing was said is a reply where somebody wrote within the last day. */
  #priorityOf(command: Command, conversation: string, at: number): number {
    const wanted = priorityOf(command);
    if (wanted !== NORMAL || command.type !== 'message.send') return wanted;
    const lastInAt = this.#statement('SELECT last_in_at FROM contact WHERE conversation = ?')
      .pluck()
      .get(conversation) as number | null | undefined;
    return typeof lastInAt === 'number' && at - lastInAt < REPLY_WINDOW_MS ? REPLY : NORMAL;
  }

  update(id: string, patch: CommandPatch, at: number): void {
    const keys = (Object.keys(patch) as Array<keyof CommandPatch>).filter((key) => patch[key] !== undefined);
    const sql = `UPDATE command SET ${keys.map((key) => `${columnOf[key]} = ?, `).join('')}updated_at = ? WHERE id = ?`;
    const values = keys.map((key) => {
      const value = patch[key] ?? null;
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    });
    this.#statement(sql).run(...values, at, id);
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** Deadlines that are off by less stay as they are: the way of a challenge takes a while. In milliseconds. */
const WORTH_DATING_MS = 1_000;

/** A place before that of every command. */
const BEFORE_ALL = { priority: -1, seq: -1 } as const;

/** Commands whose act may still be proved by a row. */
const UNSETTLED = "('acting', 'confirming', 'uncertain')";

/** Commands that pacing is about. */
const MESSAGES = "('message.send', 'group.create')";

/** What customers wait for comes before what merely has to be told. */
const rank = (priority: Priority): number => priorities.indexOf(priority);
const [REPLY, NORMAL, BULK] = [rank('reply'), rank('normal'), rank('bulk')];

function priorityOf(command: Command): number {
  if (command.type === 'message.send') return rank(command.priority ?? 'normal');
  if (command.type === 'group.create') return NORMAL;
  // What pacing does not hold does not wait behind what it holds.
  return command.type === 'command.cancel' ? rank('otp') : REPLY;
}

/**
 * What commands are kept in order by: the handle or the group that they are about; a command about neither stands
 * alone. Emails differ in case only by whim; numbers come in E.164 form.
 */
function conversationOf(command: Command): string {
  if ('conversation' in command && command.conversation) return command.conversation.identifier.toLowerCase();
  if ('to' in command && command.to) return command.to.toLowerCase();
  return command.id;
}
