import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type SceneName, sceneNames } from '../../agent/virtual-mac/days/days.ts';
import { Random } from '../../agent/virtual-mac/days/random.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { planPlay, playNext, receiveText } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { killWorkers } from '../chaos/leftovers.ts';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { changesOfEvents, ledgerOfEvents, type ToldEvent } from '../support/day-events.ts';
import { compareWithLedger } from '../support/day-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { startVirtualMacProcess } from '../support/random-day.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The seed of the first day; those of the others follow it. */
const SEED = Number(process.env.DAYS_SEED ?? 20_260_104);
const COUNT = Number(process.env.DAYS_COUNT ?? 1);
const OPERATIONS = Number(process.env.DAYS_OPERATIONS ?? 300);
/** How likely the agent is killed at each operation. */
const KILLED = 0.03;
/** Pauses of the plan are cut to this, in milliseconds: the agent runs by the clock of the machine. */
const LONGEST_PAUSE_MS = 40;
const STRANGER = '+14155550177';

/** What takes its time, or is of another time, needs a clock that can be moved. */
const timed: readonly SceneName[] = ['catchUp', 'twice', 'climb', 'comeBack', 'outage'];
const scenes = sceneNames.filter((name) => !timed.includes(name));

/** The built agent of a new virtual Mac, and what it tells over the link. */
async function world(macos: MacosRelease) {
  const { home: mac } = await startVirtualMacProcess(macos);
  const homes = { home: path.join(tempFolder(), 'agent'), mac };
  const bridge = await LedgerBridge.start();
  onTestFinished(() => bridge.stop());
  const told: ToldEvent[] = [];
  const day = { played: 0 };
  bridge.onEvent = (event) => void told.push({ event, played: day.played });
  await bluerelay(
    homes,
    ['enrol', '--bridge', bridge.url, '--token', '-', '--handle', '+14155550100'],
    'a token of twenty characters\n',
  );
  let agent = new BuiltAgent(homes);
  onTestFinished(async () => {
    await agent.kill();
    await eventually(() => killWorkers(homes.home) === 0, { what: 'the end of all workers' });
  });
  const isFrom =
    (from: string, text: string) =>
    (one: ToldEvent): boolean =>
      one.event.type === 'message.received' && one.event.from === from && one.event.text === text;
  return {
    mac,
    day,
    /** Events of the day alone. */
    told: () => told.filter(({ event }) => !(event.type === 'message.received' && event.from === STRANGER)),
    /** A stranger writes until that is told: everything before it has been looked at. */
    async heard(text: string): Promise<void> {
      await eventually(
        async () => {
          await receiveText(mac, STRANGER, text);
          return told.some(isFrom(STRANGER, text));
        },
        { every: 500, within: 60_000, what: `the message "${text}"` },
      );
    },
    async kill(downForMs: number): Promise<void> {
      await agent.kill('SIGKILL');
      await systemClock.sleep(downForMs);
      agent = new BuiltAgent(homes);
    },
  };
}

test.each(Array.from({ length: COUNT }, (_, index) => SEED + index))(
  'the built agent, killed again and again, tells the day of seed %i exactly',
  async (seed) => {
    const macos = macosReleases[seed % macosReleases.length] ?? '26';
    const { mac, day, told, heard, kill } = await world(macos);
    await heard('before');
    const random = new Random(seed ^ 0x0dead);
    await planPlay(mac, { seed, operations: OPERATIONS, only: scenes });
    const ledger: LedgerLine[] = [];
    let kills = 0;
    for (let pause: number | null = 0; pause !== null; ) {
      await systemClock.sleep(Math.min(pause, LONGEST_PAUSE_MS));
      if (random.chance(KILLED)) {
        await kill(random.between(0, 300));
        kills += 1;
      }
      day.played += 1;
      const part = await playNext(mac, 1);
      ledger.push(...part.facts);
      pause = part.pause;
    }
    const facts = ledgerOfEvents(ledger);
    const wrong = (): string[] => compareWithLedger(facts, changesOfEvents(told(), ledger), [day.played]);
    // Rows without a chat are told after ten seconds; a day that is not right by then never will be, which shows below.
    const right = { every: 500, within: 45_000, what: 'the whole day' };
    await eventually(() => wrong().length === 0, right).catch((late: Error) =>
      expect(late.message).toMatch(/^the whole day did not come true/),
    );
    await heard('after');
    expect(wrong(), `DAYS_SEED=${seed} DAYS_COUNT=1, macOS ${macos}, ${kills} kills`).toEqual([]);
    expect(kills).toBeGreaterThan(0);
  },
  240_000,
);
