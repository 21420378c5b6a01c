import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import type { MacosRelease, MessagesDisk } from '../types.ts';
import type { ChatFile } from './chat-file.ts';
import { lockMessagesDatabase, messagesDatabasePath, openMessagesDatabase, toRollbackMode } from './files.ts';
import { rebuildDatabase } from './rebuild.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DECLARATION = /^[A-Za-z0-9_ ()']*$/;

/**
 * Changes the files under a store. A reader that still holds a connection from before stays in the past: it sees the
 * new -wal or file only after it has closed every connection to the old one and opened another, since SQLite shares
 * what it knows of a file between all connections of a process. For the same reason such readers must be other
 * processes than the store's.
 */
export class Disk implements MessagesDisk {
  readonly #file: ChatFile;
  readonly #home: string;
  readonly #macos: MacosRelease;
  readonly #path: string;
  #locked = false;

  constructor(file: ChatFile, home: string, macos: MacosRelease) {
    this.#file = file;
    this.#home = home;
    this.#macos = macos;
    this.#path = messagesDatabasePath(home);
  }

  swapWal(): void {
    this.#putAside();
    this.#reopen();
  }

  rebuild({ dropOldest = 0 }: { dropOldest?: number } = {}): void {
    this.#putAside();
    const old = `${this.#path}.old`;
    renameSync(this.#path, old);
    const fresh = openMessagesDatabase(this.#home, this.#macos);
    try {
      rebuildDatabase(fresh, old, dropOldest);
    } finally {
      fresh.close();
      rmSync(old, { force: true });
    }
    this.#reopen();
  }

  takeAway(): void {
    this.#putAside();
    renameSync(this.#path, this.#awayPath);
  }

  restoreHalf(how: 'half' | 'empty' | 'garbage' = 'half'): void {
    const whole = readFileSync(this.#awayPath);
    const size = how === 'empty' ? 0 : Math.floor(whole.length / 2);
    writeFileSync(this.#path, how === 'garbage' ? randomBytes(size) : whole.subarray(0, size), {
      mode: 0o600,
    });
  }

  restore(how: 'moved' | 'copied' = 'moved'): void {
    if (how === 'moved') renameSync(this.#awayPath, this.#path);
    else {
      copyFileSync(this.#awayPath, this.#path);
      rmSync(this.#awayPath);
    }
    // A reader that looked meanwhile may have made these for the file that stood there.
    this.#removeBeside();
    this.#reopen();
  }

  lock(): void {
    this.#putAside();
    const copy = `${this.#path}.copy`;
    copyFileSync(this.#path, copy);
    toRollbackMode(copy);
    renameSync(copy, this.#path);
    this.#file.use(lockMessagesDatabase(this.#home));
    this.#locked = true;
  }

  unlock(): void {
    if (!this.#locked) return;
    this.#putAside();
    this.#reopen();
  }

  get readable(): boolean {
    return !this.#locked && !existsSync(this.#awayPath);
  }

  addColumn(table: string, name: string, declaration: string): void {
    if (!NAME.test(table) || !NAME.test(name) || !DECLARATION.test(declaration)) throw badName();
    this.#file.db.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${declaration}`);
    this.#file.forgetSchema();
  }

  dropColumn(table: string, name: string): void {
    if (!NAME.test(table) || !NAME.test(name)) throw badName();
    this.#file.db.exec(`ALTER TABLE ${table} DROP COLUMN ${name}`);
    this.#file.forgetSchema();
  }

  get #awayPath(): string {
    return `${this.#path}.away`;
  }

  /** Folds -wal into the file, closes it and removes what stands beside it, also when a reader still holds that. */
  #putAside(): void {
    const [result] = this.#file.db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (result?.busy !== 0) {
      throw new AppError('A reader holds the database of the virtual Mac.', {
        code: 'database_busy',
        retry: 'later',
        hint: 'End the read transaction, then try again.',
      });
    }
    this.#file.close();
    this.#locked = false;
    this.#removeBeside();
  }

  #removeBeside(): void {
    for (const suffix of ['-wal', '-shm']) rmSync(this.#path + suffix, { force: true });
  }

  #reopen(): void {
    this.#file.use(openMessagesDatabase(this.#home, this.#macos));
  }
}

const badName = (): AppError =>
  new AppError('This is no name of a table or column.', {
    code: 'invalid_request',
    retry: 'never',
    hint: 'Use letters, digits and underscores.',
  });
