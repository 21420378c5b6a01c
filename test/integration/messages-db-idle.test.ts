import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Cancel } from '../../bridge/runtime/clock.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANNA = '+14155550101';
const HOUR_MS = 3_600_000;
/** Longest time that anything may stay unseen of which no event told, in milliseconds. */
const UNSEEN_MS = 1_000;
/** How long after its event a commit of another process may be seen, in milliseconds: less than between two polls. */
const COMMIT_MS = 60;

const PROGRAM = `
const [store, home] = process.argv.slice(1);
const { openMessagesStore } = await import(store);
const messages = openMessagesStore({ home, macos: '26', line: '+14155550100', clock: { now: Date.now } });
const joined = (row) => {
  messages.join(row, '${ANNA}');
  return row.guid;
};
const asked = {
  receive: (message) => joined(messages.insertIncoming({ from: '${ANNA}', ...message })),
  send: (message) => joined(messages.insertOutgoing({ to: '${ANNA}', ...message })),
  sent: ({ guid }) => messages.markSent(guid),
  delivered: ({ guid, at }) => messages.markDelivered(guid, at),
  edit: ({ guid, ...edit }) => messages.editMessage(guid, edit),
  swapWal: () => messages.disk.swapWal(),
  rebuild: () => messages.disk.rebuild(),
};
const { createInterface } = await import('node:readline');
createInterface({ input: process.stdin }).on('line', (line) => {
  const { what, ...given } = JSON.parse(line);
  console.log(JSON.stringify(asked[what](given) ?? null));
});
console.log(JSON.stringify(messages.databasePath));
`;

/** Messages of a virtual Mac in a process of its own, as readers must see it when its files are swapped. */
async function startMessages() {
  const store = pathToFileURL(compiledModule('agent/virtual-mac/messages-store.js')).href;
  const args = ['--input-type=module', '-e', PROGRAM, store, tempFolder()];
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, args);
  onTestFinished(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (): Promise<string> => JSON.parse(String((await lines.next()).value));
  const databasePath = await said();
  return {
    databasePath,
    ask(what: string, given: object = {}): Promise<string> {
      child.stdin.write(`${JSON.stringify({ what, ...given })}\n`);
      return said();
    },
  };
}

/** Knows when the timer that was set last fires. */
class PollClock extends ManualClock {
  #next = 0;

  override after(ms: number, fn: () => void): Cancel {
    this.#next = this.now() + ms;
    return super.after(ms, fn);
  }

  /** Moves on to where the last poll has just been. */
  async advanceToPoll(): Promise<void> {
    await this.advance(this.#next - this.now());
  }
}

/** A tail that saw one message, and then nothing for an hour. */
async function idleTail() {
  const messages = await startMessages();
  const keeper = new Keeper();
  const clock = new PollClock(Date.now());
  const tail = startTail(messages.databasePath, keeper, { clock });
  onTestFinished(() => tail.kill());
  await eventually(() => keeper.batches === 1, { what: 'the first place of the tail' });
  const kinds = (): string[] => keeper.changes.map(({ kind }) => kind);
  const texts = (): string[] =>
    keeper.changes.flatMap((change) => (change.kind === 'received' ? [change.text] : []));
  /** Resolves when the probe is true, for which at most so much time of the tail may pass. */
  const within = async (ms: number, step: number, probe: () => boolean): Promise<void> => {
    let passed = 0;
    await eventually(
      async () => {
        if (probe()) return true;
        if (passed < ms) await clock.advance(step);
        passed += step;
        return probe();
      },
      { what: 'what must be seen by then' },
    );
  };
  const soon = (probe: () => boolean): Promise<void> => within(UNSEEN_MS, 20, probe);
  /** By an event: no poll comes in so short a time. */
  const atOnce = (probe: () => boolean): Promise<void> => within(COMMIT_MS, 1, probe);
  const received = await messages.ask('receive', { text: 'before', at: clock.now() });
  await soon(() => texts().length === 1);
  const own = await messages.ask('send', { text: 'own', at: clock.now() });
  await messages.ask('sent', { guid: own });
  await soon(() => kinds().includes('own-state'));
  await clock.advance(HOUR_MS);
  await clock.advanceToPoll();
  return { ...messages, clock, keeper, texts, soon, atOnce, received, own };
}

test('the first message after an hour is told by its event', async () => {
  const { ask, clock, texts, atOnce } = await idleTail();
  await ask('receive', { text: 'first', at: clock.now() });
  await atOnce(() => texts().includes('first'));
  expect(texts()).toEqual(['before', 'first']);
});

test('what changes in place after an hour is told by its event', async () => {
  const { ask, clock, keeper, atOnce, received, own } = await idleTail();
  await ask('delivered', { guid: own, at: clock.now() });
  await atOnce(() => keeper.changes.some((one) => one.kind === 'own-state' && one.state === 'delivered'));
  await clock.advance(HOUR_MS);
  await clock.advanceToPoll();
  await ask('edit', { guid: received, text: 'after', at: clock.now() });
  await atOnce(() => keeper.changes.some((one) => one.kind === 'edited' && one.text === 'after'));
});

test.for(['swapWal', 'rebuild'])('after an hour, %s is survived within a second', async (what) => {
  const { ask, clock, texts, soon, atOnce } = await idleTail();
  await ask(what);
  await ask('receive', { text: 'elsewhere', at: clock.now() });
  await soon(() => texts().includes('elsewhere'));
  await clock.advance(HOUR_MS);
  await clock.advanceToPoll();
  await ask('receive', { text: 'later', at: clock.now() });
  await atOnce(() => texts().includes('later'));
  expect(texts()).toEqual(['before', 'elsewhere', 'later']);
});
