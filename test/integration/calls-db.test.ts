import { rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openCallsDb } from '../../agent/calls-db/calls-db.ts';
import type { CallBatch, CallChange } from '../../agent/calls-db/types.ts';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { FinishedCall, MessagesStore } from '../../agent/virtual-mac/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');
const LINE = '+14155550100';
const HISTORY = 'Library/Application Support/CallHistoryDB/CallHistory.storedata';

class Keeper {
  cursor: string | null = null;
  readonly entries = new Map<string, string>();
  readonly changes: CallChange[] = [];
  batches = 0;

  take({ changes, memory }: CallBatch): void {
    this.batches += 1;
    this.changes.push(...changes);
    this.cursor = memory.cursor;
    for (const key of memory.forget) this.entries.delete(key);
    for (const [key, value] of memory.remember) this.entries.set(key, value);
  }
}

function open(home: string): MessagesStore {
  const store = openMessagesStore({ home, macos: '26', line: LINE, clock: systemClock });
  onTestFinished(() => store.close());
  return store;
}

/** Reads into the keeper until stopped; the batch number `loseBatch` is given and never taken, as in a crash. */
function read(home: string, keeper: Keeper, { loseBatch = 0 } = {}) {
  const db = openCallsDb({
    databasePath: path.join(home, HISTORY),
    memory: { cursor: keeper.cursor, entries: new Map(keeper.entries) },
    clock: systemClock,
    logger,
  });
  const stop = new AbortController();
  let given = 0;
  const running = (async () => {
    for await (const batch of db.changes(stop.signal)) {
      given += 1;
      if (given === loseBatch) return;
      keeper.take(batch);
    }
  })();
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
    db.close();
  };
  onTestFinished(end);
  return Object.assign(end, { given: () => given });
}

const begun = (keeper: Keeper) => eventually(() => keeper.cursor !== null);

const call = (more: Partial<FinishedCall> = {}): FinishedCall => ({
  kind: 'facetime-audio',
  direction: 'in',
  handles: ['+14155550101'],
  answered: true,
  at: Date.now(),
  durationMs: 12_500,
  ...more,
});

/** As `ZDATE` has it. */
const appleNow = (): number => Date.now() / 1000 - 978_307_200;

test('each kind of call is told once as it ends, and none that was there before', async () => {
  const home = tempFolder();
  const store = open(home);
  store.insertCall(call());
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  const ids = [
    store.insertCall(call()),
    store.insertCall(call({ kind: 'facetime-video', direction: 'out', handles: ['A.B@example.com'] })),
    store.insertCall(call({ answered: false, durationMs: 0 })),
    store.insertCall(call({ direction: 'out', answered: false, durationMs: 0 })),
    store.insertCall(call({ direction: 'out', answered: false, declined: true, durationMs: 0 })),
    store.insertCall(call({ answered: false, declined: true, durationMs: 0 })),
    store.insertCall(call({ kind: 'phone', handles: ['+14155550101', '+14155550102'] })),
  ];
  await eventually(() => keeper.changes.length === ids.length);
  expect(keeper.changes.map(({ callUuid }) => callUuid)).toEqual(ids);
  expect(
    keeper.changes.map(({ direction, medium, result, durationSeconds, handles }) =>
      [direction, medium, result, durationSeconds, handles.join()].join(' '),
    ),
  ).toEqual([
    'inbound audio answered 12.5 +14155550101',
    'outbound video answered 12.5 a.b@example.com',
    'inbound audio missed 0 +14155550101',
    'outbound audio unanswered 0 +14155550101',
    'outbound audio declined 0 +14155550101',
    'inbound audio declined 0 +14155550101',
    'inbound phone answered 12.5 +14155550101,+14155550102',
  ]);
});

test('calls are told once across restarts, and again when the keeper lost the batch', async () => {
  const home = tempFolder();
  const store = open(home);
  const keeper = new Keeper();
  const first = read(home, keeper, { loseBatch: 2 });
  await begun(keeper);
  const one = store.insertCall(call());
  await eventually(() => first.given() === 2);
  expect(keeper.changes).toEqual([]);
  await first();
  const two = store.insertCall(call());
  const second = read(home, keeper);
  await eventually(() => keeper.changes.length === 2);
  await second();
  const three = store.insertCall(call());
  read(home, keeper);
  await eventually(() => keeper.changes.length >= 3);
  expect(keeper.changes.map(({ callUuid }) => callUuid)).toEqual([one, two, three]);
});

test('a record that Core Data writes anew is not told again', async () => {
  const home = tempFolder();
  const store = open(home);
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  const id = store.insertCall(call());
  await eventually(() => keeper.changes.length === 1);
  const db = new Database(path.join(home, HISTORY));
  db.exec('UPDATE ZCALLRECORD SET Z_PK = Z_PK + 10');
  db.close();
  const next = store.insertCall(call());
  await eventually(() => keeper.changes.length === 2);
  expect(keeper.changes.map(({ callUuid }) => callUuid)).toEqual([id, next]);
});

test('a history that was built anew tells only what is new in it', async () => {
  const home = tempFolder();
  const old = open(home);
  const keeper = new Keeper();
  const stop = read(home, keeper);
  await begun(keeper);
  const kept = call({ at: Date.now() - 60_000 });
  const id = old.insertCall(kept);
  old.insertCall(call({ at: Date.now() - 50_000 }));
  await eventually(() => keeper.changes.length === 2);
  await stop();
  old.close();
  for (const end of ['', '-wal', '-shm']) rmSync(path.join(home, HISTORY + end), { force: true });
  const anew = open(home);
  anew.insertCall(call({ at: Date.now() - 70_000 }));
  anew.insertCall({ ...kept, id });
  read(home, keeper);
  const fresh = anew.insertCall(call({ at: Date.now() }));
  await eventually(() => keeper.changes.length > 2);
  expect(keeper.changes.slice(2).map(({ callUuid }) => callUuid)).toEqual([fresh]);
});

test('calls of before the first start are not told when they come, as by iCloud, and a record without a date is', async () => {
  const home = tempFolder();
  const store = open(home);
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  const missed = { answered: false, durationMs: 0 };
  for (const days of [400, 31, 1]) store.insertCall(call({ ...missed, at: Date.now() - days * 86_400_000 }));
  const db = new Database(path.join(home, HISTORY));
  db.exec(
    "INSERT INTO ZCALLRECORD (Z_PK, ZUNIQUE_ID, ZORIGINATED, ZANSWERED, ZCALLTYPE) VALUES (50, 'undated', 0, 0, 16)",
  );
  db.close();
  await eventually(() => keeper.changes.length > 0);
  expect(keeper.changes.map(({ callUuid }) => callUuid)).toEqual(['undated']);
});

test('a thousand records that are written anew are not told again', async () => {
  const home = tempFolder();
  const store = open(home);
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  for (let i = 0; i < 1_000; i += 1) store.insertCall(call({ answered: false, durationMs: 0 }));
  await eventually(() => keeper.changes.length === 1_000, { within: 60_000 });
  const db = new Database(path.join(home, HISTORY));
  db.exec('UPDATE ZCALLRECORD SET Z_PK = Z_PK + 10000');
  db.close();
  const next = store.insertCall(call());
  await eventually(() => keeper.changes.at(-1)?.callUuid === next, { within: 60_000 });
  expect(keeper.changes).toHaveLength(1_001);
}, 120_000);

test('tables and columns are found whatever the numbers of the model', async () => {
  const home = tempFolder();
  const store = open(home);
  store.insertCall(call({ handles: ['+14155550107'] }));
  store.close();
  const db = new Database(path.join(home, HISTORY));
  db.exec(`ALTER TABLE Z_2REMOTEPARTICIPANTHANDLES RENAME COLUMN Z_2REMOTEPARTICIPANTCALLS TO Z_3REMOTEPARTICIPANTCALLS;
    ALTER TABLE Z_2REMOTEPARTICIPANTHANDLES RENAME COLUMN Z_4REMOTEPARTICIPANTHANDLES TO Z_7REMOTEPARTICIPANTHANDLES;
    ALTER TABLE Z_2REMOTEPARTICIPANTHANDLES RENAME TO Z_3REMOTEPARTICIPANTHANDLES;
    DROP TABLE Z_PRIMARYKEY;`);
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  db.exec(`INSERT INTO ZCALLRECORD (Z_PK, ZUNIQUE_ID, ZDATE, ZDURATION, ZORIGINATED, ZANSWERED, ZCALLTYPE)
    VALUES (50, 'joined', ${appleNow()}, 3, 1, 1, 8);
    INSERT INTO Z_3REMOTEPARTICIPANTHANDLES VALUES (50, 1);`);
  db.prepare(
    `INSERT INTO ZCALLRECORD (Z_PK, ZUNIQUE_ID, ZDATE, ZADDRESS, ZORIGINATED, ZANSWERED, ZCALLTYPE)
    VALUES (51, 'bytes', ${appleNow()}, ?, 0, 0, 16)`,
  ).run(Buffer.from('+14155550108'));
  db.close();
  await eventually(() => keeper.changes.length === 2);
  expect(keeper.changes).toMatchObject([
    { callUuid: 'joined', handles: ['+14155550107'], medium: 'video', durationSeconds: 3 },
    { callUuid: 'bytes', handles: ['+14155550108'], result: 'missed', durationSeconds: 0 },
  ]);
});

test('what its provider and cause make of a call', async () => {
  const home = tempFolder();
  open(home).insertCall(call());
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  const rows = [
    [8, 'com.apple.FaceTime', 6, 'video declined'],
    [16, null, 0, 'audio missed'],
    [16, 'com.apple.FaceTime', 2, 'audio missed'],
    [16, 'net.example.Talk', 2, 'other declined'],
    [0, 'net.example.Talk', 0, 'other missed'],
    [1, 'com.example.carrier', 6, 'phone declined'],
    [null, 'com.apple.FaceTime', null, 'other missed'],
  ] as const;
  const db = new Database(path.join(home, HISTORY));
  const insert = db.prepare(
    `INSERT INTO ZCALLRECORD (Z_PK, ZUNIQUE_ID, ZDATE, ZORIGINATED, ZANSWERED, ZCALLTYPE, ZSERVICE_PROVIDER,
       ZDISCONNECTED_CAUSE) VALUES (?, ?, ${appleNow()}, 0, 0, ?, ?, ?)`,
  );
  for (const [index, [type, provider, cause]] of rows.entries())
    insert.run(60 + index, `call ${index}`, type, provider, cause);
  db.close();
  await eventually(() => keeper.changes.length === rows.length);
  expect(keeper.changes.map(({ medium, result }) => `${medium} ${result}`)).toEqual(
    rows.map(([, , , told]) => told),
  );
});

test('a history that comes later is told from its first call', async () => {
  const home = tempFolder();
  const keeper = new Keeper();
  read(home, keeper);
  await begun(keeper);
  const store = open(home);
  const id = store.insertCall(call({ at: Date.now() - 5_000, durationMs: 10_000 }));
  await eventually(() => keeper.changes.length === 1);
  expect(keeper.changes[0]?.callUuid).toBe(id);
});
