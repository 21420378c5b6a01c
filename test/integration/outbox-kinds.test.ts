import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { createOutbox, type Outbox, type OutboxOptions } from '../../agent/outbox/outbox.ts';
import type { Held } from '../../agent/pacing/types.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import { commandSchema } from '../../bridge/protocol/commands.ts';
import { type AgentEvent, agentEventSchema } from '../../bridge/protocol/events.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { freePacer, noErrands, noFiles, TestEvidence, TestMac } from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANNA = '+14155550101';
const BEN = '+14155550102';
const withAnna = { kind: 'direct', identifier: ANNA } as const;
const withBen = { kind: 'direct', identifier: BEN } as const;
const GROUP = { kind: 'group', identifier: 'chat42' } as const;
const TARGET = { guid: 'their-message', part: 0 };

let clock: ManualClock;
let journal: Journal;
let mac: TestMac;
let evidence: TestEvidence;
let outbox: Outbox;
let seq: number;

function open(more: Partial<OutboxOptions> = {}): void {
  outbox = createOutbox({
    journal,
    mac,
    messagesDb: evidence,
    evidence,
    files: noFiles,
    errands: noErrands,
    pacer: freePacer,
    clock,
    logger: silentLogger,
    ...more,
  });
  outbox.start();
}

async function restart(more: Partial<OutboxOptions> = {}): Promise<void> {
  const stopped = outbox.stop();
  await mac.stop();
  await stopped;
  mac = new TestMac();
  open(more);
}

type Order = Command extends infer C
  ? C extends Command
    ? Omit<C, 'id' | 'traceId' | 'issuedAt' | 'expiresAt'>
    : never
  : never;

function order(id: string, command: Order): void {
  const issuedAt = isoTime(clock.now());
  const expiresAt = isoTime(clock.now() + 3_600_000);
  seq += 1;
  const whole = commandSchema.parse({ id, traceId: 'trc', issuedAt, expiresAt, ...command });
  journal.acceptCommands([{ seq, command: whole, expiresAt: Date.parse(expiresAt) }], clock.now());
  outbox.wake();
}

const facts = (): AgentEvent[] =>
  journal.eventsAfter(0, 1_000).map(({ event }) => agentEventSchema.parse(event));

const told = (id: string): string[] =>
  facts().flatMap((event) =>
    'commandId' in event && event.commandId === id
      ? [event.type === 'command.state' ? event.state : event.type]
      : [],
  );

const stateOf = (id: string): string | undefined => journal.command(id)?.state;
const acted = (count: number): Promise<unknown> => eventually(() => mac.acts.length === count);

const file = (name: string) => ({
  mediaId: `med_${name.replace('.', '_')}`,
  name,
  mimeType: 'image/jpeg',
  bytes: 5,
  sha256: 'a'.repeat(64),
});

/** Files that are here, and are staged under their names. */
const filesHere: OutboxOptions['files'] = {
  ready: (command, index) => `/media/${command.files?.[index]?.mediaId}`,
  fetch: () => undefined,
  stage: async (actId, { name }) => `/staged/${actId}/${name}`,
};

beforeEach(() => {
  clock = new ManualClock();
  journal = openJournal(path.join(tempFolder(), 'journal.db'));
  journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
  mac = new TestMac();
  evidence = new TestEvidence();
  evidence.texts.set('their-message 0', 'hello');
  evidence.groups.set('chat42', { guid: 'iMessage;+;chat42', members: [ANNA, BEN] });
  seq = 0;
  open();
});

afterEach(async () => {
  const stopped = outbox.stop();
  await mac.stop();
  await stopped;
  journal.close();
});

describe('a message of several parts', () => {
  const parts = {
    type: 'message.send',
    to: ANNA,
    text: 'look',
    files: [file('a.jpg'), file('b.jpg')],
  } as const;
  const sendAll: Order = { ...parts, files: [...parts.files] };

  test('is sent in order, each part after the proof of the one before, and tells the states of the last', async () => {
    await restart({ files: filesHere });
    order('a', sendAll);
    order('later', { type: 'message.send', to: ANNA, text: 'after it' });
    await acted(1);
    const first = evidence.add(clock.now(), { chat: withAnna, text: 'look' });
    await mac.end();
    await acted(2);
    expect(mac.acts[1]).toMatchObject({ kind: 'send_file', path: expect.stringMatching(/a\.jpg$/) });
    await mac.end();
    await clock.advance(1_000);
    expect(stateOf('a')).toBe('confirming');
    evidence.add(clock.now(), { chat: withAnna, text: '\uFFFC', files: ['a.jpg'] });
    await clock.advance(200);
    await acted(3);
    const last = evidence.add(clock.now(), { chat: withAnna, text: '\uFFFC', files: ['b.jpg'] });
    await mac.end();
    expect(journal.command('a')).toMatchObject({ state: 'done', guid: first.guid, part: 2 });
    await acted(4);
    expect(mac.acts[3]).toMatchObject({ text: 'after it' });
    const state = { kind: 'own-state', service: 'iMessage', error: null, at: clock.now() } as const;
    const memory = { cursor: 'd', remember: [], forget: [] };
    outbox.take({ changes: [{ ...state, guid: first.guid, state: 'sent' }], memory });
    expect(told('a')).not.toContain('message.sent');
    outbox.take({ changes: [{ ...state, guid: last.guid, state: 'sent' }], memory });
    outbox.take({ changes: [{ ...state, guid: first.guid, state: 'failed', error: 25 }], memory });
    expect(told('a').slice(-2)).toEqual(['message.sent', 'message.failed']);
  });

  test('goes on with the part that is next after a crash', async () => {
    await restart({ files: filesHere });
    order('a', sendAll);
    await acted(1);
    evidence.add(clock.now(), { chat: withAnna, text: 'look' });
    await mac.end();
    await acted(2);
    evidence.add(clock.now(), { chat: withAnna, text: '\uFFFC', files: ['a.jpg'] });
    await restart({ files: filesHere });
    await acted(1);
    expect(mac.acts[0]).toMatchObject({ path: expect.stringMatching(/b\.jpg$/) });
  });

  test('waits for its files while others pass, and fails when they will not come', async () => {
    let arrived: () => void = () => undefined;
    let refused: AppError | undefined;
    await restart({
      files: {
        ...filesHere,
        ready: () => {
          if (refused) throw refused;
          return undefined;
        },
        fetch: (_, __, onChange) => {
          arrived = onChange;
        },
      },
    });
    order('a', { type: 'message.send', to: ANNA, files: [file('a.jpg')] });
    order('b', { type: 'message.send', to: BEN, text: 'not held up' });
    await acted(1);
    expect(mac.acts[0]).toMatchObject({ text: 'not held up' });
    await mac.end();
    refused = new AppError('The bridge refused the file', { code: 'not_found', retry: 'never' });
    arrived();
    expect(journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
  });

  test('waits for room on the disk while others pass, and goes out once there is some', async () => {
    let room = false;
    const stage: OutboxOptions['files']['stage'] = async (actId, file_) => {
      if (!room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return filesHere.stage(actId, file_);
    };
    await restart({ files: { ...filesHere, stage } });
    order('a', { type: 'message.send', to: ANNA, files: [file('a.jpg')] });
    order('b', { type: 'message.send', to: BEN, text: 'not held up' });
    await acted(1);
    expect(mac.acts[0]).toMatchObject({ text: 'not held up' });
    evidence.add(clock.now(), { chat: withBen, text: 'not held up' });
    await mac.end();
    expect(journal.command('a')).toMatchObject({ state: 'queued', error: null });
    room = true;
    await clock.advance(2_000);
    await acted(2);
    expect(mac.acts[1]).toMatchObject({ kind: 'send_file' });
  });

  test('tells at its deadline how much of it went out', async () => {
    let here = true;
    await restart({ files: { ...filesHere, ready: () => (here ? '/media/a' : undefined) } });
    order('a', sendAll);
    await acted(1);
    here = false;
    evidence.add(clock.now(), { chat: withAnna, text: 'look' });
    await mac.end();
    await clock.advance(3_600_001);
    expect(journal.command('a')).toMatchObject({
      state: 'failed',
      error: { code: 'expired', message: '1 of 3 parts were sent before the deadline' },
    });
  });
});

describe('what each kind of command is proved by', () => {
  test.each<[string, Order, object, () => void]>([
    [
      'a text to a group by its row there',
      { type: 'message.send', conversation: GROUP, text: 'to all' },
      { kind: 'send_to_chat', chat: 'iMessage;+;chat42', text: 'to all' },
      () => {
        evidence.add(clock.now(), { chat: { kind: 'direct', identifier: 'chat42' }, text: 'to all' });
        evidence.add(clock.now(), { chat: GROUP, text: 'to all' });
      },
    ],
    [
      'a text by SMS',
      { type: 'message.send', to: ANNA, text: 'green', service: 'SMS' },
      { kind: 'send_text', handle: ANNA, text: 'green', service: 'SMS' },
      () => evidence.add(clock.now(), { chat: withAnna, text: 'green', service: 'SMS' }),
    ],
    [
      'a reply by its row in the thread',
      { type: 'message.send', conversation: withAnna, text: 'yes', replyTo: TARGET },
      { kind: 'reply', conversation: withAnna, target: { ...TARGET, text: 'hello' }, text: 'yes' },
      () => evidence.add(clock.now(), { chat: withAnna, text: 'yes', replyTo: TARGET }),
    ],
    [
      'a text with an effect',
      { type: 'message.send', to: ANNA, text: 'boo', effect: 'slam' },
      { kind: 'send_effect', conversation: withAnna, text: 'boo', effect: 'slam' },
      () => evidence.add(clock.now(), { chat: withAnna, text: 'boo' }),
    ],
    [
      'a tapback by its row on that part',
      { type: 'message.react', conversation: withAnna, target: TARGET, reaction: 'emphasize', action: 'add' },
      { kind: 'react', reaction: 'emphasize', action: 'add', standing: null },
      () => {
        const tapback = { name: 'emphasise', emoji: null, action: 'add', target: TARGET } as const;
        evidence.add(clock.now(), { chat: withAnna, text: '', tapback: { ...tapback, name: 'love' } });
        evidence.add(clock.now(), { chat: withAnna, text: '', tapback });
      },
    ],
    [
      'an edit by the new text with a new date',
      { type: 'message.edit', conversation: withAnna, target: TARGET, text: 'hallo' },
      { kind: 'edit', target: { ...TARGET, text: 'hello' }, text: 'hallo' },
      () => {
        evidence.texts.set('their-message 0', 'hallo');
        evidence.messages.set(TARGET.guid, { editedAt: clock.now(), gone: false, retracted: [] });
      },
    ],
    [
      'an unsend by the part that is gone',
      { type: 'message.unsend', conversation: withAnna, target: TARGET },
      { kind: 'unsend', target: { ...TARGET, text: 'hello' } },
      () => evidence.messages.set(TARGET.guid, { editedAt: 1, gone: false, retracted: [0] }),
    ],
    [
      'reading by what is unread no more',
      { type: 'conversation.read', conversation: withAnna },
      { kind: 'mark_read', conversation: withAnna },
      () => {
        evidence.unreadCount = 0;
      },
    ],
    [
      'a new group by its first message among exactly its people',
      { type: 'group.create', participants: [BEN, ANNA], text: 'welcome' },
      { kind: 'create_group', participants: [BEN, ANNA], text: 'welcome' },
      () => {
        evidence.groups.set('chat41', { guid: 'iMessage;+;chat41', members: [ANNA, BEN, '+14155550103'] });
        evidence.add(clock.now(), { chat: { kind: 'group', identifier: 'chat41' }, text: 'welcome' });
        evidence.add(clock.now(), { chat: GROUP, text: 'welcome' });
      },
    ],
  ])('%s', async (_, command, act, happen) => {
    evidence.unreadCount = 2;
    order('a', command);
    await acted(1);
    expect(mac.acts[0]).toMatchObject(act);
    await mac.end();
    await clock.advance(1_000);
    expect(stateOf('a')).toBe('confirming');
    happen();
    await clock.advance(200);
    expect(stateOf('a')).toBe('done');
  });

  test('without its proof every one of them is uncertain, and typing is done when the act says so', async () => {
    order('a', { type: 'message.unsend', conversation: withAnna, target: TARGET });
    await mac.end();
    await clock.advance(8_200);
    expect(stateOf('a')).toBe('uncertain');
    order('b', { type: 'conversation.typing', conversation: withAnna, state: 'on' });
    await mac.end();
    expect(told('b')).toEqual(['queued', 'acting', 'done']);
  });

  test('what was as wanted before is done without a row', async () => {
    order('a', {
      type: 'message.react',
      conversation: withAnna,
      target: TARGET,
      reaction: 'love',
      action: 'add',
    });
    await mac.end({ outcome: 'handed_over', changed: false });
    expect(stateOf('a')).toBe('done');
  });

  test('a ghost that a send to a chat left is a failure, and no other empty row is', async () => {
    order('a', { type: 'message.send', conversation: GROUP, text: 'to all' });
    await mac.end();
    evidence.add(clock.now(), { chat: null, text: '', service: 'SMS', handle: ANNA });
    await clock.advance(1_000);
    expect(stateOf('a')).toBe('confirming');
    evidence.add(clock.now(), { chat: null, text: '', service: 'SMS', handle: 'iMessage;+;chat42' });
    await clock.advance(200);
    expect(journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'not_delivered' } });
  });

  test.each<[string, Order]>([
    ['chat_unknown', { type: 'message.send', conversation: { ...GROUP, identifier: 'chat99' }, text: 'x' }],
    ['message_unknown', { type: 'message.unsend', conversation: withAnna, target: { guid: 'no', part: 0 } }],
    [
      'unsupported_on_macos',
      {
        type: 'message.react',
        conversation: withAnna,
        target: TARGET,
        reaction: 'emoji',
        emoji: '🦊',
        action: 'add',
      },
    ],
    ['action_unavailable', { type: 'message.send', to: ANNA, files: [file('a.jpg')], effect: 'slam' }],
  ])('is refused with %s before anything happens', async (code, command) => {
    order('a', command);
    await eventually(() => stateOf('a') === 'failed');
    expect(journal.command('a')).toMatchObject({ actId: null, error: { code } });
    expect(mac.acts).toEqual([]);
  });
});

describe('commands that need no act', () => {
  test('cancel takes back what waits, and is told that it came too late for what was begun', async () => {
    order('busy', { type: 'message.send', to: BEN, text: 'under way' });
    await acted(1);
    order('a', { type: 'message.send', to: ANNA, text: 'never mind' });
    order('x', { type: 'command.cancel', commandId: 'a' });
    order('y', { type: 'command.cancel', commandId: 'busy' });
    await mac.end();
    expect(told('a')).toEqual(['queued', 'cancelled']);
    expect(told('x')).toEqual(['queued', 'acting', 'done']);
    expect(journal.command('y')).toMatchObject({ state: 'failed', error: { code: 'too_late' } });
    await clock.advance(60_000);
    expect(mac.acts).toHaveLength(1);
  });

  test('a lookup is answered, an upload is tried until it works', async () => {
    let tries = 0;
    await restart({
      errands: {
        lookUp: ({ id, handles }) => ({
          type: 'lookup.answered',
          commandId: id,
          at: isoTime(clock.now()),
          results: handles.map((handle) => ({ handle, imessage: 'unknown', source: 'none', seenAt: null })),
        }),
        upload: async () => {
          tries += 1;
          if (tries < 3) throw new AppError('no bridge', { code: 'media_unavailable', retry: 'later' });
        },
      },
    });
    order('a', { type: 'lookup', handles: [ANNA] });
    await eventually(() => stateOf('a') === 'done');
    expect(told('a')).toEqual(['queued', 'lookup.answered', 'acting', 'done']);
    order('b', { type: 'media.upload', mediaId: 'med_1', attachmentGuid: 'at_0' });
    await eventually(async () => {
      await clock.advance(1_000);
      return stateOf('b') === 'done';
    });
    expect(tries).toBe(3);
    expect(told('b')).toContain('media.uploaded');
  });
});

describe('pacing', () => {
  const hold = (until: number): Held => ({ go: false, rule: 'daily_sends', until, cap: 1, used: 1 });

  test('what is held says why and until when, once, and goes when the time has come', async () => {
    const until = clock.now() + 60_000;
    await restart({
      pacer: { ...freePacer, decide: (_, now) => (now < until ? hold(until) : { go: true, kind: 'new' }) },
    });
    order('a', { type: 'message.send', to: ANNA, text: 'x' });
    await eventually(() => stateOf('a') === 'paced');
    outbox.wake();
    await restart({
      pacer: { ...freePacer, decide: (_, now) => (now < until ? hold(until) : { go: true, kind: 'new' }) },
    });
    await clock.advance(59_000);
    expect(told('a')).toEqual(['queued', 'paced']);
    expect(facts().at(-1)).toMatchObject({ paced: { rule: 'daily_sends', until: isoTime(until) } });
    expect(outbox.operator.list('paced')).toMatchObject([{ id: 'a', paced: { rule: 'daily_sends' } }]);
    await clock.advance(1_100);
    await acted(1);
    expect(journal.records.countsSince(0)).toEqual({ sent: 1, proactive: 1, newConversations: 1 });
    await mac.end({ outcome: 'not_started', error: { code: 'act_failed', message: '' } });
    expect(journal.records.countsSince(0).sent).toBe(0);
  });

  test('the urgent go first, a conversation keeps its order, and none waits for ever', async () => {
    await acted(0);
    order('busy', { type: 'message.send', to: '+14155550110', text: 'first' });
    await acted(1);
    for (let n = 0; n < 20; n += 1)
      order(`bulk${n}`, { type: 'message.send', to: `+141555502${10 + n}`, text: 'b', priority: 'bulk' });
    order('anna1', { type: 'message.send', to: ANNA, text: 'before the code', priority: 'bulk' });
    order('anna2', { type: 'message.send', to: ANNA, text: 'the code', priority: 'otp' });
    for (let n = 0; n < 20; n += 1)
      order(`otp${n}`, { type: 'message.send', to: `+141555503${10 + n}`, text: 'o', priority: 'otp' });
    for (let n = 0; n < 12; n += 1) {
      await mac.end({ outcome: 'not_started', error: { code: 'act_failed', message: '' } });
      await acted(n + 2);
    }
    const texts = mac.acts.map(({ text }) => text);
    expect(texts.slice(0, 3)).toEqual(['first', 'before the code', 'the code']);
    expect(texts.filter((text) => text === 'b')).toHaveLength(1);
    expect(texts[7]).toBe('b');
  });
});
