import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOW = Date.UTC(2026, 0, 1);

function withJournal(work: (journal: Journal, file: string) => void): void {
  const file = path.join(tempFolder(), 'journal.db');
  const journal = openJournal(file);
  try {
    work(journal, file);
  } finally {
    journal.close();
  }
}

const received = (guid: string): AgentEvent => ({
  type: 'message.received',
  guid,
  conversation: null,
  from: '+14155550101',
  service: 'iMessage',
  text: 'hi',
  at: isoTime(NOW),
});

const arrived = (seq: number, id = `cmd_${seq}`) => ({
  seq,
  command: sendCommand(id, { issuedAt: NOW }),
  expiresAt: NOW + 3_600_000,
});

describe('journal', () => {
  test('is private, and the same journal when it is opened again', () => {
    withJournal((journal, file) => {
      for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
      const second = openJournal(file);
      expect(second.id()).toBe(journal.id());
      second.close();
    });
  });

  test('numbers events without gaps, also after a change that failed and after all were acknowledged', () => {
    withJournal((journal) => {
      journal.record({ at: NOW, events: [received('a'), received('b')] });
      expect(() =>
        journal.record({
          at: NOW,
          events: [received('lost')],
          // Not a string: the transaction fails after the event was inserted.
          memory: { cursor: { bad: true } as unknown as string, remember: [], forget: [] },
        }),
      ).toThrow(expect.objectContaining({ code: 'journal_unavailable' }));
      journal.acknowledgeEvents(2);
      journal.record({ at: NOW, events: [received('c')] });
      expect(journal.eventsAfter(0, 10).map(({ seq }) => seq)).toEqual([3]);
      expect(journal.lastEventSeq()).toBe(3);
    });
  });

  test('takes each command once, by number and by id, and refuses a gap', () => {
    withJournal((journal) => {
      expect(journal.acceptCommands([arrived(1), arrived(2)], NOW)).toBe(2);
      expect(journal.acceptCommands([arrived(1), arrived(2), arrived(3, 'cmd_1')], NOW)).toBe(0);
      expect(journal.commandAck()).toBe(3);
      expect(() => journal.acceptCommands([arrived(4), arrived(6)], NOW)).toThrow(
        expect.objectContaining({ code: 'bad_frame' }),
      );
      expect(journal.commandAck()).toBe(3);
      expect(journal.commandsIn(['queued']).map(({ id }) => id)).toEqual(['cmd_1', 'cmd_2']);
    });
  });

  test('goes on where the bridge resumes after an earlier journal was lost', () => {
    withJournal((journal) => {
      journal.resumeCommandsAt(41);
      expect(journal.acceptCommands([arrived(42)], NOW)).toBe(1);
      journal.resumeCommandsAt(7);
      expect(journal.commandAck()).toBe(42);
    });
  });

  test('erases what a finished command said once the bridge knows that it is finished', () => {
    withJournal((journal, file) => {
      journal.acceptCommands([arrived(1), arrived(2)], NOW);
      const finish = (id: string): void =>
        journal.record({
          at: NOW,
          commands: [{ id, patch: { state: 'done', guid: `guid of ${id}` } }],
          events: [{ type: 'command.state', commandId: id, state: 'done', at: isoTime(NOW) }],
        });
      finish('cmd_1');
      journal.acknowledgeEvents(2);
      expect(journal.command('cmd_1')?.command).toMatchObject({ text: 'text of cmd_1' });
      journal.acknowledgeEvents(3);
      expect(journal.command('cmd_1')).toMatchObject({
        command: null,
        conversation: '',
        guid: 'guid of cmd_1',
      });
      expect(journal.command('cmd_2')?.command).toMatchObject({ text: 'text of cmd_2' });
      const raw = new Database(file, { readonly: true });
      expect(raw.prepare("SELECT count(*) FROM command WHERE body LIKE '%cmd_1%'").pluck().get()).toBe(0);
      raw.close();
    });
  });

  test('counts events anew when journal and bridge do not fit', () => {
    withJournal((journal) => {
      const before = journal.id();
      journal.record({ at: NOW, events: [received('a'), received('b'), received('c')] });
      journal.acknowledgeEvents(1);
      journal.record({ at: NOW, anew: true });
      expect(journal.id()).not.toBe(before);
      expect(journal.eventsAfter(0, 10)).toMatchObject([
        { seq: 1, event: { guid: 'b' } },
        { seq: 2, event: { guid: 'c' } },
      ]);
      journal.record({ at: NOW, events: [received('d')] });
      expect(journal.lastEventSeq()).toBe(3);
    });
  });

  test('keeps what the tail remembers with what the changes became', () => {
    withJournal((journal) => {
      const memory = { cursor: 'one', remember: [['a', '1'] as const, ['b', '2'] as const], forget: [] };
      journal.record({ at: NOW, memory });
      journal.record({ at: NOW, memory: { cursor: 'two', remember: [['b', '3']], forget: ['a'] } });
      expect(journal.tailMemory()).toEqual({ cursor: 'two', entries: new Map([['b', '3']]) });
    });
  });

  test('queues in order within a conversation, and lets others pass', () => {
    withJournal((journal) => {
      const command = (seq: number, to: string) => ({
        seq,
        command: sendCommand(`cmd_${seq}`, { to }),
        expiresAt: NOW + 1_000,
      });
      journal.acceptCommands(
        [command(1, '+14155550101'), command(2, '+14155550101'), command(3, 'A@b.example')],
        NOW,
      );
      const set = (id: string, patch: object): void => journal.record({ at: NOW, commands: [{ id, patch }] });
      expect(journal.candidates(NOW, 1)[0]?.id).toBe('cmd_1');
      set('cmd_1', { state: 'acting' });
      expect(journal.candidates(NOW, 1)[0]?.id).toBe('cmd_3');
      set('cmd_3', { notBefore: NOW + 500 });
      expect(journal.candidates(NOW, 1)[0]).toBeUndefined();
      expect(journal.nextQueuedChange(NOW)).toBe(NOW + 500);
      set('cmd_1', { state: 'uncertain' });
      expect(journal.candidates(NOW, 1)[0]?.id).toBe('cmd_2');
      expect(journal.candidates(NOW + 1_000, 1)[0]).toBeUndefined();
      expect(journal.expiredCommands(NOW + 1_000, 10).map(({ id }) => id)).toEqual(['cmd_2', 'cmd_3']);
    });
  });

  test('refuses a damaged file and one of a later version', () => {
    const folder = tempFolder();
    const later = path.join(folder, 'later.db');
    const db = new Database(later);
    db.pragma('user_version = 999');
    db.close();
    expect(() => openJournal(later)).toThrow(expect.objectContaining({ code: 'journal_too_new' }));
    const damaged = path.join(folder, 'damaged.db');
    writeFileSync(damaged, 'no database '.repeat(1_000));
    expect(() => openJournal(damaged)).toThrow(expect.objectContaining({ code: 'journal_corrupt' }));
    expect(() => openJournal(path.join(folder, 'none', 'journal.db'))).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
  });
});
