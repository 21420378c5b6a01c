import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { limitSql } from '../sql-limit.ts';
import { CommandTable } from './command-table.ts';
import { KeptTable } from './kept-table.ts';
import { journalError, openJournalFile, readMeta } from './open-file.ts';
import { RecordTable } from './record-table.ts';
import { renumberEvents } from './renumber.ts';
import { NOTE, type Salvage, salvageJournal, sweepDamaged } from './salvage.ts';
import { TailTable } from './tail-table.ts';
import type {
  ArrivedCommand,
  CommandState,
  Journal,
  JournalChange,
  JournalCounts,
  JournaledCommand,
  JournaledEvent,
  KeptState,
  Proof,
} from './types.ts';

/** Fewer free pages than this are kept for what comes. */
const VACUUM_ABOVE_PAGES = 4_096;

class SqliteJournal implements Journal {
  readonly #db: Database.Database;
  readonly #commands: CommandTable;
  readonly records: RecordTable;
  readonly #tails: TailTable;
  readonly #kept: KeptTable;
  readonly #listeners = new Set<() => void>();
  readonly #insertEvent: Database.Statement;
  readonly #noteEvent: Database.Statement;
  readonly #setMeta: Database.Statement;
  readonly #getMeta: Database.Statement;
  #id: string;
  #commandAck: number;
  readonly openedAt: number;
  #failure: AppError | undefined;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#commands = new CommandTable(db);
    this.records = new RecordTable(db);
    this.#tails = new TailTable(db);
    this.#kept = new KeptTable(db);
    this.#insertEvent = db.prepare('INSERT INTO event (body) VALUES (?)');
    this.#noteEvent = db.prepare('UPDATE command SET event_seq = ? WHERE id = ?');
    this.#setMeta = db.prepare(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    this.#getMeta = db.prepare('SELECT value FROM meta WHERE name = ?').pluck();
    this.#id = this.#meta('journalId') ?? randomUUID();
    this.#setMeta.run('journalId', this.#id);
    this.#commandAck = Number(this.#meta('commandAck') ?? 0);
    this.openedAt = this.lastEventSeq();
  }

  id(): string {
    return this.#id;
  }

  record(change: JournalChange): void {
    const id = change.anew ? randomUUID() : this.#id;
    this.#write(() => {
      if (change.anew) {
        renumberEvents(this.#db);
        this.#setMeta.run('journalId', id);
      }
      this.#commands.take(change);
      this.records.take(change);
      for (const event of change.events ?? []) this.#append(event, change.at);
      if (change.memory) this.#tails.remember(change.memory);
      if (change.callsMemory) this.#tails.rememberCalls(change.callsMemory);
      this.#note(change.notes ?? {});
      this.#kept.take(change);
    });
    this.#id = id;
    if (change.events?.length || change.anew) this.#tell();
  }

  commandAck(): number {
    return this.#commandAck;
  }

  /**
   * Begins with what a damaged journal gave. None of its open commands is acted on: whatever was done about them, their
   * rows are looked for in chat.db, and without a row they end as uncertain. What may be done twice is done.
   */
  restore(salvage: Salvage, now: number): void {
    this.#write(() => {
      this.#setMeta.run('commandAck', String(salvage.commandAck));
      if (salvage.tailCursor !== null)
        this.#tails.remember({ cursor: salvage.tailCursor, remember: salvage.tailEntries, forget: [] });
      for (const event of salvage.events) this.#append(event, now);
      this.records.take({ at: now, ...salvage.line });
      this.#note(salvage.line.notes);
      for (const { seq, command, updatedAt, expiresAt, highWater } of salvage.open) {
        this.#commands.insert(seq, command, expiresAt, now);
        if (command.type === 'lookup' || command.type === 'media.upload') continue;
        const mark = highWater ?? salvage.highWater;
        const patch = {
          state: 'confirming',
          highWater: mark,
          actedAt: updatedAt,
          attempts: 1,
          known: { salvaged: true },
        } as const;
        this.#commands.update(command.id, patch, now);
        const { id: commandId } = command;
        this.#append({ type: 'command.state', commandId, state: 'confirming', at: isoTime(now) }, now);
      }
      this.#commands.restoreProofs(salvage.proofs);
    });
    this.#commandAck = salvage.commandAck;
  }

  resumeCommandsAt(seq: number): void {
    if (seq <= this.#commandAck) return;
    this.#write(() => this.#setMeta.run('commandAck', String(seq)));
    this.#commandAck = seq;
  }

  acceptCommands(arrived: readonly ArrivedCommand[], at: number): number {
    let ack = this.#commandAck;
    let accepted = 0;
    this.#write(() => {
      for (const { seq, command, expiresAt } of arrived) {
        if (seq <= ack) continue;
        if (seq !== ack + 1)
          throw new AppError(`Command ${seq} came after ${ack}`, { code: 'bad_frame', retry: 'later' });
        ack = seq;
        if (this.#commands.byId(command.id)) continue;
        this.#commands.insert(seq, command, expiresAt, at);
        this.#append({ type: 'command.state', commandId: command.id, state: 'queued', at: isoTime(at) }, at);
        accepted += 1;
      }
      this.#setMeta.run('commandAck', String(ack));
    });
    this.#commandAck = ack;
    if (accepted > 0) this.#tell();
    return accepted;
  }

  command(id: string): JournaledCommand | undefined {
    return this.#read(() => this.#commands.byId(id));
  }

  proofOf(guid: string): Proof | undefined {
    return this.#read(() => this.#commands.proofOf(guid));
  }

  commandsIn(states: readonly CommandState[], limit = -1): JournaledCommand[] {
    return this.#read(() => this.#commands.inStates(states, limit));
  }

  readonly candidates: Journal['candidates'] = (...asked) =>
    this.#read(() => this.#commands.candidates(...asked));

  releaseHeld(): void {
    this.#write(() => this.#commands.release());
  }

  readonly waitingForLine: Journal['waitingForLine'] = (...asked) =>
    this.#read(() => this.#commands.waitingForLine(...asked));

  readonly waitingBehindHeld: Journal['waitingBehindHeld'] = (limit) =>
    this.#read(() => this.#commands.waitingBehindHeld(limit));

  isAhead(now: number): boolean {
    return this.#read(() => this.records.isAhead(now) || this.#commands.isAhead(now));
  }

  setBack(now: number, byMs: number): void {
    this.#write(() => {
      this.records.setBack(now);
      this.#commands.setBack(now, byMs);
    });
  }

  dateDeadlines(bridgeAheadMs: number): void {
    this.#write(() => this.#commands.dateDeadlines(bridgeAheadMs));
  }

  note(name: string): string | undefined {
    return this.#read(() => this.#meta(`${NOTE}${name}`));
  }

  nextQueuedChange(now: number): number | undefined {
    return this.#read(() => this.#commands.nextChange(now));
  }

  expiredCommands(now: number, limit: number): JournaledCommand[] {
    return this.#read(() => this.#commands.expired(now, limit));
  }

  endedActs(): string[] {
    return this.#read(() => this.#commands.endedActs());
  }

  highestMark(): number {
    return this.#read(() => this.#commands.highestMark());
  }

  keptStates(guid: string): KeptState[] {
    return this.#read(() => this.#kept.of(guid));
  }

  lastEventSeq(): number {
    return this.#read(
      () =>
        (this.#sql("SELECT seq FROM sqlite_sequence WHERE name = 'event'").pluck().get() as
          | number
          | undefined) ?? 0,
    );
  }

  eventsAfter(seq: number, limit: number): JournaledEvent[] {
    const rows = this.eventTextsAfter(seq, limit);
    return rows.map((row) => ({ seq: row.seq, event: JSON.parse(row.text) as AgentEvent }));
  }

  eventTextsAfter(seq: number, limit: number): Array<{ seq: number; text: string }> {
    return this.#read(
      () =>
        this.#sql(`SELECT seq, body AS text FROM event WHERE seq > ? ORDER BY seq ${limitSql('?')}`).all(
          seq,
          limit,
        ) as Array<{ seq: number; text: string }>,
    );
  }

  acknowledgeEvents(seq: number): void {
    this.#write(() => {
      this.#sql('DELETE FROM event WHERE seq <= ?').run(seq);
      this.#sql(
        `UPDATE command SET body = NULL, conversation = ''
         WHERE body IS NOT NULL AND event_seq <= ? AND state IN ('done', 'failed', 'cancelled')`,
      ).run(seq);
    });
  }

  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  upkeep(before: number): void {
    this.#write(() => {
      this.#sql(
        "DELETE FROM command WHERE body IS NULL AND state IN ('done', 'failed', 'cancelled') AND updated_at < ?",
      ).run(before);
      this.#sql('DELETE FROM proof WHERE command_id NOT IN (SELECT id FROM command)').run();
    });
    this.#read(() => {
      // Space that a burst of events took is given back once most of the file is free.
      const pages = this.#db.pragma('page_count', { simple: true }) as number;
      const free = this.#db.pragma('freelist_count', { simple: true }) as number;
      if (free > VACUUM_ABOVE_PAGES && free > pages / 2) this.#db.exec('VACUUM');
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
      sweepDamaged(this.#db.name, before);
    });
  }

  failure(): AppError | undefined {
    return this.#failure;
  }

  tailMemory(): { cursor: string | null; entries: Map<string, string> } {
    return this.#read(() => this.#tails.messages());
  }

  callsMemory(): { cursor: string | null; entries: Map<string, string> } {
    return this.#read(() => this.#tails.calls());
  }

  counts(): JournalCounts {
    return this.#read(() => {
      const states = this.#sql('SELECT state, count(*) FROM command GROUP BY state').raw().all() as Array<
        [CommandState, number]
      >;
      const received = this.#meta('lastReceivedAt');
      return {
        unacknowledgedEvents: this.#sql('SELECT count(*) FROM event').pluck().get() as number,
        commands: {
          queued: 0,
          paced: 0,
          acting: 0,
          confirming: 0,
          done: 0,
          failed: 0,
          uncertain: 0,
          cancelled: 0,
          ...Object.fromEntries(states),
        },
        lastReceivedAt: received === undefined ? null : Number(received),
      };
    });
  }

  close(): void {
    this.#db.close();
  }

  #append(event: AgentEvent, at: number): void {
    const seq = Number(this.#insertEvent.run(JSON.stringify(event)).lastInsertRowid);
    if (event.type === 'command.state') this.#noteEvent.run(seq, event.commandId);
    if (event.type === 'message.received' && !event.backfill) this.#setMeta.run('lastReceivedAt', String(at));
  }

  #note(notes: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(notes)) this.#setMeta.run(`${NOTE}${name}`, value);
  }

  #meta(name: string): string | undefined {
    return this.#getMeta.get(name) as string | undefined;
  }

  readonly #prepared = new Map<string, Database.Statement>();

  #sql(text: string): Database.Statement {
    let statement = this.#prepared.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#prepared.set(text, statement);
    }
    return statement;
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw journalError(error);
    }
  }

  #write(work: () => void): void {
    try {
      this.#db.transaction(work).immediate();
      this.#failure = undefined;
    } catch (error) {
      const failure = journalError(error);
      if (failure.code !== 'bad_frame') this.#failure = failure;
      throw failure;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export interface JournalOptions {
  /** Milliseconds since the Unix epoch: names a journal that is set aside. */
  now?: number;
  /** Largest file in bytes; 2 GiB unless told. */
  maxBytes?: number;
  /** Told of a damaged journal that was set aside. */
  onSalvage?: (salvage: Salvage) => void;
}

/**
 * Opens or makes the journal. A damaged one is set aside and a new one made of what it still gives; `onSalvage` is told.
 * Throws AppError `journal_unavailable` or `journal_too_new`, without `onSalvage` also `journal_corrupt`.
 */
export function openJournal(file: string, { now = 0, maxBytes, onSalvage }: JournalOptions = {}): Journal {
  try {
    return new SqliteJournal(openJournalFile(file, maxBytes));
  } catch (error) {
    const failure = journalError(error);
    if (failure.code !== 'journal_corrupt' || !onSalvage) throw failure;
    const salvage = salvageJournal(file, now);
    const journal = new SqliteJournal(openJournalFile(file, maxBytes));
    journal.restore(salvage, now);
    onSalvage(salvage);
    return journal;
  }
}

/** A note of the journal in a file, as {@link Journal.note} gives it, while another program may have it open. Throws as {@link openJournal}. */
export const readNote = (file: string, name: string): string | undefined => readMeta(file, `${NOTE}${name}`);
