import { randomUUID } from 'node:crypto';
import type { Act } from '../../agent/mac/types.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { receiveText, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import type { ActingMac } from './acting-mac.ts';
import { eventually } from './eventually.ts';
import { type MessageRow, messageRows } from './message-rows.ts';
import { cannotOn } from './release-limits.ts';

export const FRIEND = '+14155550103';
export const conversation = { kind: 'direct', identifier: FRIEND } as const;

/** A thing to do, and how often it was done. */
export interface Chance {
  act: Act;
  effects(): number | Promise<number>;
}

/** A kind of act on the screen, as the tests of faults do it. */
export interface Acting {
  name: string;
  kind: Act['kind'];
  chance(world: ActingMac, tag: string): Promise<Chance>;
  /** The event that cannot be taken back: what it is, how many of its kind come before it, what follows it. */
  last(macos: MacosRelease): {
    at: 'perform' | 'key' | 'open';
    skip: number;
    after: 'performed' | 'keyed' | 'opened';
  };
  /** Whether the program sees that the event did nothing. */
  verifies(macos: MacosRelease): boolean;
  /** What is done concerns the whole conversation, so that doing it again is seen in what came before. */
  shared?: true;
  /** It writes into a field first. */
  writes?: true;
  /** Whether it is done in another language: by what no language changes, or by the words of Messages' own bundles. */
  anyLanguage(macos: MacosRelease): boolean;
  /** It needs no words at all. */
  wordless?: true;
}

const target = ({ guid, text }: MessageRow) => ({ guid, part: 0, text });

export const joined = (world: ActingMac, text: string): Promise<MessageRow> =>
  eventually(() => messageRows(world.messagesDb).find((row) => row.text === text && row.chat !== null), {
    what: `the row of ${text}`,
  });

export async function inbound(world: ActingMac, tag: string): Promise<MessageRow> {
  await receiveText(world.home, FRIEND, `in ${tag}`);
  return joined(world, `in ${tag}`);
}

async function outbound(world: ActingMac, tag: string): Promise<MessageRow> {
  await world.mac.perform(`act_${randomUUID()}`, { kind: 'send_text', handle: FRIEND, text: `out ${tag}` });
  return joined(world, `out ${tag}`);
}

const rowsWith = (world: ActingMac, test: (row: MessageRow) => boolean) => () =>
  messageRows(world.messagesDb).filter(test).length;

const pressed = (skip: number) => ({ at: 'perform', skip, after: 'performed' }) as const;
const always = () => true;

export const actings: readonly Acting[] = [
  {
    name: 'a tapback',
    kind: 'react',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      const what = { reaction: 'like', action: 'add', standing: null } as const;
      return {
        act: { kind: 'react', conversation, target: target(row), ...what },
        effects: rowsWith(
          world,
          (one) => one.mine === 1 && one.on === `p:0/${row.guid}` && one.type === 2001,
        ),
      };
    },
    // By the picker; on macOS 26 by an action of the bubble, which shows nothing afterwards.
    last: (macos) => pressed(macos === '26' ? 0 : 1),
    verifies: (macos) => macos !== '26',
    anyLanguage: (macos) => macos !== '26' && macos !== '27',
  },
  {
    name: 'a reply',
    kind: 'reply',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      return {
        act: { kind: 'reply', conversation, target: target(row), text: `reply ${tag}` },
        effects: rowsWith(world, (one) => one.text === `reply ${tag}`),
      };
    },
    last: () => ({ at: 'key', skip: 0, after: 'keyed' }),
    verifies: always,
    writes: true,
    anyLanguage: always,
  },
  {
    name: 'an edit',
    kind: 'edit',
    chance: async (world, tag) => {
      const row = await outbound(world, tag);
      return {
        act: { kind: 'edit', conversation, target: target(row), text: `edit ${tag}` },
        effects: rowsWith(world, (one) => one.text === `edit ${tag}`),
      };
    },
    // Until macOS 14 the menu of the bubble is opened first.
    last: (macos) => pressed(['13', '14'].includes(macos) ? 2 : 1),
    verifies: always,
    writes: true,
    anyLanguage: always,
  },
  {
    name: 'an unsend',
    kind: 'unsend',
    chance: async (world, tag) => {
      const row = await outbound(world, tag);
      return {
        act: { kind: 'unsend', conversation, target: target(row) },
        effects: rowsWith(world, (one) => one.guid === row.guid && one.text === ''),
      };
    },
    last: () => pressed(0),
    verifies: () => false,
    anyLanguage: always,
  },
  {
    name: 'typing',
    kind: 'typing',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      const off = { kind: 'typing', conversation, anchor: target(row), state: 'off' } as const;
      if ((await typingIn(world.home)).length > 0) await world.mac.perform(`act_${randomUUID()}`, off);
      return {
        act: { kind: 'typing', conversation, anchor: target(row), state: 'on' },
        effects: async () => (await typingIn(world.home)).length,
      };
    },
    last: () => ({ at: 'open', skip: 1, after: 'opened' }),
    verifies: always,
    shared: true,
    anyLanguage: always,
    wordless: true,
  },
  {
    name: 'a read mark',
    kind: 'mark_read',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      return {
        act: { kind: 'mark_read', conversation, anchor: target(row) },
        effects: rowsWith(world, (one) => one.guid === row.guid && one.read === 1),
      };
    },
    last: () => pressed(0),
    verifies: always,
    shared: true,
    anyLanguage: always,
  },
  {
    name: 'a new group',
    kind: 'create_group',
    chance: async (world, tag) => ({
      act: { kind: 'create_group', participants: [FRIEND, '+14155550102'], text: `group ${tag}` },
      effects: rowsWith(world, (one) => one.text === `group ${tag}`),
    }),
    last: () => ({ at: 'key', skip: 0, after: 'keyed' }),
    verifies: always,
    writes: true,
    anyLanguage: always,
  },
  {
    name: 'an effect',
    kind: 'send_effect',
    chance: async (world, tag) => {
      const row = await inbound(world, tag);
      const what = { text: `effect ${tag}`, effect: 'lasers' } as const;
      return {
        act: { kind: 'send_effect', conversation, anchor: target(row), ...what },
        effects: rowsWith(world, (one) => one.text === `effect ${tag}`),
      };
    },
    last: () => pressed(3),
    verifies: always,
    writes: true,
    anyLanguage: () => false,
  },
];

/** Releases on which an act can be done. */
export const releasesOf = ({ kind }: Acting): readonly MacosRelease[] =>
  macosReleases.filter((macos) => !cannotOn(Number(macos)).has(kind));
