import path from 'node:path';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { isBusy } from '../apple-db/apple-db.ts';
import { DatabaseWatch, type News } from '../apple-db/watch.ts';
import { textOf } from './body.ts';
import type { Connection } from './connection.ts';
import { accessError, connect } from './connection.ts';
import { chatOf, dateOf, serviceOf } from './message-row.ts';
import { Tail } from './tail.ts';
import { DurableMemory } from './tail-memory.ts';
import type { ChangeBatch, MessagesDb, OwnRow, TailMemory } from './types.ts';

/** Outgoing rows that one question may return. */
const OWN_ROWS_LIMIT = 500;
/** How often the files themselves are compared with those that are open. */
const FILES_MS = 500;
/** Longest time that news may wait of which no event of the file system tells. */
const SLOWEST_MS = 500;
/** Pause after the database could not be opened or read. */
const RETRY_MS = 500;
/** Pause while another process holds a lock. */
const BUSY_MS = 20;

export interface MessagesDbOptions {
  /** chat.db itself; neither it nor its folder need be there yet. */
  databasePath: string;
  /** What the keeper saved last; empty on the very first start. */
  memory: TailMemory;
  /** Own addresses that are known beforehand; others are learned from the rows. */
  ownHandles?: readonly string[];
  clock: Clock;
  logger: Logger;
}

/** Opens chat.db for reading, now or as soon as it can be. Never throws because of its state. */
export function openMessagesDb(options: MessagesDbOptions): MessagesDb {
  return new FileMessagesDb(options);
}

class FileMessagesDb implements MessagesDb {
  readonly #options: MessagesDbOptions;
  readonly #watch: DatabaseWatch;
  readonly #memory: DurableMemory;
  #connection: Connection | undefined;
  /** The connection whose files are watched: another one may stand on other files. */
  #watched: Connection | undefined;
  #filesCheckedAt = -Infinity;
  #seenVersion = -1;
  #trouble: string | undefined;
  #tailBroken = false;
  #closed = false;

  constructor(options: MessagesDbOptions) {
    this.#options = options;
    this.#memory = new DurableMemory(options.memory);
    const { databasePath, clock, logger } = options;
    this.#watch = new DatabaseWatch({
      databasePath,
      clock,
      slowestMs: SLOWEST_MS,
      onTrouble: (error) =>
        logger.warn({ code: accessError(error).code }, 'cannot watch chat.db; polling goes on'),
    });
  }

  highWater(): number {
    return this.#query((db) => db.highWater());
  }

  ownRowsAfter(rowid: number): OwnRow[] {
    const rows = this.#query((db) => db.ownAfter(rowid, OWN_ROWS_LIMIT));
    return rows.map((row) => ({
      rowid: row.rowid,
      guid: row.guid,
      chat: chatOf(row),
      service: serviceOf(row),
      text: textOf(row) ?? '',
      at: dateOf(row) ?? this.#options.clock.now(),
      error: row.error ?? 0,
    }));
  }

  ownHandle(): string | null {
    try {
      return this.#query((db) => db.ownAddresses())[0] ?? null;
    } catch (error) {
      this.#troubled(accessError(error));
      return null;
    }
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch, void, undefined> {
    const { clock } = this.#options;
    let tail = this.#newTail();
    try {
      while (!signal.aborted && !this.#closed) {
        const batch = this.#nextBatch(tail);
        if (batch === 'busy' || batch === 'unreadable') {
          if (this.#tailBroken) tail = this.#newTail();
          await clock.sleep(batch === 'busy' ? BUSY_MS : RETRY_MS, signal);
        } else if (batch) {
          yield batch;
          this.#memory.apply(batch.memory);
          tail.taken();
        } else if (tail.more) {
          await clock.sleep(0, signal);
        } else {
          await this.#wait(tail, signal);
        }
      }
    } finally {
      await this.#watch.renew();
    }
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  /** A tail that goes on from what is durable. `~` is the folder that Library/Messages lies in. */
  #newTail(): Tail {
    const home = path.resolve(path.dirname(this.#options.databasePath), '..', '..');
    return new Tail(this.#memory, home, this.#options.ownHandles ?? []);
  }

  #nextBatch(tail: Tail): ChangeBatch | 'busy' | 'unreadable' | null {
    try {
      this.#tailBroken = false;
      const db = this.#connected();
      this.#tailBroken = true;
      const version = db.dataVersion();
      const batch = tail.next(db, this.#options.clock.now(), version !== this.#seenVersion);
      this.#seenVersion = version;
      this.#untroubled();
      return batch;
    } catch (error) {
      if (isBusy(error)) return 'busy';
      this.#disconnect();
      const trouble = accessError(error);
      this.#troubled(trouble);
      const start = trouble.code === 'messages_db_missing' && tail.beginBeforeFile(this.#options.clock.now());
      return start || 'unreadable';
    }
  }

  async #wait(tail: Tail, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (this.#watched !== this.#connection) await this.#watch.renew();
    this.#watched = this.#connection;
    await this.#watch.wait({
      news: () => this.#news(tail),
      due: () => tail.due,
      eager: () => tail.isEager(clock.now()),
      signal,
    });
  }

  /** Whether looking again can find anything: a commit, other files, a held row that fell due, or trouble. */
  #news(tail: Tail): News {
    const db = this.#connection;
    if (this.#closed || !db) return 'other';
    const now = this.#options.clock.now();
    try {
      if (db.dataVersion() !== this.#seenVersion) return 'commit';
      if (tail.due <= now) return 'other';
      tail.idle(now);
      if (Math.abs(now - this.#filesCheckedAt) < FILES_MS) return undefined;
      this.#filesCheckedAt = now;
      if (db.isCurrent()) return undefined;
      this.#options.logger.info('chat.db, its WAL or its schema was replaced; opening it again');
      this.#disconnect();
      return 'other';
    } catch (error) {
      if (isBusy(error)) return undefined;
      this.#disconnect();
      this.#troubled(accessError(error));
      return 'other';
    }
  }

  #query<T>(ask: (db: Connection) => T): T {
    try {
      return ask(this.#connected());
    } catch (error) {
      if (!isBusy(error)) this.#disconnect();
      throw accessError(error);
    }
  }

  #connected(): Connection {
    if (this.#closed) {
      throw new AppError('chat.db is closed', { code: 'messages_db_closed', retry: 'never' });
    }
    this.#connection ??= connect(this.#options.databasePath);
    return this.#connection;
  }

  #disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #troubled(error: AppError): void {
    if (this.#trouble === error.code) return;
    this.#trouble = error.code;
    const line = { code: error.code, hint: error.hint, ...error.details };
    if (error.code === 'messages_db_missing') this.#options.logger.info(line, 'waiting for chat.db');
    else this.#options.logger.warn(line, 'chat.db cannot be read; trying again');
  }

  #untroubled(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.logger.info('chat.db is readable');
  }
}
