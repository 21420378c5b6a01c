import path from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { createOutbox, type Outbox } from '../../agent/outbox/outbox.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { freePacer, noErrands, noFiles, TestEvidence, TestMac } from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HER = '+14155550101';
const HIM = '+14155550102';
const HOUR = 3_600_000;

let clock: ManualClock;
let journal: Journal;
let mac: TestMac;
let evidence: TestEvidence;
let outbox: Outbox;
let may: boolean;
let seq: number;

beforeEach(() => {
  [clock, mac, evidence, may, seq] = [new ManualClock(), new TestMac(), new TestEvidence(), false, 0];
  journal = openJournal(path.join(tempFolder(), 'journal.db'));
  journal.record({ at: clock.now(), memory: { cursor: 'c', remember: [], forget: [] } });
  outbox = createOutbox({
    journal,
    mac,
    messagesDb: evidence,
    evidence,
    files: noFiles,
    errands: noErrands,
    pacer: freePacer,
    mayAct: () => may,
    clock,
    logger: silentLogger,
  });
  outbox.start();
  onTestFinished(async () => {
    const stopped = outbox.stop();
    await mac.stop();
    await stopped;
    journal.close();
  });
});

const textTo = (id: string, to = HER): Command =>
  sendCommand(id, { to, text: `text of ${id}`, issuedAt: clock.now() });

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

function row(to: string, text: string): string {
  return evidence.add(clock.now(), { chat: { kind: 'direct', identifier: to }, text }).guid;
}

test('nothing is begun and nothing expires before a bridge has said that the journal is the newest', async () => {
  order(textTo('cmd_1'));
  await clock.advance(2 * HOUR);
  expect(mac.acts).toEqual([]);
  expect(journal.command('cmd_1')?.state).toBe('queued');
  order(textTo('cmd_2'));
  may = true;
  outbox.wake();
  await eventually(() => mac.acts.length === 1, { what: 'an act' });
  expect(journal.command('cmd_1')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
});

test('what is open in an older journal is only looked for: a row says what was done, without one it is uncertain', async () => {
  const asking = { issuedAt: isoTime(clock.now()), expiresAt: isoTime(clock.now() + HOUR) };
  order(textTo('cmd_1'), textTo('cmd_2', HIM), {
    ...{ id: 'cmd_3', traceId: 'trc_3', ...asking },
    type: 'lookup',
    handles: [HER],
  });
  row(HER, 'text of cmd_1');
  const id = journal.id();
  await outbox.distrust();
  expect(journal.id()).not.toBe(id);
  await eventually(() => journal.command('cmd_1')?.state === 'done', { what: 'the row' });
  // Doing it twice does no harm.
  expect(journal.command('cmd_3')?.state).toBe('queued');
  may = true;
  outbox.wake();
  await clock.advance(10_000);
  expect(journal.command('cmd_2')?.state).toBe('uncertain');
  expect(mac.acts).toEqual([]);

  const at = clock.now();
  const guid = row(HIM, 'text of cmd_2');
  const late = { kind: 'own-state', guid, state: 'sent', service: 'iMessage', error: null, at } as const;
  outbox.take({ changes: [late], memory: { cursor: 'd', remember: [], forget: [] } });
  expect(journal.command('cmd_2')?.state).toBe('done');
  const seqs = journal.eventsAfter(0, 100).map((event) => event.seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
});
