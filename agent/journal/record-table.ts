import type Database from 'better-sqlite3';
import { journalError } from './open-file.ts';
import type { ContactRecord, JournalChange, LineRecords, SendOutcome } from './types.ts';

/** Statements over what the journal remembers of the line's messages. */
export class RecordTable implements LineRecords {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Part of the transaction of whoever calls it. */
  take({
    sent = [],
    ended = [],
    unsent = [],
    received = [],
    contacts = [],
    outcomes = [],
  }: JournalChange): void {
    for (const { conversation, lastInAt, lastOutAt } of contacts)
      this.#touch(conversation, lastInAt, lastOutAt);
    for (const record of sent) {
      this.#sql(
        `INSERT INTO sent (at, command_id, part, conversation, kind)
         VALUES (@at, @commandId, @part, @conversation, @kind)`,
      ).run(record);
      this.#touch(record.conversation, null, record.at);
    }
    for (const act of ended)
      this.#sql(
        `UPDATE sent SET at = @at WHERE id = (SELECT max(id) FROM sent WHERE command_id = @commandId AND part = @part)`,
      ).run(act);
    for (const { commandId, part } of unsent)
      this.#sql(
        'DELETE FROM sent WHERE id = (SELECT max(id) FROM sent WHERE command_id = ? AND part = ?)',
      ).run(commandId, part);
    for (const outcome of outcomes) this.#outcome(outcome);
    for (const { at, conversation } of received) {
      this.#sql('INSERT INTO received (at, conversation) VALUES (?, ?)').run(at, conversation);
      this.#touch(conversation, at, null);
    }
  }

  #outcome({ guid, at, state, error }: NonNullable<JournalChange['outcomes']>[number]): void {
    if (state === 'by_other_service') this.#sql('DELETE FROM outcome WHERE guid = ?').run(guid);
    else if (state === 'delivered')
      this.#sql('UPDATE outcome SET delivered = 1, error = 0 WHERE guid = ?').run(guid);
    else if (state === 'failed') this.#sql('UPDATE outcome SET error = ? WHERE guid = ?').run(error, guid);
    else this.#sql('INSERT OR IGNORE INTO outcome (guid, at, error) VALUES (?, ?, ?)').run(guid, at, error);
  }

  contact(conversation: string): ContactRecord | undefined {
    return this.#read(
      () =>
        this.#sql(
          `SELECT conversation, last_in_at AS lastInAt, last_out_at AS lastOutAt FROM contact
           WHERE conversation = ?`,
        ).get(conversation) as ContactRecord | undefined,
    );
  }

  lastSentAt(): number | null {
    return this.#read(() => this.#sql('SELECT max(at) FROM sent').pluck().get() as number | null);
  }

  countsSince(at: number): { sent: number; proactive: number; newConversations: number } {
    return this.#read(
      () =>
        this.#sql(
          `SELECT count(*) AS sent, count(*) FILTER (WHERE kind <> 'reply') AS proactive,
             count(*) FILTER (WHERE kind = 'new') AS newConversations FROM sent WHERE at >= ? AND part = 0`,
        ).get(at) as { sent: number; proactive: number; newConversations: number },
    );
  }

  newSince(at: number): number[] {
    return this.#read(
      () =>
        this.#sql("SELECT at FROM sent WHERE at >= ? AND part = 0 AND kind = 'new' ORDER BY at")
          .pluck()
          .all(at) as number[],
    );
  }

  proactiveSince(at: number): number {
    return this.#read(
      () =>
        this.#sql("SELECT count(*) FROM sent WHERE at >= ? AND part = 0 AND kind <> 'reply'")
          .pluck()
          .get(at) as number,
    );
  }

  proactiveTimes(at: number): number[] {
    return this.#read(
      () =>
        this.#sql("SELECT at FROM sent WHERE at >= ? AND part = 0 AND kind <> 'reply' ORDER BY at")
          .pluck()
          .all(at) as number[],
    );
  }

  sentTo(conversation: string, since: number, parts: 'all' | 'first' = 'all'): number[] {
    const first = parts === 'first' ? 'AND part = 0 ' : '';
    return this.#read(
      () =>
        this.#sql(`SELECT at FROM sent WHERE conversation = ? AND at >= ? ${first}ORDER BY at`)
          .pluck()
          .all(conversation, since) as number[],
    );
  }

  receivedSince(at: number): number {
    return this.#read(
      () => this.#sql('SELECT count(*) FROM received WHERE at >= ?').pluck().get(at) as number,
    );
  }

  receivedTimes(at: number): number[] {
    return this.#read(
      () => this.#sql('SELECT at FROM received WHERE at >= ? ORDER BY at').pluck().all(at) as number[],
    );
  }

  outcomesSince(at: number): SendOutcome[] {
    const rows = this.#read(
      () =>
        this.#sql('SELECT at, delivered, error FROM outcome WHERE at >= ? ORDER BY at').all(at) as Array<{
          at: number;
          delivered: number;
          error: number;
        }>,
    );
    return rows.map((row) => ({ ...row, delivered: row.delivered === 1 }));
  }

  isAhead(now: number): boolean {
    const newest = this.#sql(
      'SELECT max(coalesce((SELECT max(at) FROM sent), 0), coalesce((SELECT max(at) FROM received), 0))',
    );
    return (newest.pluck().get() as number) > now;
  }

  /** Part of the transaction of whoever calls it. */
  setBack(now: number): void {
    for (const table of ['sent', 'received', 'outcome'])
      this.#sql(`UPDATE ${table} SET at = @now WHERE at > @now`).run({ now });
    this.#sql(
      `UPDATE contact SET last_in_at = min(last_in_at, @now), last_out_at = min(last_out_at, @now)
       WHERE last_in_at > @now OR last_out_at > @now`,
    ).run({ now });
  }

  forgetBefore(at: number): void {
    this.#read(() => {
      this.#sql('DELETE FROM sent WHERE at < ?').run(at);
      this.#sql('DELETE FROM received WHERE at < ?').run(at);
      this.#sql('DELETE FROM outcome WHERE at < ?').run(at);
    });
  }

  /** Times only ever grow. */
  #touch(conversation: string, lastInAt: number | null, lastOutAt: number | null): void {
    this.#sql(
      `INSERT INTO contact (conversation, last_in_at, last_out_at) VALUES (?, ?, ?)
       ON CONFLICT (conversation) DO UPDATE SET
         last_in_at = nullif(max(coalesce(last_in_at, 0), coalesce(excluded.last_in_at, 0)), 0),
         last_out_at = nullif(max(coalesce(last_out_at, 0), coalesce(excluded.last_out_at, 0)), 0)`,
    ).run(conversation, lastInAt, lastOutAt);
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw journalError(error);
    }
  }

  #sql(text: string): Database.Statement {
    let statement = this.#prepared.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#prepared.set(text, statement);
    }
    return statement;
  }
}
