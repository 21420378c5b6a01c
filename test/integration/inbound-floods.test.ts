import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import type { FullMessage, MessagesStore } from '../../agent/virtual-mac/types.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openStore } from '../support/messages-store.ts';
import { Observer } from '../support/observer.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEOPLE = Array.from({ length: 7 }, (_, index) => `+1415555010${index + 1}`);
const DAY_MS = 24 * 3_600_000;
/** Long enough for everything that is there to be told, in milliseconds. */
const LOOK_MS = 1_600;

interface Watched {
  store: MessagesStore;
  clock: ManualClock;
  observer: Observer<MessageChange>;
  told: MessageChange[];
  received(): string[];
}

async function watched(): Promise<Watched> {
  const store = openStore(tempFolder(), '26', LINE);
  const clock = new ManualClock();
  const logger = pino({ level: 'silent' });
  const told: MessageChange[] = [];
  const observer = new Observer<MessageChange>(
    (memory) => openMessagesDb({ databasePath: store.databasePath, memory, clock, logger }),
    (change) => void told.push(change),
  );
  onTestFinished(() => observer.kill());
  observer.start();
  await clock.advance(LOOK_MS);
  return {
    store,
    clock,
    observer,
    told,
    received: () => told.flatMap((change) => (change.kind === 'received' ? [change.text] : [])),
  };
}

const person = (index: number): string => PEOPLE[index % PEOPLE.length] ?? '';

const text = (index: number, words: string, at: number): FullMessage => ({
  chat: { handle: person(index) },
  sender: { handle: person(index) },
  parts: [{ kind: 'text', text: words }],
  at,
});

/** History as it stood before the tail began, so that some of it can come back. */
function history(store: MessagesStore, now: number): FullMessage[] {
  const messages = Array.from({ length: 500 }, (_, index) =>
    text(index, `old ${index}`, now - 40 * DAY_MS + index * 1_000),
  );
  store.backfill(messages);
  return messages;
}

test('of 3,500 rows that iCloud brings back none is told, and of those that are new among them each', async () => {
  const { store, clock, received } = await watched();
  const now = clock.now();
  const known = history(store, now);
  await clock.advance(LOOK_MS);
  expect(received()).toEqual([]);

  const expected: string[] = [];
  for (let burst = 0; burst < 35; burst += 1) {
    store.backfill(
      Array.from({ length: 100 }, (_, index) => {
        const again = known[(burst * 100 + index) % known.length];
        const old = text(index, `older ${burst} ${index}`, now - (60 + burst) * DAY_MS + index * 1_000);
        return index % 3 === 0 && again ? again : old;
      }),
    );
    if (burst % 2 === 0) {
      const words = `new ${burst}`;
      expected.push(words);
      const row = store.insertMessage(text(burst, words, clock.now()));
      if (burst % 4 === 0) await clock.advance(30);
      store.joinChat(row, { handle: person(burst) });
    }
    await clock.advance(burst % 5 === 0 ? LOOK_MS : burst % 7);
  }
  await clock.advance(LOOK_MS);
  expect(received()).toEqual(expected);
});

test('a burst of one transaction may hold the new message itself', async () => {
  const { store, clock, received } = await watched();
  const now = clock.now();
  history(store, now);
  await clock.advance(LOOK_MS);
  store.backfill([
    ...Array.from({ length: 50 }, (_, index) => text(index, `older ${index}`, now - 90 * DAY_MS + index)),
    text(1, 'the new one', clock.now()),
    ...Array.from({ length: 50 }, (_, index) => text(index, `old too ${index}`, now - 80 * DAY_MS + index)),
  ]);
  await clock.advance(LOOK_MS);
  expect(received()).toEqual(['the new one']);
});

test('of 10,000 own messages whose rows change sides none is received', async () => {
  const { store, clock, told, received } = await watched();
  for (let batch = 0; batch < 100; batch += 1) {
    const at = clock.now();
    const rows = store.backfill(
      Array.from(
        { length: 100 },
        (_, index): FullMessage => ({
          chat: { handle: person(index) },
          sender: 'me',
          parts: [{ kind: 'text', text: `mine ${batch} ${index}` }],
          at,
        }),
      ),
    );
    await clock.advance(LOOK_MS);
    for (const [index, { guid }] of rows.entries()) if ((index + batch) % 4 !== 0) store.flipFromMe(guid);
    await clock.advance(100);
    for (const [index, { guid }] of rows.entries()) if ((index + batch) % 4 > 1) store.flipFromMe(guid);
    await clock.advance(100);
  }
  await clock.advance(LOOK_MS);
  expect(received()).toEqual([]);
  const sent = told.flatMap((change) =>
    change.kind === 'own-state' && change.state === 'sent' ? [change.guid] : [],
  );
  expect(sent.length).toBe(10_000);
  expect(new Set(sent).size).toBe(10_000);
}, 120_000);

test.for([
  ['in one burst', 0],
  ['row by row', 3],
] as const)(
  'what was written in three days without the agent is told when it is back, %s',
  async ([, pause]) => {
    const { store, clock, observer, received } = await watched();
    history(store, clock.now());
    store.joinChat(store.insertMessage(text(0, 'before', clock.now())), { handle: person(0) });
    await clock.advance(LOOK_MS);
    await observer.kill();
    const left = clock.now();
    await clock.advance(3 * DAY_MS);
    const meanwhile = Array.from({ length: 300 }, (_, index) =>
      text(index, `meanwhile ${index}`, left + Math.floor(((index + 0.5) / 300) * 3 * DAY_MS)),
    );
    if (pause === 0) store.backfill(meanwhile);
    observer.start();
    for (const message of pause === 0 ? [] : meanwhile) {
      store.joinChat(store.insertMessage(message), message.chat);
      await clock.advance(pause);
    }
    await clock.advance(LOOK_MS);
    expect(received()).toEqual(['before', ...meanwhile.map((_, index) => `meanwhile ${index}`)]);
  },
);
