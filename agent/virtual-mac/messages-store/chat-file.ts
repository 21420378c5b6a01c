import type Database from 'better-sqlite3';
import { AppError } from '../../../bridge/runtime/app-error.ts';

/** A value that SQLite can hold; times are BigInt, since nanoseconds since 2001 are beyond exact numbers. */
export type Cell = string | number | bigint | Buffer | null;
export type Row = Readonly<Record<string, Cell>>;

/**
 * A database that is written by the names of columns, leaving out those that its tables lack, so that one way of
 * writing a row serves every release. The file under it can be replaced while it is in use.
 */
export class ChatFile {
  #db: Database.Database;
  readonly #columns = new Map<string, ReadonlySet<string>>();
  readonly #statements = new Map<string, Database.Statement<Cell[]>>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** @throws AppError `database_away` while there is no file. */
  get db(): Database.Database {
    if (this.#db.open) return this.#db;
    throw new AppError('The database of the virtual Mac is not there.', {
      code: 'database_away',
      retry: 'later',
      hint: 'Restore the database, or open the store again.',
    });
  }

  close(): void {
    this.#db.close();
  }

  /** @throws AppError `unsupported_release` when the table lacks the column. */
  needs(table: string, column: string): void {
    if (this.columns(table).has(column)) return;
    throw new AppError(`This release of macOS has no ${table}.${column}.`, {
      code: 'unsupported_release',
      retry: 'never',
      hint: 'Use a virtual Mac of a newer release.',
    });
  }

  /** Goes on with another connection; the caller has closed the old one. */
  use(db: Database.Database): void {
    this.#db = db;
    this.forgetSchema();
  }

  /** After tables gained or lost columns. */
  forgetSchema(): void {
    this.#columns.clear();
    this.#statements.clear();
  }

  /** Names of a table's columns; empty when there is no such table. */
  columns(table: string): ReadonlySet<string> {
    let names = this.#columns.get(table);
    if (!names) {
      const found = this.db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)');
      names = new Set(found.all(table).map((column) => column.name));
      this.#columns.set(table, names);
    }
    return names;
  }

  has(table: string): boolean {
    return this.columns(table).size > 0;
  }

  /** Runs `work` as one transaction that holds the write lock from its beginning. */
  write<T>(work: () => T): T {
    if (this.db.inTransaction) return work();
    return this.db.transaction(work).immediate();
  }

  /** Inserts a row and returns its ROWID. */
  insert(table: string, row: Row): number {
    const entries = this.#known(table, row);
    const names = entries.map(([name]) => name).join(', ');
    const marks = entries.map(() => '?').join(', ');
    const statement = this.#prepared(`INSERT INTO ${table} (${names}) VALUES (${marks})`);
    return Number(statement.run(...entries.map(([, cell]) => cell)).lastInsertRowid);
  }

  /** Sets columns of the rows whose columns equal `where`, and returns how many rows there were. */
  update(table: string, changes: Row, where: Row): number {
    const entries = this.#known(table, changes);
    const conditions = Object.entries(where);
    if (entries.length === 0) return this.get(table, ['1 AS one'], where) ? 1 : 0;
    const sets = entries.map(([name]) => `${name} = ?`).join(', ');
    const tests = conditions.map(([name]) => `${name} = ?`).join(' AND ');
    const statement = this.#prepared(`UPDATE ${table} SET ${sets} WHERE ${tests}`);
    return statement.run(...[...entries, ...conditions].map(([, cell]) => cell)).changes;
  }

  remove(table: string, where: Row): number {
    const conditions = Object.entries(where);
    const tests = conditions.map(([name]) => `${name} = ?`).join(' AND ');
    return this.#prepared(`DELETE FROM ${table} WHERE ${tests}`).run(...conditions.map(([, cell]) => cell))
      .changes;
  }

  /** Columns (SQL) of the first row whose columns equal `where`. Integers beyond 2^53 need a cast to text. */
  get<T>(table: string, columns: readonly string[], where: Row): T | undefined {
    const conditions = Object.entries(where);
    const tests = conditions.map(([name]) => `${name} = ?`).join(' AND ');
    return this.first<T>(
      `SELECT ${columns.join(', ')} FROM ${table} WHERE ${tests} LIMIT 1`,
      ...conditions.map(([, cell]) => cell),
    );
  }

  first<T>(sql: string, ...cells: Cell[]): T | undefined {
    return this.#prepared(sql).get(...cells) as T | undefined;
  }

  all<T>(sql: string, ...cells: Cell[]): T[] {
    return this.#prepared(sql).all(...cells) as T[];
  }

  #known(table: string, row: Row): [string, Cell][] {
    const columns = this.columns(table);
    return Object.entries(row).filter(([name]) => columns.has(name));
  }

  #prepared(sql: string): Database.Statement<Cell[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.db.prepare<Cell[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
