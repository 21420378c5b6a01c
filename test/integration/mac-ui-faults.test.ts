import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { causeFault, receiveText, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { inShare } from '../support/extent.ts';
import { type MessageRow, messageRows } from '../support/message-rows.ts';

const FRIEND = '+14155550103';
/** Longer than any wait of a program; for one that hangs, longer than it takes to get there. */
const DEADLINE_MS = 20_000;
const HANG_MS = 6_000;
const conversation = { kind: 'direct', identifier: FRIEND } as const;

/** A thing to do, and how often it was done. */
interface Chance {
  act: Act;
  effects(): number | Promise<number>;
}

interface Acting {
  name: string;
  macos: MacosRelease;
  chance(world: ActingMac, tag: string): Promise<Chance>;
  /** The event that cannot be taken back: what it is, how many of its kind come before it, what follows it. */
  last: { at: 'perform' | 'key' | 'open'; skip: number; after: 'performed' | 'keyed' | 'opened' };
  /** Whether the program sees that the event did nothing. */
  verifies: boolean;
  /** What is done concerns the whole conversation, so that doing it again is seen in what came before. */
  shared?: true;
  /** It writes into a field first. */
  writes?: true;
}

const target = ({ guid, text }: MessageRow) => ({ guid, part: 0, text });

async function joined(world: ActingMac, text: string): Promise<MessageRow> {
  return eventually(
    () => messageRows(world.messagesDb).find((row) => row.text === text && row.chat !== null),
    { what: `the row of ${text}` },
  );
}

async function inbound(world: ActingMac, tag: string): Promise<MessageRow> {
  await receiveText(world.home, FRIEND, `in ${tag}`);
  return joined(world, `in ${tag}`);
}

async function outbound(world: ActingMac, tag: string): Promise<MessageRow> {
  await world.mac.perform(`act_${randomUUID()}`, { kind: 'send_text', handle: FRIEND, text: `out ${tag}` });
  return joined(world, `out ${tag}`);
}

const rowsWith = (world: ActingMac, test: (row: MessageRow) => boolean) => () =>
  messageRows(world.messagesDb).filter(test).length;

async function reaction(world: ActingMac, tag: string): Promise<Chance> {
  const row = await inbound(world, tag);
  return {
    act: {
      kind: 'react',
      conversation,
      target: target(row),
      reaction: 'like',
      action: 'add',
      standing: null,
    },
    effects: rowsWith(world, (one) => one.mine === 1 && one.on === `p:0/${row.guid}` && one.type === 2001),
  };
}

const actings: Acting[] = [
  {
    name: 'a tapback by the picker',
    macos: '15',
    chance: reaction,
    last: { at: 'perform', skip: 1, after: 'performed' },
    verifies: true,
  },
  {
    name: 'a tapback by an action',
    macos: '26',
    chance: reaction,
    last: { at: 'perform', skip: 0, after: 'performed' },
    verifies: false,
  },
  {
    name: 'a reply',
    macos: '15',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      return {
        act: { kind: 'reply', conversation, target: target(row), text: `reply ${tag}` },
        effects: rowsWith(world, (one) => one.text === `reply ${tag}`),
      };
    },
    last: { at: 'key', skip: 0, after: 'keyed' },
    verifies: true,
    writes: true,
  },
  {
    name: 'an edit',
    macos: '27',
    chance: async (world, tag) => {
      const row = await outbound(world, tag);
      return {
        act: { kind: 'edit', conversation, target: target(row), text: `edit ${tag}` },
        effects: rowsWith(world, (one) => one.text === `edit ${tag}`),
      };
    },
    last: { at: 'perform', skip: 1, after: 'performed' },
    verifies: true,
    writes: true,
  },
  {
    name: 'an unsend',
    macos: '13',
    chance: async (world, tag) => {
      const row = await outbound(world, tag);
      return {
        act: { kind: 'unsend', conversation, target: target(row) },
        effects: rowsWith(world, (one) => one.guid === row.guid && one.text === ''),
      };
    },
    last: { at: 'perform', skip: 0, after: 'performed' },
    verifies: false,
  },
  {
    name: 'typing',
    macos: '26',
    chance: async (world, tag) => {
      const first = await joined(world, 'in first');
      const row = await inbound(world, tag);
      const off = { kind: 'typing', conversation, anchor: target(first), state: 'off' } as const;
      if ((await typingIn(world.home)).length > 0) await world.mac.perform(`act_${randomUUID()}`, off);
      return {
        act: { kind: 'typing', conversation, anchor: target(row), state: 'on' },
        effects: async () => (await typingIn(world.home)).length,
      };
    },
    last: { at: 'open', skip: 1, after: 'opened' },
    verifies: true,
    shared: true,
  },
  {
    name: 'a read mark',
    macos: '14',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      return {
        act: { kind: 'mark_read', conversation, anchor: target(row) },
        effects: rowsWith(world, (one) => one.guid === row.guid && one.read === 1),
      };
    },
    last: { at: 'perform', skip: 0, after: 'performed' },
    verifies: true,
    shared: true,
  },
  {
    name: 'a new group',
    macos: '12',
    chance: async (world, tag) => ({
      act: { kind: 'create_group', participants: [FRIEND, '+14155550102'], text: `group ${tag}` },
      effects: rowsWith(world, (one) => one.text === `group ${tag}`),
    }),
    last: { at: 'key', skip: 0, after: 'keyed' },
    verifies: true,
    writes: true,
  },
  {
    name: 'an effect',
    macos: '27',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      return {
        act: {
          kind: 'send_effect',
          conversation,
          anchor: target(row),
          text: `effect ${tag}`,
          effect: 'lasers',
        },
        effects: rowsWith(world, (one) => one.text === `effect ${tag}`),
      };
    },
    last: { at: 'perform', skip: 3, after: 'performed' },
    verifies: true,
    writes: true,
  },
];

const conditions: Array<[FaultInput['kind'], string]> = [
  ['no-console', 'no_console_session'],
  ['screen-locked', 'screen_locked'],
  ['no-accessibility', 'accessibility_denied'],
  ['sheet', 'ui_locked'],
  ['second-window', 'ui_locked'],
  ['second-messages', 'ui_locked'],
  ['not-running', 'messages_not_running'],
];

interface Case {
  name: string;
  fault: FaultInput;
  outcome: ActOutcome['outcome'];
  codes?: readonly string[];
  effects: 0 | 1;
  /** Whether it may leave something open, written or closed that the next act must cope with. */
  messy?: true;
}

function casesOf({ last, verifies, writes, name }: Acting): Case[] {
  const { at, skip, after } = last;
  const early: Case[] = [
    {
      name: 'a link that fails',
      fault: { kind: 'error', at: 'open', number: -600 },
      outcome: 'not_started',
      codes: ['messages_not_running'],
      effects: 0,
    },
    {
      name: 'a link that does nothing',
      fault: { kind: 'nothing', at: 'open' },
      outcome: 'not_started',
      codes: ['wrong_conversation'],
      effects: 0,
    },
    {
      name: 'a look that is not answered in time',
      fault: { kind: 'error', at: 'look', number: -1712, skip: 3 },
      outcome: 'not_started',
      codes: ['act_timed_out'],
      effects: 0,
    },
    {
      name: 'a hang at a look',
      fault: { kind: 'hang', at: 'look', skip: 12 },
      outcome: 'not_started',
      codes: ['act_timed_out'],
      effects: 0,
      messy: true,
    },
    {
      name: 'a window that closes',
      fault: { kind: 'window-closed', at: 'look', skip: 20 },
      outcome: 'not_started',
      codes: ['act_failed', 'wrong_conversation', 'ui_not_recognised'],
      effects: 0,
      messy: true,
    },
  ];
  const astray: Case = {
    name: 'another conversation',
    fault: { kind: 'wrong-conversation' },
    outcome: 'not_started',
    codes: ['wrong_conversation'],
    effects: 0,
  };
  const unwritten: Case = {
    name: 'a field that takes nothing',
    fault: { kind: 'nothing', at: 'set' },
    outcome: 'not_started',
    codes: ['text_not_sendable'],
    effects: 0,
    messy: true,
  };
  const noPicker: Case = {
    name: 'a picker that does not appear',
    fault: { kind: 'no-picker' },
    outcome: 'not_started',
    codes: ['ui_not_recognised'],
    effects: 0,
  };
  const late: Case[] = [
    {
      name: 'an error at the last event',
      fault: { kind: 'error', at, number: -1712, skip },
      outcome: 'uncertain',
      effects: 0,
      messy: true,
    },
    {
      name: 'an error after the last event',
      fault: { kind: 'error', at: after, number: -609, skip },
      outcome: 'uncertain',
      effects: 1,
      messy: true,
    },
    {
      name: 'a hang after the last event',
      fault: { kind: 'hang', at: after, skip },
      outcome: 'uncertain',
      effects: 1,
      messy: true,
    },
    {
      name: 'a last event that does nothing',
      fault: { kind: 'nothing', at, skip },
      outcome: verifies ? 'uncertain' : 'handed_over',
      effects: 0,
      messy: true,
    },
  ];
  return [
    ...early,
    ...(name === 'a new group' ? [] : [astray]),
    ...(writes ? [unwritten] : []),
    ...(name === 'a tapback by the picker' ? [noPicker] : []),
    ...late,
  ];
}

/** Command lines of processes that work on a virtual Mac. */
const processesOn = (home: string): string[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home));

/** One case in so many is played unless all are asked for. */
const SHARE = 8;

describe.concurrent.each(actings)('$name on macOS $macos', (acting) => {
  let world: ActingMac;
  let hanging: ActingMac['mac'];
  let count = 0;

  beforeAll(async () => {
    world = await startActingMac(acting.macos, DEADLINE_MS);
    hanging = world.another(HANG_MS);
    await world.mac.perform('act_other', { kind: 'send_text', handle: '+14155550102', text: 'elsewhere' });
    await joined(world, 'elsewhere');
    await inbound(world, 'first');
  });
  afterAll(() => world?.close());

  const chance = (): Promise<Chance> => {
    count += 1;
    return acting.chance(world, String(count));
  };
  const perform = (act: Act, mac = world.mac): Promise<ActOutcome> => mac.perform(`act_${randomUUID()}`, act);
  const clearFaults = () => askVirtualMac(world.home, { call: 'clear-faults' });

  const works = async (): Promise<void> => {
    const { act, effects } = await chance();
    expect(await perform(act)).toEqual({ outcome: 'handed_over' });
    expect(await effects()).toBe(1);
  };

  test.sequential('is refused while something is in its way, and then works', async () => {
    // Every program begins with the same look around.
    for (const [kind, code] of acting === actings[0] ? conditions : conditions.slice(0, 3)) {
      const { act, effects } = await chance();
      await causeFault(world.home, { kind } as FaultInput);
      expect(await perform(act), kind).toMatchObject({ outcome: 'not_started', error: { code } });
      expect(await effects(), kind).toBe(0);
      await clearFaults();
    }
    await works();
  });

  // Shifted from act to act, so that the share of each run meets every kind of fault.
  for (const [index, one] of casesOf(acting).entries())
    test.sequential(`${one.name}: ${one.outcome}, done ${one.effects} times`, {
      skip: !inShare(index + actings.indexOf(acting), SHARE),
    }, async () => {
      const { act, effects } = await chance();
      await causeFault(world.home, one.fault);
      const outcome = await perform(act, one.fault.kind === 'hang' ? hanging : world.mac);
      expect(outcome).toMatchObject({ outcome: one.outcome });
      if (one.codes && 'error' in outcome) expect(one.codes).toContain(outcome.error.code);
      expect(await effects()).toBe(one.effects);
      await clearFaults();
      if (!one.messy) return;
      await eventually(() => processesOn(world.home).length === 0, { what: 'no process left' });
      await works();
      if (!acting.shared) expect(await effects()).toBe(one.effects);
    });
});
