import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { causeFault, faultsHappened, receiveText, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { type Command, commandSchema } from '../../bridge/protocol/commands.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { BuiltAgent } from '../support/built-agent.ts';
import { enrolledMac } from '../support/enrolled-mac.ts';
import { eventually } from '../support/eventually.ts';
import { playedOf } from '../support/extent.ts';
import { type MessageRow, messageRows } from '../support/message-rows.ts';
import { type Acting, actings, conversation, FRIEND, releasesOf } from '../support/ui-actings.ts';

const OTHER = '+14155550102';
/** How long an act on the screen may take, which no look at the Mac may, in milliseconds. */
const ACT_MS = 90_000;
const TEXT = 'written by the act';
/** One kind of kill in so many is tried of each act, unless all are asked for. */
const SHARE = 5;

/** Who is killed while an act is under way, and when that is. */
interface Kill {
  name: string;
  /** Before anything is done, or when it is done and not yet told; unset: as soon as it has begun. */
  during?: 'before' | 'after';
  agent: boolean;
  worker: boolean;
}

const kills: readonly Kill[] = [
  { name: 'the worker, before it acts', during: 'before', agent: false, worker: true },
  { name: 'the worker, after it acted', during: 'after', agent: false, worker: true },
  { name: 'agent and worker, before it acts', during: 'before', agent: true, worker: true },
  { name: 'agent and worker, after it acted', during: 'after', agent: true, worker: true },
  { name: 'the agent alone', agent: true, worker: false },
];

const { played } = playedOf(actings, { share: SHARE, releasesOf, faultsOf: () => kills });

async function world(macos: MacosRelease) {
  const { homes, mac, bridge } = await enrolledMac(macos);
  let agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => {
    await agent.kill();
  });
  const rows = (): MessageRow[] => messageRows(mac.messagesDb);
  const rowOf = (text: string): Promise<MessageRow> =>
    eventually(() => rows().find((row) => row.text === text && row.chat !== null), {
      within: 60_000,
      what: `the row of ${text}`,
    });
  const ended = (id: string): Promise<string> =>
    eventually(() => bridge.statesOf(id).find((state) => ['done', 'failed', 'uncertain'].includes(state)), {
      within: 120_000,
      what: `the end of ${id}`,
    });
  return {
    ...{ homes, bridge, rows, rowOf, ended },
    order: (id: string, more: object) => {
      const times = { issuedAt: isoTime(Date.now()), expiresAt: isoTime(Date.now() + 3_600_000) };
      bridge.order(commandSchema.parse({ id, traceId: `trc_${id}`, ...times, ...more }));
    },
    /** Process id of the worker of the act on the screen that is under way. */
    worker: () =>
      eventually(
        () => {
          const folder = path.join(homes.home, 'acts');
          const files = readdirSync(folder);
          const open = files.filter(
            (name) => name.endsWith('.started') && !files.includes(name.replace('.started', '.result')),
          );
          const begun = open.map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
          const onScreen = begun.find((one) => one.deadlineAt - one.startedAt === ACT_MS);
          return onScreen?.pid as number | undefined;
        },
        { within: 60_000, every: 5, what: 'an act that has begun' },
      ),
    killAgent: () => agent.kill(),
    startAgent: () => {
      agent = new BuiltAgent(homes, ['--pacing', 'off']);
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** What is ordered, and how often it was done. */
async function orderOf({ kind }: Acting, there: World) {
  const { homes, rows, rowOf, bridge, ended } = there;
  const on = async (own: boolean) => {
    if (own) {
      bridge.order(sendCommand('cmd_own', { to: FRIEND, text: 'own' }));
      expect(await ended('cmd_own')).toBe('done');
    } else await receiveText(homes.mac, FRIEND, 'theirs');
    const { guid } = await rowOf(own ? 'own' : 'theirs');
    return { guid, target: { guid, part: 0 } };
  };
  const written = () => rows().filter(({ text }) => text === TEXT).length;
  type Order = { order: Omit<Command, 'id'> | object; effects: () => number | Promise<number> };
  const makers: Record<string, () => Promise<Order>> = {
    react: async () => {
      const { guid, target } = await on(false);
      return {
        order: { type: 'message.react', conversation, target, reaction: 'like', action: 'add' },
        effects: () => rows().filter((row) => row.mine === 1 && row.on?.endsWith(guid)).length,
      };
    },
    reply: async () => ({
      order: { type: 'message.send', to: FRIEND, text: TEXT, replyTo: (await on(false)).target },
      effects: written,
    }),
    edit: async () => ({
      order: { type: 'message.edit', conversation, target: (await on(true)).target, text: TEXT },
      effects: written,
    }),
    unsend: async () => {
      const { guid, target } = await on(true);
      return {
        order: { type: 'message.unsend', conversation, target },
        effects: () => rows().filter((row) => row.guid === guid && row.text === '').length,
      };
    },
    typing: async () => {
      await on(false);
      return {
        order: { type: 'conversation.typing', conversation, state: 'on' },
        effects: async () => (await typingIn(homes.mac)).length,
      };
    },
    mark_read: async () => {
      const { guid } = await on(false);
      return {
        order: { type: 'conversation.read', conversation },
        effects: () => rows().filter((row) => row.guid === guid && row.read === 1).length,
      };
    },
    create_group: async () => ({
      order: { type: 'group.create', participants: [FRIEND, OTHER], text: TEXT },
      effects: written,
    }),
    send_effect: async () => {
      await on(false);
      return {
        order: { type: 'message.send', to: FRIEND, text: TEXT, effect: 'lasers' },
        effects: written,
      };
    },
  };
  const make = makers[kind];
  if (!make) throw new Error(`no order for ${kind}`);
  return make();
}

/** Gives the order, and kills in the middle of its act. */
async function killed(kill: Kill, acting: Acting, there: World, release: MacosRelease, order: object) {
  const { skip, after } = acting.last(release);
  const { mac } = there.homes;
  if (kill.during === 'before') await causeFault(mac, { kind: 'hang', at: 'look', skip: 12 });
  if (kill.during === 'after') await causeFault(mac, { kind: 'hang', at: after, skip });
  there.order('cmd_act', order);
  const worker = await there.worker();
  if (kill.during) await eventually(() => faultsHappened(mac), { within: 60_000, what: 'the hang' });
  if (kill.agent) await there.killAgent();
  if (kill.worker) process.kill(worker, 'SIGKILL');
  if (kill.agent) there.startAgent();
  const outcome = await there.ended('cmd_act');
  await askVirtualMac(mac, { call: 'clear-faults' });
  return outcome;
}

describe('an act on the screen is killed', () => {
  for (const { act: acting, fault: kill, release } of played)
    test(`${acting.name} on macOS ${release}, ${kill.name}: proven or uncertain, done once at most`, {
      timeout: 240_000,
    }, async () => {
      const there = await world(release);
      const { order, effects } = await orderOf(acting, there);
      const outcome = await killed(kill, acting, there, release, order);
      const times = kill.during === 'before' ? 0 : 1;
      const isProven = times === 1 && (acting.kind !== 'typing' || !kill.worker);
      expect(outcome).toBe(isProven ? 'done' : 'uncertain');
      expect(await effects()).toBe(times);
      there.bridge.order(sendCommand('cmd_next', { to: OTHER, text: 'next' }));
      expect(await there.ended('cmd_next')).toBe('done');
      expect(await effects()).toBe(times);
      expect(there.bridge.statesOf('cmd_act').filter((state) => state === 'acting')).toHaveLength(1);
    });
});
