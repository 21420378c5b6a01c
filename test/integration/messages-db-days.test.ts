import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** One thing that Messages, or the fate of the agent, does. `nth` picks among the rows that stand. */
type Step =
  | { do: 'receive' | 'send'; joined: boolean }
  | { do: 'join' | 'sent' | 'delivered' | 'read' | 'failed' | 'touch'; nth: number }
  | { do: 'restart'; losesBatch: boolean }
  | { do: 'checkpoint' }
  | { do: 'pause' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('receive', 'send'), joined: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('join', 'join', 'sent', 'delivered', 'read', 'failed', 'touch'),
      nth: fc.nat(1000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart'), losesBatch: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('checkpoint') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pause') }) },
) as fc.Arbitrary<Step>;

interface LedgerRow {
  guid: string;
  fromMe: boolean;
  joined: boolean;
  states: string[];
}

/** Plays a day and keeps the ledger of what happened in it. */
class Day {
  readonly file = path.join(tempFolder(), 'chat.db');
  readonly writer = new ChatDbWriter(this.file);
  readonly keeper = new Keeper();
  readonly rows: LedgerRow[] = [];
  #tail = startTail(this.file, this.keeper);
  #count = 0;

  async begin(): Promise<void> {
    await eventually(() => this.keeper.batches > 0);
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'receive':
      case 'send':
        this.#message(step.do === 'send', step.joined);
        return;
      case 'restart':
        await this.#tail.kill();
        if (step.losesBatch) {
          const losing = startTail(this.file, this.keeper, { crashAfter: 1 });
          await new Promise((resolve) => setImmediate(resolve));
          await losing.kill();
        }
        this.#tail = startTail(this.file, this.keeper);
        return;
      case 'checkpoint':
        this.writer.db.pragma('wal_checkpoint(TRUNCATE)');
        return;
      case 'pause':
        await new Promise((resolve) => setImmediate(resolve));
        return;
      default:
        this.#change(step.do, step.nth);
    }
  }

  async end(): Promise<void> {
    for (const row of this.rows) if (!row.joined) this.writer.join(row.guid, '+14155550101');
    const expected = this.rows.reduce((sum, row) => sum + (row.fromMe ? row.states.length : 1), 0);
    await eventually(() => this.keeper.changes.length >= expected, { what: 'the day', within: 5_000 });
    this.writer.message({ from: '+14155550109', text: 'the end' });
    this.writer.join(
      this.writer.db
        .prepare<[], string>('SELECT guid FROM message ORDER BY ROWID DESC')
        .pluck()
        .get() as string,
      '+14155550109',
    );
    await eventually(() =>
      this.keeper.changes.some((change) => change.kind === 'received' && change.text === 'the end'),
    );
    await this.#tail.kill();
    this.writer.close();
  }

  #message(fromMe: boolean, joined: boolean): void {
    this.#count += 1;
    const handle = `+1415555010${1 + (this.#count % 5)}`;
    const guid = this.writer.message({ from: handle, fromMe, text: `message ${this.#count}` });
    if (joined) this.writer.join(guid, handle);
    this.rows.push({ guid, fromMe, joined, states: [] });
  }

  #change(what: 'join' | 'sent' | 'delivered' | 'read' | 'failed' | 'touch', nth: number): void {
    const among = this.rows.filter((row) => (what === 'join' ? !row.joined : row.fromMe || what === 'touch'));
    const row = among[nth % Math.max(1, among.length)];
    if (!row) return;
    if (what === 'join') {
      this.writer.join(row.guid, '+14155550101');
      row.joined = true;
    } else if (what === 'touch') {
      this.writer.update(row.guid, { index_state: nth });
    } else if (what === 'failed') {
      if (row.states.length > 0) return;
      this.writer.failed(row.guid);
      row.states.push('failed');
    } else if (!row.states.includes('failed')) {
      this.writer[what](row.guid);
      const order = ['sent', 'delivered', 'read'];
      for (const state of order.slice(0, order.indexOf(what) + 1)) {
        if (!row.states.includes(state)) row.states.push(state);
      }
    }
  }
}

test('random days with late joins, changes in place and crashes are told exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const day = new Day();
      onTestFinished(() => day.writer.close());
      await day.begin();
      for (const each of steps) await day.take(each);
      await day.end();
      const received = day.keeper.changes.flatMap((change) =>
        change.kind === 'received' && change.text !== 'the end' ? [change.guid] : [],
      );
      const inbound = day.rows.filter((row) => !row.fromMe).map((row) => row.guid);
      expect([...received].sort()).toEqual([...inbound].sort());
      for (const row of day.rows.filter(({ fromMe }) => fromMe)) {
        const told = day.keeper.changes.flatMap((change) =>
          change.kind === 'own-state' && change.guid === row.guid ? [change.state] : [],
        );
        expect(told).toEqual(row.states);
      }
    }),
    {
      numRuns: Number(process.env.DAYS ?? 25),
      seed: Number(process.env.DAYS_SEED ?? 20260101),
      endOnFailure: true,
    },
  );
}, 300_000);
