import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { openMac } from '../../agent/mac/mac.ts';
import { Staging } from '../../agent/mac/staging.ts';
import { type Evidence, openEvidence } from '../../agent/messages-db/evidence.ts';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import { createOutbox, type Outbox } from '../../agent/outbox/outbox.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import {
  causeFault,
  faultsHappened,
  planPlay,
  playNext,
  receiveText,
  startVirtualMac,
} from '../../agent/virtual-mac/virtual-mac.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import { isoTime, systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { freePacer, noErrands } from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PERSON = '+14155550101';
const now = (): number => systemClock.now();

interface World {
  home: string;
  journal: Journal;
  evidence: Evidence;
  outbox: Outbox;
  group: string;
  order(id: string, command: object): void;
  ended(id: string): Promise<string>;
}

/** The outbox on a virtual Mac with a group, and files that are here already. */
async function world(macos: MacosRelease): Promise<World> {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const store = openMessagesStore({ home, macos, line: LINE, clock: systemClock });
  const group = store.createGroup({ members: [PERSON, '+14155550102'] });
  store.close();
  const virtualMac = await startVirtualMac({
    ...{ home, macos, line: LINE, clock: systemClock, logger: silentLogger },
    relayed: ['SMS'],
  });
  const databasePath = virtualMac.messagesDb;
  const journal = openJournal(path.join(folder, 'journal.db'));
  journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
  const messagesDb = openMessagesDb({
    databasePath,
    memory: { cursor: null, entries: new Map() },
    clock: systemClock,
    logger: silentLogger,
  });
  const mac = openMac({
    actsFolder: path.join(folder, 'acts'),
    target: { kind: 'virtual', home },
    allowSending: true,
    clock: systemClock,
    logger: silentLogger,
  });
  const evidence = openEvidence(databasePath);
  const staging = new Staging(home);
  const source = path.join(folder, 'source');
  writeFileSync(source, 'bytes');
  const outbox = createOutbox({
    ...{ journal, mac, messagesDb, evidence, errands: noErrands, pacer: freePacer },
    files: {
      ready: () => source,
      fetch: () => undefined,
      stage: (actId, file) => staging.stage(actId, file),
    },
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await Promise.all([outbox.stop(), mac.stop(AbortSignal.abort())]);
    evidence.close();
    messagesDb.close();
    await virtualMac.stop();
    journal.close();
  });
  outbox.start();
  let seq = 0;
  return {
    ...{ home, journal, evidence, outbox, group },
    order(id, command) {
      seq += 1;
      const times = { issuedAt: isoTime(now()), expiresAt: isoTime(now() + 3_600_000) };
      const whole = { id, traceId: 't', ...times, ...command } as Command;
      journal.acceptCommands([{ seq, command: whole, expiresAt: now() + 3_600_000 }], now());
      outbox.wake();
    },
    ended: (id) =>
      eventually(
        () => {
          const { state } = journal.command(id) ?? {};
          return state !== undefined && ['done', 'failed', 'uncertain'].includes(state) && state;
        },
        { within: 90_000, what: `the end of ${id}` },
      ),
  };
}

const file = (name: string) => ({
  ...{ mediaId: 'med_1', name, mimeType: 'image/jpeg', bytes: 5, sha256: 'a'.repeat(64) },
});

describe.each<MacosRelease>(['13', '26', '27'])('on macOS %s', (macos) => {
  test('a text with files, to a person and to a group, is proved part by part', {
    timeout: 240_000,
  }, async () => {
    const { order, ended, journal, evidence, group } = await world(macos);
    const files = [file('a.jpg'), file('b.jpg')];
    order('person', { type: 'message.send', to: PERSON, text: 'look', files });
    order('group', {
      type: 'message.send',
      conversation: { kind: 'group', identifier: group },
      text: 'all',
      files,
    });
    expect([await ended('person'), await ended('group')]).toEqual(['done', 'done']);
    expect(journal.command('person')).toMatchObject({ part: 2 });
    const rows = evidence.rowsAfter(0, now()).filter(({ tapback }) => tapback === null);
    const of = (identifier: string): string[] =>
      rows.filter(({ chat }) => chat?.identifier === identifier).map(({ text, files }) => files[0] ?? text);
    expect(of(PERSON)).toEqual(['look', 'a.jpg', 'b.jpg']);
    expect(of(group)).toEqual(['all', 'a.jpg', 'b.jpg']);
  });

  test.skipIf(!whole && macos !== '26')(
    'a send is proved, once, in a chat.db whose WAL is swapped, that is flooded, built anew or taken away meanwhile',
    {
      timeout: 400_000,
    },
    async () => {
      const { home, order, ended, evidence } = await world(macos);
      for (const [index, scene] of ['walSwap', 'backfill', 'catchUp', 'churn', 'away', 'rebuild'].entries()) {
        const text = `during ${scene}`;
        await planPlay(home, { operations: 12, only: [scene], seed: 7 });
        await causeFault(home, { kind: 'late-join', ms: 1_500 });
        order(`cmd_${index}`, { type: 'message.send', to: PERSON, text });
        await eventually(() => faultsHappened(home), { within: 60_000, what: 'the send' });
        await playNext(home, 500);
        // Rows that were numbered anew prove nothing by their numbers.
        expect(await ended(`cmd_${index}`)).toMatch(scene === 'rebuild' ? /done|uncertain/ : /done/);
        await playNext(home, 500);
        const copies = (): number => evidence.rowsAfter(0, now()).filter((row) => row.text === text).length;
        await eventually(() => copies() === 1, { within: 60_000, what: `one row of ${text}` });
      }
    },
  );

  test('what is asked of chat.db is answered', { timeout: 240_000 }, async () => {
    const { home, order, ended, evidence, journal, group } = await world(macos);
    const withPerson = { kind: 'direct', identifier: PERSON } as const;
    expect(evidence.chat(withPerson)).toBeNull();
    expect(evidence.traffic(withPerson)).toEqual({ lastInAt: null, lastOutAt: null });
    expect(evidence.members(group).sort()).toEqual([PERSON, '+14155550102']);
    await receiveText(home, PERSON, 'are you there?');
    await eventually(() => evidence.traffic(withPerson).lastInAt !== null);
    expect(evidence.unread(withPerson, Number.MAX_SAFE_INTEGER)).toBe(1);
    expect(evidence.unread(withPerson, 0)).toBe(0);
    const anchor = evidence.anchor(withPerson);
    expect(anchor).toMatchObject({ part: 0, text: 'are you there?' });
    order('a', { type: 'message.send', to: PERSON, text: 'yes' });
    expect(await ended('a')).toBe('done');
    const guid = journal.command('a')?.guid ?? '';
    expect(evidence.partText({ guid, part: 0 })).toBe('yes');
    expect(evidence.partText({ guid, part: 3 })).toBeNull();
    expect(evidence.message(guid)).toEqual({ editedAt: null, gone: false, retracted: [] });
    expect(evidence.message('nobody')).toBeNull();
    expect(evidence.standing({ guid, part: 0 })).toBeNull();
    expect(Math.abs((evidence.traffic(withPerson).lastOutAt ?? 0) - now())).toBeLessThan(20_000);
    expect(evidence.chat(withPerson)?.guid).toContain(PERSON);
    expect(evidence.attachment('none', now())).toBeNull();
  });
});

test('a text goes by SMS where the account is there, and a file under its own name', {
  timeout: 240_000,
}, async () => {
  const { order, ended, evidence, journal } = await world('15');
  order('sms', { type: 'message.send', to: PERSON, text: 'green', service: 'SMS' });
  expect(await ended('sms')).toBe('done');
  expect(evidence.rowsAfter(0, now()).at(-1)).toMatchObject({ service: 'SMS', text: 'green' });
  order('a', { type: 'message.send', to: '+14155550102', files: [file('photo.jpg')] });
  expect(await ended('a')).toBe('done');
  expect(journal.command('a')?.known).toMatchObject({ file: 'photo.jpg' });
});

test('who is known is written to in the chat by its id, and one of another service is not followed', {
  timeout: 240_000,
}, async () => {
  const { home, order, ended, evidence } = await world('26');
  order('first', { type: 'message.send', to: PERSON, text: 'first' });
  expect(await ended('first')).toBe('done');
  await causeFault(home, { kind: 'error', at: 'participant', number: -2741, times: 9 });
  order('second', { type: 'message.send', to: PERSON, text: 'second' });
  order('file', { type: 'message.send', to: PERSON, files: [file('photo.jpg')] });
  expect([await ended('second'), await ended('file')]).toEqual(['done', 'done']);
  await askVirtualMac(home, { call: 'clear-faults' });

  await causeFault(home, { kind: 'ghost-row' });
  order('ghost', { type: 'message.send', to: PERSON, text: 'nowhere' });
  expect(await ended('ghost')).toBe('failed');

  const OTHER = '+14155550102';
  order('sms', { type: 'message.send', to: OTHER, text: 'green', service: 'SMS' });
  expect(await ended('sms')).toBe('done');
  await causeFault(home, { kind: 'error', at: 'chat', number: -2741, times: 9 });
  order('blue', { type: 'message.send', to: OTHER, text: 'blue' });
  expect(await ended('blue')).toBe('done');
  expect(evidence.rowsAfter(0, now()).at(-1)).toMatchObject({ service: 'iMessage', text: 'blue' });
});
