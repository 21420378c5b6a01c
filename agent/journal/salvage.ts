import { readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { type Command, commandSchema } from '../../bridge/protocol/commands.ts';
import { type AgentEvent, agentEventSchema } from '../../bridge/protocol/events.ts';
import type { JournalChange, Proof } from './types.ts';

/** Before the names of notes in the table of single values. */
export const NOTE = 'note.';

/** What could be read of a damaged journal. */
export interface Salvage {
  /** Where the file was put. */
  file: string;
  commandAck: number;
  tailCursor: string | null;
  tailEntries: Array<readonly [key: string, value: string]>;
  events: AgentEvent[];
  /** Commands without a known end. Any of them may have been acted on: the newest steps may be what was lost. */
  open: Array<{
    seq: number;
    command: Command;
    updatedAt: number;
    expiresAt: number;
    highWater: number | null;
  }>;
  /** Rows that proved what had ended: no other command may claim them, and what becomes of them is still told. */
  proofs: EndedProof[];
  /** Highest mark of chat.db before any act that can be read. */
  highWater: number;
  /** What caps and the health of the line go by: a line that forgot it would send too much. */
  line: Required<Pick<JournalChange, 'sent' | 'received' | 'contacts' | 'notes'>>;
}

/** A row of chat.db that proved an act of a command that had ended. */
export type EndedProof = { guid: string; seq: number; updatedAt: number } & Proof;

const pairSchema = z.tuple([z.string(), z.string()]);
const openSchema = z.tuple([z.int(), z.string(), z.number(), z.number(), z.int().nullable()]);

const proofSchema = z.tuple([z.string(), z.string(), z.enum(['all', 'failed', 'none']), z.int(), z.number()]);

const time = z.int().min(0);
const sentSchema = z.tuple([time, z.string(), z.int(), z.string(), z.enum(['new', 'follow_up', 'reply'])]);
const receivedSchema = z.tuple([time, z.string()]);
const contactSchema = z.tuple([z.string(), time.nullable(), time.nullable()]);

type Rows = (sql: string) => unknown[][];

/**
 * Sets a damaged journal aside, as `<file>.damaged-<now>`, and reads what it still gives. What cannot be read is left
 * out: the bridge drops events that it has, and chat.db tells what became of commands.
 */
export function salvageJournal(file: string, now: number): Salvage {
  const aside = `${file}.damaged-${now}`;
  // The file before its WAL: SQLite throws away a WAL without its database, but would play one into a new database.
  for (const suffix of ['', '-wal', '-shm']) rename(file + suffix, aside + suffix);
  const rows = rowsOf(aside);
  const meta = new Map(pairs(rows, 'SELECT name, value FROM meta'));
  const marks = rows('SELECT high_water FROM command WHERE high_water IS NOT NULL').flat();
  return {
    file: aside,
    commandAck: Number(meta.get('commandAck')) || 0,
    tailCursor: meta.get('tailCursor') ?? null,
    tailEntries: pairs(rows, 'SELECT key, value FROM tail_entry'),
    events: rows('SELECT body FROM event ORDER BY seq').flatMap(([body]) => {
      const event = agentEventSchema.safeParse(json(body));
      return event.success ? [event.data] : [];
    }),
    open: openCommands(rows),
    proofs: endedProofs(rows),
    highWater: marks.reduce<number>((highest, mark) => Math.max(highest, Number(mark) || 0), 0),
    line: lineRecords(rows, meta),
  };
}

/** Removes damaged journals that were set aside before a time, in milliseconds since the Unix epoch: they hold texts. */
export function sweepDamaged(file: string, before: number): void {
  const folder = path.dirname(file);
  const aside = new RegExp(
    `^${path.basename(file).replaceAll('.', '\\.')}\\.damaged-(\\d{1,15})(-wal|-shm)?$`,
  );
  for (const name of readdirSync(folder)) {
    const [, at] = aside.exec(name) ?? [];
    if (at !== undefined && Number(at) < before) rmSync(path.join(folder, name), { force: true });
  }
}

function lineRecords(rows: Rows, meta: ReadonlyMap<string, string>): Salvage['line'] {
  const read = <T>(schema: z.ZodType<T>, sql: string): T[] =>
    rows(sql).flatMap((row) => {
      const parsed = schema.safeParse(row);
      return parsed.success ? [parsed.data] : [];
    });
  const notes = [...meta].filter(([name]) => name.startsWith(NOTE));
  return {
    sent: read(sentSchema, 'SELECT at, command_id, part, conversation, kind FROM sent').map(
      ([at, commandId, part, conversation, kind]) => ({ at, commandId, part, conversation, kind }),
    ),
    received: read(receivedSchema, 'SELECT at, conversation FROM received').map(([at, conversation]) => ({
      at,
      conversation,
    })),
    contacts: read(contactSchema, 'SELECT conversation, last_in_at, last_out_at FROM contact').map(
      ([conversation, lastInAt, lastOutAt]) => ({ conversation, lastInAt, lastOutAt }),
    ),
    notes: Object.fromEntries(notes.map(([name, value]) => [name.slice(NOTE.length), value])),
  };
}

const pairs = (rows: Rows, sql: string): Array<[string, string]> =>
  rows(sql).flatMap((row) => {
    const pair = pairSchema.safeParse(row);
    return pair.success ? [pair.data] : [];
  });

function openCommands(rows: Rows): Salvage['open'] {
  const found = rows(
    `SELECT seq, body, updated_at, expires_at, high_water FROM command
     WHERE state NOT IN ('done', 'failed', 'cancelled') AND body IS NOT NULL ORDER BY seq`,
  );
  return found.flatMap((row) => {
    const read = openSchema.safeParse(row);
    if (!read.success) return [];
    const [seq, body, updatedAt, expiresAt, highWater] = read.data;
    const command = commandSchema.safeParse(json(body));
    return command.success ? [{ seq, command: command.data, updatedAt, expiresAt, highWater }] : [];
  });
}

function endedProofs(rows: Rows): EndedProof[] {
  const found = rows(
    `SELECT p.guid, p.command_id, p.tells, c.seq, c.updated_at FROM proof p JOIN command c ON c.id = p.command_id
     WHERE c.state IN ('done', 'failed', 'cancelled')`,
  );
  return found.flatMap((row) => {
    const read = proofSchema.safeParse(row);
    if (!read.success) return [];
    const [guid, commandId, tells, seq, updatedAt] = read.data;
    return [{ guid, commandId, tells, seq, updatedAt }];
  });
}

/** Reads rows as far as the file gives them. */
function rowsOf(file: string): Rows {
  return (sql) => {
    const found: unknown[][] = [];
    let db: Database.Database | undefined;
    try {
      db = new Database(file, { readonly: true });
      for (const row of db.prepare(sql).raw().iterate()) found.push(row as unknown[]);
    } catch (error) {
      // A damaged file gives some rows, then an error: the rows before it are what can be saved.
      if (!(error instanceof Database.SqliteError)) throw error;
    } finally {
      db?.close();
    }
    return found;
  };
}

function json(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
