import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import type { ActOutcome } from '../../agent/mac/types.ts';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import { createOutbox, type Outbox } from '../../agent/outbox/outbox.ts';
import type { Command, SendMessageCommand } from '../../bridge/protocol/commands.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  type EvidenceRow,
  freePacer,
  noErrands,
  noFiles,
  TestEvidence,
  TestMac,
} from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANNA = '+14155550101';
const BEN = '+14155550102';

let clock: ManualClock;
let journal: Journal;
let mac: TestMac;
let evidence: TestEvidence;
let outbox: Outbox;
let seq: number;

const outboxOn = (mac: TestMac, mayAct = (): boolean => true): Outbox =>
  createOutbox({
    journal,
    mac,
    messagesDb: evidence,
    evidence,
    files: noFiles,
    errands: noErrands,
    pacer: freePacer,
    mayAct,
    clock,
    logger: silentLogger,
  });

function open(): void {
  outbox = outboxOn(mac);
  outbox.start();
}

async function restart(): Promise<void> {
  const stopped = outbox.stop();
  await mac.stop();
  await stopped;
  mac = Object.assign(new TestMac(), { recovered: mac.recovered });
  open();
}

function order(...commands: Command[]): void {
  journal.acceptCommands(
    commands.map((command) => {
      seq += 1;
      return { seq, command, expiresAt: Date.parse(command.expiresAt) };
    }),
    clock.now(),
  );
  outbox.wake();
}

const command = (id: string, to = ANNA, text = `text of ${id}`): SendMessageCommand =>
  sendCommand(id, { to, text, issuedAt: clock.now() });

const row = (to: string, text: string, more: Partial<EvidenceRow> = {}): EvidenceRow =>
  evidence.add(clock.now(), { chat: { kind: 'direct', identifier: to }, text, ...more });

const take = (...changes: MessageChange[]): void =>
  outbox.take({ changes, memory: { cursor: 'c', remember: [], forget: [] } });

const ownState = (
  guid: string,
  state: 'sent' | 'delivered' | 'read' | 'failed',
  error: number | null = null,
) => ({ kind: 'own-state', guid, state, service: 'iMessage', error, at: clock.now() }) as const;

const facts = (id: string): AgentEvent[] =>
  journal
    .eventsAfter(0, 1_000)
    .map(({ event }) => event)
    .filter((event) => 'commandId' in event && event.commandId === id);

const told = (id: string): string[] =>
  facts(id).map((event) => (event.type === 'command.state' ? event.state : event.type));

beforeEach(() => {
  clock = new ManualClock();
  journal = openJournal(path.join(tempFolder(), 'journal.db'));
  journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
  mac = new TestMac();
  evidence = new TestEvidence();
  seq = 0;
  open();
});

afterEach(async () => {
  const stopped = outbox.stop();
  await mac.stop();
  await stopped;
  journal.close();
});

describe('outbox', () => {
  test('journals the mark before the act, and is done with the row that proves it', async () => {
    order(command('a'));
    await eventually(() => mac.acts.length === 1);
    expect(journal.command('a')).toMatchObject({
      state: 'acting',
      highWater: 100,
      actId: mac.acts[0]?.actId,
    });
    await mac.end();
    expect(journal.command('a')?.state).toBe('confirming');
    expect(mac.forgotten).toEqual([mac.acts[0]?.actId]);
    const { guid } = row(ANNA, 'text of a');
    await clock.advance(200);
    expect(journal.command('a')).toMatchObject({ state: 'done', guid });
    expect(told('a')).toEqual(['queued', 'acting', 'confirming', 'done']);
  });

  test('refuses what this agent cannot do before anything happens, and goes on', async () => {
    order({ ...command('a'), voiceNote: true }, command('b'));
    await eventually(() => mac.acts.length === 1);
    expect(journal.command('a')).toMatchObject({
      state: 'failed',
      actId: null,
      error: { code: 'action_unavailable' },
    });
    expect(told('a')).toEqual(['queued', 'failed']);
  });

  test('is uncertain without a row in time, is never acted on again, and done by a later row', async () => {
    order(command('a'));
    await mac.end();
    await clock.advance(7_900);
    expect(journal.command('a')?.state).toBe('confirming');
    await clock.advance(200);
    expect(journal.command('a')).toMatchObject({ state: 'uncertain', error: { code: 'uncertain' } });
    await restart();
    await clock.advance(3_600_000);
    expect(mac.acts).toEqual([]);
    const { guid } = row(ANNA, 'text of a');
    take(ownState(guid, 'sent'));
    expect(told('a').slice(-3)).toEqual(['uncertain', 'done', 'message.sent']);
  });

  test('shows an operator the evidence of what is uncertain, and takes their word for it once', async () => {
    order(command('a'), command('b', BEN));
    await mac.end();
    await mac.end();
    row(ANNA, 'another text');
    await clock.advance(9_000);
    const { operator } = outbox;
    expect(operator.list(undefined).map(({ id, state }) => [id, state])).toEqual([
      ['a', 'uncertain'],
      ['b', 'uncertain'],
    ]);
    expect(operator.show('a')).toMatchObject({
      text: 'text of a',
      evidence: { rowsAfter: 100, rows: [{ sameText: false, inChat: true }] },
    });
    expect(operator.resolve('a', 'not-sent')).toMatchObject({ state: 'failed', error: { code: 'not_sent' } });
    expect(operator.resolve('b', 'sent')).toMatchObject({ state: 'done', error: null });
    expect(() => operator.resolve('a', 'sent')).toThrow(expect.objectContaining({ code: 'not_uncertain' }));
    expect(() => operator.show('c')).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(told('a').at(-1)).toBe('failed');
    await clock.advance(3_600_000);
    expect(mac.acts).toHaveLength(2);
  });

  test('does not give up while chat.db cannot be read', async () => {
    order(command('a'));
    await mac.end();
    evidence.readable = false;
    await clock.advance(60_000);
    expect(journal.command('a')?.state).toBe('confirming');
    row(ANNA, 'text of a');
    evidence.readable = true;
    await clock.advance(200);
    expect(journal.command('a')?.state).toBe('done');
  });

  test('does not act while chat.db cannot be read: there would be no mark', async () => {
    evidence.readable = false;
    order(command('a'));
    await clock.advance(5_000);
    expect(mac.acts).toEqual([]);
    evidence.readable = true;
    await clock.advance(2_000);
    expect(mac.acts).toHaveLength(1);
  });

  test('takes only a row to that handle, with that text, after the mark, that no other command has', async () => {
    row(ANNA, 'hello');
    order(command('a', ANNA, 'hello'));
    await mac.end();
    row(BEN, 'hello');
    row(ANNA, 'hello!');
    row(ANNA, 'hello', { chat: null });
    row(ANNA, 'hello', { chat: { kind: 'group', identifier: ANNA } });
    row(ANNA, 'hello', { at: clock.now() - 3_600_000 });
    await clock.advance(1_000);
    expect(journal.command('a')?.state).toBe('confirming');
    const proof = row(ANNA, 'hello');
    await clock.advance(200);
    expect(journal.command('a')?.guid).toBe(proof.guid);
    order(command('b', ANNA, 'hello'));
    await mac.end();
    await clock.advance(1_000);
    expect(journal.command('b')?.state).toBe('confirming');
    const second = row(ANNA, 'hello');
    await clock.advance(200);
    expect(journal.command('b')?.guid).toBe(second.guid);
  });

  test('gives one row to one command, though an uncertain one waits for its like', async () => {
    order(command('a', ANNA, 'hello'));
    await mac.end();
    await clock.advance(9_000);
    order(command('b', ANNA, 'hello'));
    await mac.end();
    const first = row(ANNA, 'hello');
    take(ownState(first.guid, 'sent'));
    expect([journal.command('a')?.state, journal.command('b')?.state]).toEqual(['uncertain', 'done']);
    const second = row(ANNA, 'hello');
    take(ownState(second.guid, 'sent'));
    expect(journal.command('a')).toMatchObject({ state: 'done', guid: second.guid });
  });

  test('holds each command to its own mark, though another one awaits an older row', async () => {
    order(command('a', ANNA));
    await mac.end();
    row(BEN, 'hello');
    order(command('b', BEN, 'hello'));
    await mac.end();
    await clock.advance(200);
    expect(journal.command('b')).toMatchObject({ state: 'confirming', highWater: 101 });
    const proof = row(BEN, 'hello');
    await clock.advance(200);
    expect(journal.command('b')?.guid).toBe(proof.guid);
  });

  test('knows a text that Messages composed, and an address in another case', async () => {
    order(command('a', 'Zoe@Example.com', 'Zoe\u0308'));
    await mac.end();
    row('zoe@example.com', 'Zo\u00eb');
    await clock.advance(200);
    expect(journal.command('a')?.state).toBe('done');
  });

  test('fails with the row that says so', async () => {
    order(command('a'));
    await mac.end();
    row(ANNA, 'text of a', { error: 22 });
    await clock.advance(200);
    expect(journal.command('a')).toMatchObject({
      state: 'failed',
      error: { code: 'recipient_not_imessage', apple: 22 },
    });
  });

  test('tells a state that came before its row was claimed, once', async () => {
    order(command('a'));
    await eventually(() => mac.acts.length === 1);
    const { guid } = row(ANNA, 'text of a');
    take(ownState(guid, 'sent'), ownState('somebody-elses', 'sent'));
    take(ownState(guid, 'delivered'));
    expect(told('a')).toEqual(['queued', 'acting']);
    await mac.end();
    take(ownState(guid, 'failed', 25));
    expect(told('a')).toEqual([
      'queued',
      'acting',
      'confirming',
      'done',
      'message.sent',
      'message.delivered',
      'message.failed',
    ]);
    expect(facts('a').at(-1)).toMatchObject({ error: { code: 'not_delivered', apple: 25 } });
    expect(journal.keptStates(guid)).toEqual([]);
    take(ownState('somebody-elses', 'read'));
    expect(journal.keptStates('somebody-elses')).toEqual([]);
  });

  test('keeps the order within a conversation while others pass', async () => {
    order(command('a1', ANNA), command('a2', ANNA), command('b1', BEN));
    await mac.end();
    await eventually(() => mac.acts.length === 2);
    expect(mac.acts.map(({ handle }) => handle)).toEqual([ANNA, BEN]);
    await mac.end();
    await clock.advance(1_000);
    expect(mac.acts).toHaveLength(2);
    row(ANNA, 'text of a1');
    await clock.advance(200);
    expect(mac.acts.map(({ text }) => text)).toEqual(['text of a1', 'text of b1', 'text of a2']);
  });

  test('tries again later what did not start for want of Messages, and fails what a person must mend', async () => {
    order(command('a', ANNA), command('b', BEN));
    await mac.end({ outcome: 'not_started', error: { code: 'messages_not_running', message: 'gone' } });
    expect(journal.command('a')).toMatchObject({ state: 'queued', attempts: 1 });
    await mac.end({ outcome: 'not_started', error: { code: 'automation_denied', message: 'no' } });
    expect(journal.command('b')).toMatchObject({ state: 'failed', error: { code: 'automation_denied' } });
    expect(mac.acts).toHaveLength(2);
    await clock.advance(1_100);
    await mac.end({ outcome: 'not_started', error: { code: 'messages_not_running', message: 'gone' } });
    expect(mac.acts).toHaveLength(3);
    await clock.advance(1_500);
    expect(mac.acts).toHaveLength(3);
    await clock.advance(1_000);
    expect(mac.acts).toHaveLength(4);
    expect(new Set(mac.acts.map(({ actId }) => actId)).size).toBe(4);
  });

  test('ends at its deadline what was not begun', async () => {
    order(sendCommand('old', { issuedAt: clock.now(), expiresAt: clock.now() - 1 }));
    expect(journal.command('old')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
    order(command('a', ANNA));
    order(sendCommand('b', { to: ANNA, issuedAt: clock.now(), expiresAt: clock.now() + 5_000 }));
    await eventually(() => mac.acts.length === 1);
    await mac.end();
    await clock.advance(5_100);
    expect(journal.command('b')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
    expect(mac.acts).toHaveLength(1);
  });

  test.each<[string, ActOutcome, string]>([
    ['was handed over', { outcome: 'handed_over' }, 'confirming'],
    ['may have happened', { outcome: 'uncertain', error: { code: 'uncertain', message: '' } }, 'confirming'],
    ['never began', { outcome: 'not_started', error: { code: 'act_interrupted', message: '' } }, 'queued'],
  ])('after a crash asks what became of an act: it %s', async (_, outcome, state) => {
    order(command('a'));
    const begun = await eventually(() => journal.command('a')?.state === 'acting' && journal.command('a'));
    // The next agent finds the journal as it stood in the middle of the act.
    mac.recovered = outcome;
    const next = new TestMac();
    next.recovered = outcome;
    const second = outboxOn(next);
    second.start();
    await eventually(() => journal.command('a')?.state === state);
    expect(next.forgotten).toEqual([begun.actId]);
    if (state === 'queued') {
      await clock.advance(1_100);
      expect(next.acts).toHaveLength(1);
    } else {
      row(ANNA, 'text of a');
      await clock.advance(200);
      expect(journal.command('a')?.state).toBe('done');
      expect(next.acts).toEqual([]);
    }
    const stopped = second.stop();
    await next.stop();
    await stopped;
  });

  test('does nothing before the tail has a beginning', async () => {
    await outbox.stop();
    journal.close();
    journal = openJournal(path.join(tempFolder(), 'journal.db'));
    open();
    order(command('a'));
    await clock.advance(1_000);
    expect(mac.acts).toEqual([]);
    take();
    await eventually(() => mac.acts.length === 1);
  });

  test('brings any row of chat.db into the bounds of the protocol', () => {
    take({
      kind: 'received',
      guid: 'g'.repeat(300),
      chat: { kind: 'group', identifier: '' },
      from: '1',
      line: null,
      service: '',
      text: '\u0000'.repeat(400_000),
      at: clock.now(),
    });
    const [{ event } = {}] = journal.eventsAfter(0, 1);
    expect(event).toMatchObject({
      from: 'unknown',
      service: 'unknown',
      conversation: { identifier: 'unknown' },
    });
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(256 * 1024);
  });
});

describe('a journal that is not the newest', () => {
  test('acts on nothing before a bridge has said so, and expires nothing', async () => {
    let may = false;
    await outbox.stop();
    outbox = outboxOn(mac, () => may);
    outbox.start();
    order(command('cmd_1'));
    await clock.advance(2 * 3_600_000);
    expect(mac.acts).toEqual([]);
    expect(journal.command('cmd_1')?.state).toBe('queued');
    order(command('cmd_2'));
    may = true;
    outbox.wake();
    await eventually(() => mac.acts.length === 1, { what: 'an act' });
    expect(journal.command('cmd_1')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
  });

  test('only looks for what is open: rows say what was done, and without one it is uncertain', async () => {
    let may = false;
    await outbox.stop();
    outbox = outboxOn(mac, () => may);
    outbox.start();
    order(command('cmd_1'), command('cmd_2', BEN), {
      id: 'cmd_3',
      traceId: 'trc_3',
      issuedAt: isoTime(clock.now()),
      expiresAt: isoTime(clock.now() + 3_600_000),
      type: 'lookup',
      handles: [ANNA],
    });
    row(ANNA, 'text of cmd_1');
    const id = journal.id();
    await outbox.distrust();
    expect(journal.id()).not.toBe(id);
    expect(journal.command('cmd_1')?.state).toBe('done');
    expect(journal.command('cmd_3')?.state).toBe('queued');
    may = true;
    outbox.wake();
    await clock.advance(10_000);
    expect(journal.command('cmd_2')).toMatchObject({ state: 'uncertain', paced: null });
    expect(mac.acts).toEqual([]);
    row(BEN, 'text of cmd_2');
    take(ownState('guid-102', 'sent'));
    expect(journal.command('cmd_2')?.state).toBe('done');
    const seqs = journal.eventsAfter(0, 100).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });
});
