import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { MessagesStore } from '../../agent/virtual-mac/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { killWorkers } from '../chaos/leftovers.ts';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PERSON = '+14155550102';
/** How long another process holds chat.db locked, in milliseconds. */
const LOCKED_MS = whole ? 30_000 : 5_000;
/** A moment in which the agent notices whatever state the file is in, in milliseconds. */
const MOMENT_MS = 1_200;

/** A Mac that is only its files, and the built agent that reads them. */
class World {
  readonly mac = path.join(tempFolder(), 'mac');
  readonly home = path.join(tempFolder(), 'agent');
  readonly folder = path.join(this.mac, 'Library', 'Messages');
  /** Texts that the agent told, in order. */
  readonly told: string[] = [];
  readonly #bridge: LedgerBridge;
  #store: MessagesStore | undefined;
  #agent: BuiltAgent | undefined;
  #written: string[] = [];

  private constructor(bridge: LedgerBridge) {
    this.#bridge = bridge;
    bridge.onEvent = (event) => {
      if (event.type === 'message.received') this.told.push(event.text);
    };
  }

  static async make(): Promise<World> {
    const bridge = await LedgerBridge.start();
    onTestFinished(() => bridge.stop());
    const world = new World(bridge);
    mkdirSync(world.mac);
    onTestFinished(async () => {
      await world.#agent?.kill();
      await eventually(() => killWorkers(world.home) === 0);
      world.#store?.close();
    });
    return world;
  }

  get store(): MessagesStore {
    this.#store ??= openMessagesStore({ home: this.mac, macos: '26', line: LINE, clock: systemClock });
    return this.#store;
  }

  async startAgent(): Promise<void> {
    const homes = { home: this.home, mac: this.mac };
    const enrolled = await bluerelay(
      homes,
      ['enrol', '--bridge', this.#bridge.url, '--token', '-', '--handle', LINE],
      'a token of twenty characters\n',
    );
    expect(enrolled.code, enrolled.stderr).toBe(0);
    this.#agent = new BuiltAgent(homes);
    await eventually(() => this.#bridge.connections > 0, { within: 60_000, what: 'the agent' });
  }

  async status(): Promise<{ messages: { state: string; lastReceivedAt: string | null } } | undefined> {
    const asked = await bluerelay({ home: this.home, mac: this.mac }, ['status', '--json']);
    return asked.code === 0 ? JSON.parse(asked.stdout) : undefined;
  }

  /** Somebody writes; nobody waits for it to be told. */
  write(text: string): void {
    const { store } = this;
    store.join(store.insertIncoming({ from: PERSON, text, at: systemClock.now() }), PERSON);
    this.#written.push(text);
  }

  /** Everything that was written is told, once and in order, by the agent that was started. */
  async heard(): Promise<void> {
    await eventually(() => this.told.length >= this.#written.length, {
      within: 30_000,
      what: `that "${this.#written.at(-1)}" is told`,
    });
    expect(this.told).toEqual(this.#written);
    expect(this.#agent?.child.exitCode).toBeNull();
  }

  /** Messages that were there before the agent are history: they are neither written nor told here. */
  async startWith(history: string): Promise<void> {
    this.write(history);
    this.#written = [];
    await this.startAgent();
    // The first look only says where the file ends: whatever is told is after it.
    for (let probe = 0; this.told.length === 0; probe += 1) {
      this.write(`probe ${probe}`);
      await systemClock.sleep(200);
    }
    this.#written = this.#written.slice(this.#written.indexOf(this.told[0] ?? ''));
    await this.heard();
  }
}

const moment = (): Promise<void> => systemClock.sleep(MOMENT_MS);

/** Each happens once more to the same agent where there is time for it. */
const rounds = whole ? [1, 2, 3] : [1];

type Disturbance = (world: World) => Promise<void>;

/** Each happens to the files under a running agent; what it writes is part of what must be told. */
const disturbances: Readonly<Record<string, Disturbance>> = {
  'its -wal is swapped for another file': async ({ store }) => store.disk.swapWal(),
  'it is replaced by a copy': async ({ store }) => {
    store.disk.lock();
    store.disk.unlock();
  },
  'it is built anew, with other ROWIDs': async ({ store }) => store.disk.rebuild(),
  'it is built anew without its oldest rows, so that new ROWIDs lie below the old ones': async (world) => {
    for (let index = 0; index < 20; index += 1) world.write(`among many ${index}`);
    await world.heard();
    world.store.disk.rebuild({ dropOldest: 15 });
  },
  'another process holds it locked': async (world) => {
    world.store.disk.lock();
    world.write('while it was locked');
    await systemClock.sleep(LOCKED_MS);
    world.write('still locked');
    world.store.disk.unlock();
  },
  'half of it stands there for a moment': async ({ store }) => {
    store.disk.takeAway();
    await moment();
    store.disk.restoreHalf('half');
    await moment();
    store.disk.restore('copied');
  },
  'something else stands in its place for a moment': async ({ store }) => {
    store.disk.takeAway();
    store.disk.restoreHalf('garbage');
    await moment();
    store.disk.restore('moved');
  },
  'it is empty for a moment': async ({ store }) => {
    store.disk.takeAway();
    store.disk.restoreHalf('empty');
    await moment();
    store.disk.restore('copied');
  },
  'tables gain columns and lose them': async (world) => {
    const { store } = world;
    store.disk.addColumn('message', 'of_tomorrow', 'INTEGER DEFAULT 7');
    store.disk.dropColumn('attachment', 'uti');
    world.write('with another schema');
    await moment();
    store.disk.dropColumn('message', 'of_tomorrow');
    store.disk.dropColumn('message', 'subject');
    world.write('without a column that is read');
    await moment();
    store.disk.addColumn('message', 'subject', 'TEXT');
    store.disk.addColumn('attachment', 'uti', 'TEXT');
  },
  'iCloud writes 3,500 old messages again, and people write meanwhile': async (world) => {
    const { store } = world;
    for (let burst = 0; burst < 35; burst += 1) {
      const began = systemClock.now() - (60 + burst) * 24 * 3_600_000;
      store.backfill(
        Array.from({ length: 100 }, (_, index) => ({
          chat: { handle: PERSON },
          sender: { handle: PERSON },
          parts: [{ kind: 'text', text: `old ${burst} ${index}` }],
          at: began + index * 1_000,
        })),
      );
      if (burst % 5 === 0) world.write(`amid burst ${burst}`);
      await systemClock.sleep(burst % 7);
    }
  },
  'its folder is called otherwise for a while': async (world) => {
    const away = `${world.folder}.off`;
    renameSync(world.folder, away);
    world.write('into a file that nobody finds');
    await moment();
    renameSync(away, world.folder);
  },
};

describe('an agent that runs on while chat.db changes under it tells everything once', () => {
  test.each(Object.entries(disturbances))(
    '%s',
    async (_, disturb) => {
      const world = await World.make();
      await world.startWith('before there was an agent');
      const before = systemClock.now();
      for (const round of rounds) {
        world.write(`just before, ${round}`);
        await disturb(world);
        world.write(`just after, ${round}`);
        await world.heard();
        world.write(`later, ${round}`);
        await world.heard();
      }
      const status = await world.status();
      expect(status?.messages.state).toBe('reading');
      expect(Date.parse(status?.messages.lastReceivedAt ?? '')).toBeGreaterThanOrEqual(before);
    },
    whole ? 900_000 : 180_000,
  );

  test('it is not there yet when the agent starts', async () => {
    const world = await World.make();
    await world.startAgent();
    expect(await world.status()).toMatchObject({ messages: { state: 'unreadable', lastReceivedAt: null } });
    await moment();
    world.write('the very first message');
    await world.heard();
    world.write('and the next');
    await world.heard();
    const status = await world.status();
    expect(status?.messages.state).toBe('reading');
    expect(status?.messages.lastReceivedAt).not.toBeNull();
  }, 120_000);
});
