import { pino } from 'pino';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import type { ChangeBatch, MessageChange, MessagesDb, TailMemory } from '../../agent/messages-db/types.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';

/** What the agent's journal does for a tail: keeps memory and changes in one step. */
export class Keeper {
  memory: { cursor: string | null; entries: Map<string, string> } = { cursor: null, entries: new Map() };
  readonly changes: MessageChange[] = [];
  batches = 0;

  take(batch: ChangeBatch): void {
    this.batches += 1;
    this.changes.push(...batch.changes);
    this.memory.cursor = batch.memory.cursor;
    for (const key of batch.memory.forget) this.memory.entries.delete(key);
    for (const [key, value] of batch.memory.remember) this.memory.entries.set(key, value);
  }

  /** The memory as a new process would load it. */
  saved(): TailMemory {
    return { cursor: this.memory.cursor, entries: new Map(this.memory.entries) };
  }
}

export interface RunningTail {
  db: MessagesDb;
  /** As a crash: a batch that was given but not taken is lost to the keeper. */
  kill(): Promise<void>;
}

/** Reads changes into the keeper until killed. `crashAfter` batches are given of which the last is never taken. */
export function startTail(
  databasePath: string,
  keeper: Keeper,
  options: { clock?: Clock; crashAfter?: number } = {},
): RunningTail {
  const db = openMessagesDb({
    databasePath,
    memory: keeper.saved(),
    clock: options.clock ?? systemClock,
    logger: pino({ level: process.env.TEST_LOG ?? 'silent' }),
  });
  const stop = new AbortController();
  const run = (async () => {
    let given = 0;
    for await (const batch of db.changes(stop.signal)) {
      given += 1;
      if (given === options.crashAfter) return;
      keeper.take(batch);
    }
  })();
  return {
    db,
    async kill() {
      stop.abort();
      await run;
      db.close();
    },
  };
}
