import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOW = Date.UTC(2026, 0, 1);
const COMMANDS = 40;

/** A journal in the middle of its work: commands queued and acting, events not yet acknowledged. */
function busyJournal(): { file: string; id: string } {
  const file = path.join(tempFolder(), 'journal.db');
  const journal = openJournal(file);
  for (let seq = 1; seq <= COMMANDS; seq += 1) {
    const command = sendCommand(`cmd_${seq}`, { issuedAt: NOW, text: 'x'.repeat(1_000) });
    journal.acceptCommands([{ seq, command, expiresAt: NOW + 1_000 }], NOW);
  }
  journal.record({
    at: NOW,
    commands: [{ id: 'cmd_1', patch: { state: 'acting', actId: 'act_1', highWater: 77, actedAt: NOW } }],
    events: [{ type: 'command.state', commandId: 'cmd_1', state: 'acting', at: isoTime(NOW) }],
    memory: { cursor: 'cursor', remember: [['key', 'value']], forget: [] },
  });
  const id = journal.id();
  journal.close();
  return { file, id };
}

/** Fills pages of the file with noise. */
function spoil(file: string, page: number, byte = 7): void {
  const bytes = readFileSync(file);
  bytes.fill(byte, page * 4096, (page + 1) * 4096);
  writeFileSync(file, bytes);
}

/** Spoils a table that nothing of what is looked at stands in. */
function spoilKeptStates(file: string): void {
  const db = new Database(file, { readonly: true });
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'kept_state'").pluck().get();
  db.close();
  spoil(file, Number(root) - 1);
}

/** Opens a journal that has to be found damaged. */
function salvaged(file: string): Journal {
  let told = 0;
  const journal = openJournal(file, {
    now: NOW,
    onSalvage: () => {
      told += 1;
    },
  });
  expect(told).toBe(1);
  return journal;
}

test('a journal that is no database is set aside, and the agent begins anew', () => {
  const { file } = busyJournal();
  writeFileSync(file, 'scrambled '.repeat(5_000));
  let aside = '';
  const journal = openJournal(file, {
    now: NOW,
    onSalvage: (salvage) => {
      aside = salvage.file;
    },
  });
  expect(existsSync(aside)).toBe(true);
  expect(journal.commandAck()).toBe(0);
  expect(journal.commandsIn(['queued', 'acting', 'confirming'])).toEqual([]);
  const names = () => readdirSync(path.dirname(file)).sort();
  expect(names()).toContain(path.basename(aside));
  journal.upkeep(NOW);
  expect(names()).toContain(path.basename(aside));
  journal.upkeep(NOW + 1);
  journal.close();
  expect(names()).toEqual(['journal.db']);
});

test('a full journal says so, loses nothing, and goes on when the bridge has taken events', () => {
  const file = path.join(tempFolder(), 'journal.db');
  const journal = openJournal(file, { maxBytes: 384 * 1024 });
  const event = (index: number) => ({
    type: 'message.received' as const,
    guid: `guid-${index}`,
    conversation: null,
    from: '+14155550101',
    service: 'iMessage',
    text: 'x'.repeat(2_000),
    at: isoTime(NOW),
  });
  let taken = 0;
  const fill = (): void => {
    for (;;) {
      journal.record({ at: NOW, events: [event(taken + 1)] });
      taken += 1;
    }
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'disk_full' }));
  expect(taken).toBeGreaterThan(40);
  expect(journal.failure()?.code).toBe('disk_full');
  expect(journal.lastEventSeq()).toBe(taken);
  expect(() =>
    journal.acceptCommands(
      [{ seq: 1, command: sendCommand('big', { text: 'x'.repeat(9_000) }), expiresAt: NOW }],
      NOW,
    ),
  ).toThrow(expect.objectContaining({ code: 'disk_full' }));
  expect(journal.commandAck()).toBe(0);
  journal.acknowledgeEvents(30);
  expect(journal.failure()).toBeUndefined();
  journal.record({ at: NOW, events: [event(taken + 1)] });
  expect(journal.eventsAfter(0, 1_000).map(({ seq }) => seq)).toEqual(
    Array.from({ length: taken - 29 }, (_, index) => index + 31),
  );
  journal.close();
});

test('upkeep forgets only what was finished long ago and is known to the bridge', () => {
  const { file } = busyJournal();
  const journal = openJournal(file);
  for (const id of ['cmd_2', 'cmd_3'])
    journal.record({
      at: id === 'cmd_2' ? NOW : NOW + 10_000,
      commands: [{ id, patch: { state: 'done' } }],
      events: [{ type: 'command.state', commandId: id, state: 'done', at: isoTime(NOW) }],
    });
  journal.upkeep(NOW + 5_000);
  expect(journal.command('cmd_2')).toBeDefined();
  journal.acknowledgeEvents(journal.lastEventSeq());
  journal.upkeep(NOW + 5_000);
  expect(journal.command('cmd_2')).toBeUndefined();
  expect(journal.command('cmd_3')).toBeDefined();
  expect(journal.commandsIn(['queued', 'acting'])).toHaveLength(COMMANDS - 2);
  expect(journal.acceptCommands([{ seq: 2, command: sendCommand('cmd_2'), expiresAt: NOW }], NOW)).toBe(0);
  journal.close();
});

test('upkeep gives back the room that a burst took', () => {
  const { file } = busyJournal();
  const journal = openJournal(file);
  const burst = Array.from({ length: 4_000 }, (_, n) => ({
    type: 'message.received' as const,
    guid: `guid-${n}`,
    conversation: null,
    from: '+14155550101',
    service: 'iMessage',
    text: 'x'.repeat(10_000),
    at: isoTime(NOW),
  }));
  journal.record({ at: NOW, events: burst });
  journal.acknowledgeEvents(journal.lastEventSeq());
  expect(statSync(file).size).toBeGreaterThan(30 * 1024 ** 2);
  journal.upkeep(NOW);
  expect(statSync(file).size).toBeLessThan(2 * 1024 ** 2);
  expect(statSync(`${file}-wal`).size).toBe(0);
  expect(journal.commandsIn(['queued', 'acting'])).toHaveLength(COMMANDS);
  journal.close();
});

test('a damaged journal remembers of the line what can be read: its caps do not begin anew', () => {
  const { file } = busyJournal();
  const before = openJournal(file);
  const sent = { at: NOW, commandId: 'cmd_1', part: 0, conversation: 'a@x.example', kind: 'new' } as const;
  before.record({ at: NOW, sent: [sent], received: [{ at: NOW, conversation: 'b@x.example' }] });
  before.record({ at: NOW, notes: { 'pacing.activatedOn': '2026-01-01' } });
  const rows = before.records.countsSince(0);
  before.close();
  spoilKeptStates(file);
  const journal = salvaged(file);
  expect(journal.records.countsSince(0)).toEqual(rows);
  expect(journal.records.contact('b@x.example')).toMatchObject({ lastInAt: NOW });
  expect(journal.note('pacing.activatedOn')).toBe('2026-01-01');
  journal.close();
});

test('a damaged journal remembers which rows proved what had ended, beyond the next upkeep', () => {
  const { file } = busyJournal();
  const before = openJournal(file);
  before.record({
    at: NOW,
    commands: [
      { id: 'cmd_2', patch: { state: 'done', guid: 'row-2' } },
      { id: 'cmd_3', patch: { state: 'queued', part: 1 } },
    ],
    proofs: [
      { guid: 'row-2', commandId: 'cmd_2', tells: 'all' },
      { guid: 'row-3', commandId: 'cmd_3', tells: 'failed' },
    ],
  });
  before.close();
  spoilKeptStates(file);
  const journal = salvaged(file);
  journal.upkeep(NOW - 1);
  expect(journal.proofOf('row-2')).toEqual({ commandId: 'cmd_2', tells: 'all' });
  // The row of what is looked for anew is free for it.
  expect(journal.proofOf('row-3')).toBeUndefined();
  expect(journal.command('cmd_3')?.state).toBe('confirming');
  journal.close();
});

test('a journal whose index does not know its rows is damaged', () => {
  const { file } = busyJournal();
  const db = new Database(file).unsafeMode();
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'command_state'").get() as {
    sql: string;
  };
  const become = (text: string): void => {
    db.pragma('writable_schema = ON');
    db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'command_state'").run(text);
    db.pragma('writable_schema = RESET');
  };
  become(sql.replace('(state, seq)', '(seq, state)'));
  db.exec('REINDEX command_state');
  become(sql);
  expect(db.pragma('quick_check', { simple: true })).toBe('ok');
  db.close();
  const journal = salvaged(file);
  expect(journal.commandsIn(['confirming'])).toHaveLength(COMMANDS);
  journal.close();
});

test('of a journal with damaged pages nothing that was open is acted on again', () => {
  let damagedOnes = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    const { file, id } = busyJournal();
    // Any page but the first, which is the file's own header.
    const pages = statSync(file).size / 4096;
    spoil(file, 1 + ((seed * 7) % (pages - 1)), seed);
    let told = 0;
    const journal = openJournal(file, {
      now: NOW,
      onSalvage: () => {
        told += 1;
      },
    });
    if (told === 0) {
      // A free page, or one that the check has no word for: the journal is whole.
      expect(journal.id()).toBe(id);
    } else {
      damagedOnes += 1;
      expect(journal.id()).not.toBe(id);
      expect(journal.commandsIn(['queued', 'acting'])).toEqual([]);
      for (const command of journal.commandsIn(['confirming'])) {
        expect(command.command).toMatchObject({ text: 'x'.repeat(1_000) });
        expect(command.highWater).toBeLessThanOrEqual(77);
        expect(command.actedAt).toBe(NOW);
      }
      const seqs = journal.eventsAfter(0, 1_000).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(() => openJournal(file).close()).not.toThrow();
    }
    journal.close();
  }
  expect(damagedOnes).toBeGreaterThan(5);
});
