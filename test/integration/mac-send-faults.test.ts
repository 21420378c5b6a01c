import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { playedOf, whole } from '../support/extent.ts';
import { type MessageRow, messageRows } from '../support/message-rows.ts';
import { processesOn } from '../support/processes-on.ts';

const FRIEND = '+14155550103';
const STRANGER = '+14155550105';
const DEADLINE_MS = 60_000;
const HANG_MS = whole ? 20_000 : 8_000;
/** One fault in so many is played of each way to send, on one release, unless all are asked for. */
const SHARE = 8;

/** A way to send, and the events of Messages that it asks before the send. */
interface Sending {
  name: string;
  asks: readonly ('accounts' | 'participant' | 'chat')[];
  /** The chat that it names. */
  chat?: 'direct' | 'group';
  file?: true;
}

const sendings: readonly Sending[] = [
  { name: 'a text to a handle', asks: ['accounts', 'participant'] },
  { name: 'a text into a known chat', asks: ['chat'], chat: 'direct' },
  { name: 'a text into a group', asks: ['chat'], chat: 'group' },
  { name: 'a file to a handle', asks: ['accounts', 'participant'], file: true },
  { name: 'a file into a group', asks: ['chat'], chat: 'group', file: true },
];

interface World extends ActingMac {
  hanging: ActingMac['mac'];
  guids: Record<'direct' | 'group', string>;
}

interface Chance {
  actId: string;
  act: Act;
  /** Rows of it that stand in their chat. */
  rows(): MessageRow[];
}

interface SendFault {
  name: string;
  /** Faults of one kind differ by the event that they meet. */
  kind?: string;
  cause(world: World, chance: Chance): unknown;
  outcome: ActOutcome['outcome'];
  code?: string;
  effects: 0 | 1;
  /** The agent gives up at its deadline. */
  hangs?: true;
  /** What follows the act. */
  afterwards?(world: World, chance: Chance): unknown;
}

const refused = (name: string, code: string, cause: SendFault['cause']): SendFault => ({
  ...{ name, cause, code, outcome: 'not_started', effects: 0 },
});
const ofKind = (kind: string, fault: SendFault): SendFault => ({ ...fault, kind });
const by =
  (...faults: FaultInput[]): SendFault['cause'] =>
  async ({ home }) => {
    for (const fault of faults) await causeFault(home, fault);
  };

const numbers: ReadonlyArray<readonly [number, string]> = [
  [-600, 'messages_not_running'],
  [-609, 'messages_not_running'],
  [-1712, 'act_timed_out'],
  [-1743, 'automation_denied'],
  [-1744, 'automation_denied'],
  [-10004, 'automation_denied'],
];

function consent({ home }: World, value: number | undefined): void {
  const db = new Database(path.join(home, 'Library/Application Support/com.apple.TCC/TCC.db'));
  const where = "WHERE indirect_object_identifier = 'com.apple.MobileSMS'";
  if (value === undefined) db.exec(`UPDATE access SET client = 'gone:' || client ${where}`);
  else db.exec(`UPDATE access SET client = replace(client, 'gone:', ''), auth_value = ${value} ${where}`);
  db.close();
}

/** What goes wrong before the send verb: nothing is sent. */
const before = ({ asks, chat, file }: Sending): SendFault[] => [
  ...asks.flatMap((at) => [
    ...numbers.map(([number, code]) =>
      ofKind(
        `${number} before the send`,
        refused(`${number} at ${at}`, code, by({ kind: 'error', at, number })),
      ),
    ),
    {
      ...ofKind(
        'a hang before the send',
        refused(`a hang at ${at}`, 'act_timed_out', by({ kind: 'hang', at })),
      ),
      hangs: true as const,
    },
  ]),
  ...(asks.includes('accounts')
    ? [refused('no account', 'imessage_signed_out', by({ kind: 'error', at: 'accounts', number: -1728 }))]
    : []),
  refused('Messages not running', 'messages_not_running', by({ kind: 'not-running' })),
  {
    ...refused('Messages that hangs', 'act_timed_out', ({ home }) =>
      askVirtualMac(home, { call: 'break-messages', how: 'term' }),
    ),
    hangs: true,
    afterwards: async ({ home }) => {
      for (const command of ['term', 'open'] as const)
        await askVirtualMac(home, { call: 'process', command });
    },
  },
  {
    ...refused('Automation denied', 'automation_denied', (world) => consent(world, 0)),
    afterwards: (world) => consent(world, 2),
  },
  {
    ...refused('a prompt that nobody answers', 'act_timed_out', (world) => consent(world, undefined)),
    hangs: true,
    afterwards: (world) => consent(world, 2),
  },
  ...(chat === 'group' ? [refused('a group that Messages does not know', 'chat_unknown', by(missing))] : []),
  ...(file
    ? [
        refused('a file that is gone', 'file_not_sendable', (_world, { act }) => {
          if (act.kind === 'send_file') rmSync(act.path);
        }),
      ]
    : []),
];

const missing = { kind: 'error', at: 'chat', number: -1728, times: 1, skip: 0 } as const;

/** What goes wrong at the send verb or after it. */
function after({ chat }: Sending): SendFault[] {
  const uncertain = (name: string, fault: FaultInput, effects: 0 | 1): SendFault => ({
    ...{ name, cause: by(fault), outcome: 'uncertain', effects },
    ...(fault.kind === 'hang' ? { hangs: true as const } : {}),
  });
  const sent = (name: string, cause: SendFault['cause'], effects: 0 | 1): SendFault => ({
    ...{ name, cause, outcome: 'handed_over', effects },
  });
  return [
    ...[-1728, -1712, -609, 1].map((number) =>
      uncertain(`${number} at the send`, { kind: 'error', at: 'send', number }, 0),
    ),
    uncertain('a hang at the send', { kind: 'hang', at: 'send' }, 0),
    uncertain('Messages that quits after the send', { kind: 'error', at: 'sent', number: -609 }, 1),
    uncertain('a hang after the send', { kind: 'hang', at: 'sent' }, 1),
    sent('a join row that comes late', by({ kind: 'late-join', ms: 1_500 }), 1),
    sent('a screen that is locked', by({ kind: 'screen-locked' }), 1),
    ...(chat ? [sent('a ghost row', by({ kind: 'ghost-row' }), 0)] : []),
    ...(chat === 'direct'
      ? [sent('a chat that Messages does not know, whose handle it does', by(missing), 1)]
      : []),
    ...(chat
      ? []
      : [sent('a participant by name that it does not know', by({ ...missing, at: 'participant' }), 1)]),
  ];
}

const { all, played } = playedOf(sendings, {
  share: SHARE,
  releasesOf: (): readonly MacosRelease[] => macosReleases,
  faultsOf: (sending) => [...before(sending), ...after(sending)],
});

test('a run meets every way to send, every release and every kind of fault', () => {
  type Case = (typeof all)[number];
  for (const of of [
    ({ act }: Case) => act.name,
    ({ release }: Case) => release,
    ({ fault }: Case) => fault.kind ?? fault.name,
  ])
    expect(new Set(played.map(of))).toEqual(new Set(all.map(of)));
});

describe.concurrent.each(macosReleases)('on macOS %s', (macos) => {
  let world: World;

  beforeAll(async () => {
    const mac = await startActingMac(macos, DEADLINE_MS);
    const rowOf = (text: string) =>
      eventually(
        () => messageRows(mac.messagesDb).find((row) => row.text === text && row.chatGuid !== null),
        {
          what: `the row of ${text}`,
        },
      );
    await mac.mac.perform('act_first', { kind: 'send_text', handle: FRIEND, text: 'first' });
    const participants = [FRIEND, '+14155550102'];
    await mac.mac.perform('act_group', { kind: 'create_group', participants, text: 'all' });
    const [direct, group] = [(await rowOf('first')).chatGuid, (await rowOf('all')).chatGuid];
    world = { ...mac, hanging: mac.another(HANG_MS), guids: { direct: direct ?? '', group: group ?? '' } };
  });
  afterAll(() => world?.close());

  async function chance({ chat, file }: Sending): Promise<Chance> {
    const tag = randomUUID();
    const actId = `act_${tag}`;
    const to =
      chat === 'group'
        ? { chat: world.guids.group }
        : { handle: FRIEND, ...(chat && { chat: world.guids.direct }) };
    const rows = () =>
      messageRows(world.messagesDb).filter(
        (row) => row.chat !== null && (file ? row.file === `${tag}.txt` : row.text === tag),
      );
    if (file) {
      const source = path.join(world.home, 'source');
      writeFileSync(source, tag);
      const staged = await world.staging.stage(actId, { source, name: `${tag}.txt` });
      return { actId, act: { kind: 'send_file', ...to, path: staged }, rows };
    }
    const act =
      'handle' in to
        ? ({ kind: 'send_text', ...to, text: tag } as const)
        : ({ kind: 'send_to_chat', ...to, text: tag } as const);
    return { actId, act, rows };
  }

  for (const { act: sending, fault } of played.filter(({ release }) => release === macos))
    test.sequential(`${sending.name}, ${fault.name}: ${fault.outcome}, sent ${fault.effects} times`, {
      timeout: 240_000,
    }, async () => {
      const one = await chance(sending);
      await fault.cause(world, one);
      const outcome = await (fault.hangs ? world.hanging : world.mac).perform(one.actId, one.act);
      expect(outcome).toMatchObject({ outcome: fault.outcome });
      if (fault.code) expect(outcome).toMatchObject({ error: { code: fault.code } });
      if (fault.effects === 1)
        await eventually(() => one.rows().length === 1, { within: 60_000, what: 'its row in its chat' });
      await fault.afterwards?.(world, one);
      await askVirtualMac(world.home, { call: 'clear-faults' });
      await eventually(() => processesOn(world.home).length === 0, {
        within: 60_000,
        what: 'no process left',
      });
      const next = await chance(sending);
      expect(await world.mac.perform(next.actId, next.act)).toEqual({ outcome: 'handed_over' });
      await eventually(() => next.rows().length === 1, { within: 60_000, what: 'the row of the next' });
      expect(one.rows()).toHaveLength(fault.effects);
    });

  test.sequential('who is not on iMessage: handed over, and failed by Messages with error 22', async () => {
    const text = `to a stranger ${randomUUID()}`;
    const act = { kind: 'send_text', handle: STRANGER, text } as const;
    expect(await world.mac.perform(`act_${randomUUID()}`, act)).toEqual({ outcome: 'handed_over' });
    const rows = () => messageRows(world.messagesDb).filter((row) => row.text === text);
    await eventually(() => rows()[0]?.error === 22, { what: 'error 22' });
    expect(rows()).toHaveLength(1);
  });
});
