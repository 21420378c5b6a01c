import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { RunningTail } from '../support/tail-reader.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANNA = '+14155550101';
const BEN = '+14155550102';

function fixture() {
  const file = path.join(tempFolder(), 'Messages', 'chat.db');
  const keeper = new Keeper();
  const open: { close(): void }[] = [];
  const tails: RunningTail[] = [];
  onTestFinished(async () => {
    for (const tail of tails) await tail.kill();
    for (const each of open) each.close();
  });
  return {
    file,
    keeper,
    writer(at = file) {
      const writer = new ChatDbWriter(at);
      open.push(writer);
      return writer;
    },
    async start(options: Parameters<typeof startTail>[2] = {}) {
      const batches = keeper.batches;
      const fresh = keeper.memory.cursor === null;
      const tail = startTail(file, keeper, options);
      tails.push(tail);
      if (fresh) await eventually(() => keeper.batches > batches, { what: 'the first place of the tail' });
      return tail;
    },
    texts: () => keeper.changes.flatMap((change) => (change.kind === 'received' ? [change.text] : [])),
    states: (guid: string) =>
      keeper.changes.flatMap((change) =>
        change.kind === 'own-state' && change.guid === guid ? [change.state] : [],
      ),
  };
}

describe('inbound', () => {
  test('a fresh tail tells nothing of what was there, and everything that comes after', async () => {
    const { writer, start, texts, keeper } = fixture();
    const messages = writer();
    messages.receive(ANNA, 'history');
    await start();
    messages.receive(ANNA, 'one');
    messages.receive(BEN, 'two', 'chat123');
    await eventually(() => texts().length === 2);
    expect(keeper.changes).toMatchObject([
      {
        kind: 'received',
        chat: { kind: 'direct', identifier: ANNA },
        from: ANNA,
        line: '+14155550100',
        service: 'iMessage',
        text: 'one',
      },
      { kind: 'received', chat: { kind: 'group', identifier: 'chat123' }, from: BEN, text: 'two' },
    ]);
  });

  test('a row whose join lands later is told once, with its chat', async () => {
    const { writer, start, texts, keeper } = fixture();
    const messages = writer();
    await start();
    const guid = messages.message({ from: ANNA, text: 'late join' });
    const other = messages.receive(BEN, 'not held up');
    await eventually(() => texts().length === 1);
    messages.join(guid, ANNA);
    await eventually(() => texts().length === 2);
    messages.update(guid, { index_state: 1 });
    messages.receive(BEN, 'last');
    await eventually(() => texts().includes('last'));
    expect(texts()).toEqual(['not held up', 'late join', 'last']);
    expect(keeper.changes[0]).toMatchObject({ guid: other });
    expect(keeper.changes[1]).toMatchObject({ guid, chat: { identifier: ANNA } });
  });

  test('a row that is never joined is told without a chat after ten seconds', async () => {
    const { writer, start, texts, keeper, file } = fixture();
    const clock = new ManualClock(Date.now());
    const messages = writer();
    const tail = startTail(file, keeper, { clock });
    onTestFinished(() => tail.kill());
    await eventually(() => keeper.batches === 1);
    messages.message({ from: ANNA, text: 'orphan' });
    await clock.advance(9_000);
    expect(texts()).toEqual([]);
    await clock.advance(2_000);
    await eventually(() => texts().length === 1);
    expect(keeper.changes[0]).toMatchObject({ chat: null, from: ANNA, text: 'orphan' });
    await start;
  });

  test('tapbacks, notices and rows to be sent later are no messages', async () => {
    const { writer, start, texts } = fixture();
    const messages = writer();
    await start();
    messages.receive(ANNA, 'Loved “hi”', ANNA, { columns: { associated_message_type: 2000 } });
    messages.receive(ANNA, 'notice', ANNA, { columns: { item_type: 2 } });
    messages.send(ANNA, 'later', { columns: { schedule_type: 2, schedule_state: 1 } });
    messages.receive(ANNA, 'message');
    await eventually(() => texts().length > 0);
    expect(texts()).toEqual(['message']);
  });

  test('the text column is used where the body cannot be read', async () => {
    const { writer, start, texts } = fixture();
    const messages = writer();
    await start();
    messages.receive(ANNA, 'x', ANNA, { columns: { text: 'copy', attributedBody: Buffer.from('broken') } });
    messages.receive(ANNA, 'body', ANNA, { columns: { text: 'stale' } });
    await eventually(() => texts().length === 2);
    expect(texts()).toEqual(['copy', 'body']);
  });
});

describe('states of own rows', () => {
  test('each is told once, as it comes', async () => {
    const { writer, start, states, keeper } = fixture();
    const messages = writer();
    await start();
    const guid = messages.send(ANNA, 'mine');
    for (const [step, state] of [
      ['sent', 'sent'],
      ['delivered', 'delivered'],
      ['read', 'read'],
    ] as const) {
      messages[step](guid);
      await eventually(() => states(guid).at(-1) === state);
    }
    expect(states(guid)).toEqual(['sent', 'delivered', 'read']);
    expect(keeper.changes.every((change) => change.kind === 'own-state')).toBe(true);
  });

  test('a row that is read when first seen is told sent, delivered and read', async () => {
    const { writer, start, states } = fixture();
    const messages = writer();
    const tail = await start();
    await tail.kill();
    const guid = messages.send(ANNA, 'mine');
    messages.sent(guid);
    messages.delivered(guid);
    messages.read(guid);
    await start();
    await eventually(() => states(guid).length === 3);
    expect(states(guid)).toEqual(['sent', 'delivered', 'read']);
  });

  test('failed is told alone, with the number of Apple', async () => {
    const { writer, start, states, keeper } = fixture();
    const messages = writer();
    await start();
    const guid = messages.send(ANNA, 'mine');
    messages.update(guid, { error: 22, is_sent: 1 });
    await eventually(() => states(guid).length === 1);
    expect(keeper.changes).toMatchObject([{ state: 'failed', error: 22 }]);
  });

  test('a row to be sent later is not sent before its time', async () => {
    const { writer, start, states } = fixture();
    const messages = writer();
    await start();
    const later = messages.send(ANNA, 'later', {
      columns: { schedule_type: 2, schedule_state: 1, is_sent: 1 },
    });
    const now = messages.send(ANNA, 'now', { columns: { is_sent: 1 } });
    await eventually(() => states(now).length === 1);
    expect(states(later)).toEqual([]);
    messages.update(later, { schedule_state: 2 });
    await eventually(() => states(later).length === 1);
  });

  test('delivered and read say nothing in a group', async () => {
    const { writer, start, states } = fixture();
    const messages = writer();
    await start();
    const guid = messages.send('chat9', 'all', { columns: { is_sent: 1, is_delivered: 1, is_read: 1 } });
    const direct = messages.send(ANNA, 'one', { columns: { is_sent: 1, is_delivered: 1 } });
    await eventually(() => states(direct).length === 2);
    expect(states(guid)).toEqual(['sent']);
  });
});

describe('restart', () => {
  test('what came while the agent was away is told once, and nothing again', async () => {
    const { writer, start, texts, states } = fixture();
    const messages = writer();
    const first = await start();
    messages.receive(ANNA, 'one');
    const guid = messages.send(ANNA, 'mine');
    messages.sent(guid);
    await eventually(() => texts().length === 1 && states(guid).length === 1);
    await first.kill();
    messages.receive(ANNA, 'two');
    messages.delivered(guid);
    await start();
    await eventually(() => texts().length === 2 && states(guid).length === 2);
    expect(texts()).toEqual(['one', 'two']);
    expect(states(guid)).toEqual(['sent', 'delivered']);
  });

  test('a batch that was not taken is told again', async () => {
    const { writer, start, texts } = fixture();
    const messages = writer();
    const first = await start();
    await first.kill();
    messages.receive(ANNA, 'one');
    const second = await start({ crashAfter: 1 });
    await second.kill();
    expect(texts()).toEqual([]);
    await start();
    await eventually(() => texts().length === 1);
  });

  test('changes() asked for again goes on from the last taken batch', async () => {
    const { writer, start } = fixture();
    const messages = writer();
    const { db } = await start();
    const stop = new AbortController();
    const again = db.changes(stop.signal)[Symbol.asyncIterator]();
    messages.receive(ANNA, 'seen by both');
    const { value } = await again.next();
    expect(value.changes).toMatchObject([{ text: 'seen by both' }]);
    stop.abort();
    await again.next();
  });
});

describe('liveness', () => {
  test('folder and file may come after the start', async () => {
    const { writer, start, texts, file } = fixture();
    await start();
    expect(existsSync(file)).toBe(false);
    const messages = writer();
    messages.receive(ANNA, 'first ever');
    await eventually(() => texts().length === 1);
    messages.receive(ANNA, 'second');
    await eventually(() => texts().length === 2);
  });

  test('a checkpoint that truncates the WAL changes nothing', async () => {
    const { writer, start, texts } = fixture();
    const messages = writer();
    await start();
    for (let i = 0; i < 5; i += 1) {
      messages.receive(ANNA, `message ${i}`);
      messages.db.pragma('wal_checkpoint(TRUNCATE)');
    }
    await eventually(() => texts().length === 5);
  });

  test('a database put in place of the other is gone on with', async () => {
    const { writer, start, texts, file } = fixture();
    const messages = writer();
    await start();
    messages.receive(ANNA, 'one');
    await eventually(() => texts().length === 1);
    messages.db.exec(`VACUUM INTO '${file}.copy'`);
    messages.close();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    renameSync(`${file}.copy`, file);
    const next = writer();
    next.receive(ANNA, 'two');
    await eventually(() => texts().length === 2);
    expect(texts()).toEqual(['one', 'two']);
  });

  test('a database built anew with other ROWIDs tells what is new in it, and nothing again', async () => {
    const { writer, start, texts, file } = fixture();
    const messages = writer();
    for (let i = 0; i < 20; i += 1) messages.receive(ANNA, `history ${i}`);
    await start();
    messages.receive(ANNA, 'one');
    await eventually(() => texts().length === 1);
    const rows = messages.db
      .prepare<[], { guid: string; date: bigint }>('SELECT guid, date FROM message ORDER BY date DESC')
      .safeIntegers()
      .all();
    messages.close();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    const next = writer();
    next.db.transaction(() => {
      for (const { guid, date } of rows) {
        next.message({ guid, from: ANNA, text: 'rebuilt', columns: { date } });
        next.join(guid, ANNA);
      }
      next.receive(ANNA, 'two');
    })();
    await eventually(() => texts().includes('two'));
    next.receive(ANNA, 'three');
    await eventually(() => texts().includes('three'));
    expect(texts()).toEqual(['one', 'two', 'three']);
  });

  test('a schema that gains and loses columns while running is read on', async () => {
    const { writer, start, texts } = fixture();
    const messages = writer();
    await start();
    messages.receive(ANNA, 'one');
    await eventually(() => texts().length === 1);
    messages.db.exec('ALTER TABLE message ADD COLUMN date_updated INTEGER');
    messages.db.exec('ALTER TABLE message DROP COLUMN schedule_state');
    messages.receive(ANNA, 'two');
    await eventually(() => texts().length === 2);
  });

  test('a locked database is waited for', async () => {
    const { writer, start, texts, file } = fixture();
    const messages = writer();
    const tail = await start();
    await tail.kill();
    messages.receive(ANNA, 'behind the lock');
    messages.close();
    const lock = new Database(file);
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    await start();
    expect(texts()).toEqual([]);
    lock.exec('COMMIT');
    lock.close();
    await eventually(() => texts().length === 1);
  });
});

describe('questions', () => {
  test('highWater counts rows that are gone; ownRowsAfter gives own rows with their text', async () => {
    const { writer, start } = fixture();
    const messages = writer();
    const { db } = await start();
    const before = db.highWater();
    messages.receive(ANNA, 'theirs');
    const guid = messages.send(BEN, 'mine');
    expect(db.ownRowsAfter(before)).toMatchObject([
      { guid, chat: { kind: 'direct', identifier: BEN }, text: 'mine', error: 0, service: 'iMessage' },
    ]);
    const high = db.highWater();
    messages.db.exec('DELETE FROM message');
    expect(db.highWater()).toBe(high);
    expect(high).toBe(before + 2);
    expect(db.ownRowsAfter(before)).toEqual([]);
  });

  test('the own handle is the address that most messages came to', async () => {
    const { writer, start } = fixture();
    const messages = writer();
    const { db } = await start();
    expect(db.ownHandle()).toBeNull();
    messages.receive(ANNA, 'a', ANNA, { columns: { destination_caller_id: 'me@example.com' } });
    messages.receive(ANNA, 'b');
    messages.receive(ANNA, 'c');
    expect(db.ownHandle()).toBe('+14155550100');
  });

  test('without a file they throw an AppError that is worth a retry', async () => {
    const { start } = fixture();
    const { db } = await start();
    expect(() => db.highWater()).toThrow(
      expect.objectContaining({ code: 'messages_db_missing', retry: 'later' }),
    );
    expect(db.ownHandle()).toBeNull();
  });
});
