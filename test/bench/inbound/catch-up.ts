import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { openMessagesDb } from '../../../agent/messages-db/messages-db.ts';
import type { ChangeBatch } from '../../../agent/messages-db/types.ts';
import { openMessagesStore } from '../../../agent/virtual-mac/messages-store.ts';
import { type Clock, systemClock } from '../../../bridge/runtime/clock.ts';
import { silentLogger } from '../../support/agent-fixtures.ts';
import { round } from './figures.ts';
import { monotonicMs } from './monotonic.ts';
import { LINE } from './world.ts';

/** What the tail reads of a plain message. */
const COLUMNS = `m.ROWID AS rowid, m.guid, m.text, m.attributedBody, m.service, m.is_from_me, m.date / 1000000 AS date,
  m.item_type, m.associated_message_type, m.associated_message_guid, m.balloon_bundle_id, m.cache_has_attachments,
  m.destination_caller_id, m.account, h.id AS sender, c.style, c.chat_identifier, c.is_filtered,
  c.last_addressed_handle`;

const DAY_MS = 24 * 3_600_000;
const AT_ONCE = 2_000;

export interface CatchUp {
  rows: number;
  told: number;
  /** Of the fastest round, by the wall clock. */
  rowsPerSecond: number;
  /** A bare SELECT of the same columns in the same order, of its fastest round. */
  bareRowsPerSecond: number;
  /** Ours to the bare one by the time that a processor spent, which other work on the machine does not change. */
  share: number;
}

/** What a round took, in milliseconds: by the wall clock, and of processors. */
interface Took {
  wall: number;
  cpu: number;
}

const ROUNDS = 3;

/** How fast rows of three days are told that were written while nobody looked, from the file to batches of changes. */
export async function catchUp(rows: number): Promise<CatchUp> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-bench-'));
  const store = openMessagesStore({ home, macos: '26', line: LINE, clock: systemClock });
  try {
    const left = Date.now() - 3 * DAY_MS;
    const memory = { cursor: '', entries: new Map<string, string>() };
    await read(store.databasePath, { cursor: null, entries: new Map() }, at(left), (batch) => {
      memory.cursor = batch.memory.cursor;
      for (const [key, value] of batch.memory.remember) memory.entries.set(key, value);
      return true;
    });
    for (let begun = 0; begun < rows; begun += AT_ONCE)
      store.backfill(
        Array.from({ length: Math.min(AT_ONCE, rows - begun) }, (_, index) => {
          const handle = `+1415555${1000 + ((begun + index) % 100)}`;
          const date = left + Math.floor(((begun + index + 1) / rows) * 3 * DAY_MS);
          return {
            chat: { handle },
            sender: { handle },
            parts: [{ kind: 'text', text: `message ${begun + index}, of some words as people write them` }],
            at: date,
          };
        }),
      );
    let told = 0;
    const [ours, bares]: [Took[], Took[]] = [[], []];
    for (let nth = 0; nth < ROUNDS; nth += 1) {
      bares.push(await timed(() => bare(store.databasePath)));
      told = 0;
      ours.push(
        await timed(() =>
          read(store.databasePath, memory, systemClock, (batch) => {
            told += batch.changes.length;
            return told >= rows || batch.changes.length === 0;
          }),
        ),
      );
    }
    const [fastest, bareFastest] = [fastestOf(ours), fastestOf(bares)];
    return {
      rows,
      told,
      rowsPerSecond: Math.round((told / fastest.wall) * 1_000),
      bareRowsPerSecond: Math.round((rows / bareFastest.wall) * 1_000),
      share: round(bareFastest.cpu / fastest.cpu, 3),
    };
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function timed(work: () => void | Promise<void>): Promise<Took> {
  const [begun, before] = [monotonicMs(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: monotonicMs() - begun, cpu: (user + system) / 1_000 };
}

const fastestOf = (rounds: readonly Took[]): Took => ({
  wall: Math.min(...rounds.map(({ wall }) => wall)),
  cpu: Math.min(...rounds.map(({ cpu }) => cpu)),
});

const at = (now: number): Clock => ({ ...systemClock, now: () => now });

/** Reads batches until `enough` says so. */
async function read(
  databasePath: string,
  memory: { cursor: string | null; entries: ReadonlyMap<string, string> },
  clock: Clock,
  enough: (batch: ChangeBatch) => boolean,
): Promise<void> {
  const stop = new AbortController();
  const db = openMessagesDb({ databasePath, memory, clock, logger: silentLogger });
  const deadline = setTimeout(() => stop.abort(), 300_000);
  let done = false;
  for await (const batch of db.changes(stop.signal)) {
    if (!done && enough(batch)) {
      done = true;
      break;
    }
  }
  clearTimeout(deadline);
  stop.abort();
  db.close();
}

/** Selects all rows. */
function bare(databasePath: string): void {
  const db = new Database(databasePath, { readonly: true });
  const select = db.prepare<[number, number], { rowid: number }>(
    `SELECT ${COLUMNS} FROM message m
     LEFT JOIN handle h ON h.ROWID = m.handle_id
     LEFT JOIN chat c ON c.ROWID =
       (SELECT chat_id FROM chat_message_join WHERE message_id = m.ROWID ORDER BY chat_id LIMIT 1)
     WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`,
  );
  let last = 0;
  for (;;) {
    const rows = select.all(last, 500);
    const end = rows.at(-1);
    if (!end) break;
    last = end.rowid;
  }
  db.close();
}
