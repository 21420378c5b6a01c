import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { type PacingConfig, pacingConfigSchema } from '../../agent/pacing/config.ts';
import { decide } from '../../agent/pacing/decide.ts';
import { Ledger } from '../../agent/pacing/ledger.ts';
import { localDay } from '../../agent/pacing/local-day.ts';
import { Pacing } from '../../agent/pacing/pacing.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MINUTE = 60_000;
const config = pacingConfigSchema.parse({
  timezone: 'America/New_York',
  curve: [
    { fromDay: 1, newConversations: 2, proactive: 5 },
    { fromDay: 2, newConversations: 3, proactive: 6 },
  ],
  newPerHour: 2,
  pairPerMinute: 3,
  unanswered: 3,
  ratio: { outPerIn: 1, free: 6 },
});

interface World {
  file: string;
  journal: Journal;
  pacing: Pacing;
  clock: ManualClock;
}

function open(file: string, clock: ManualClock, settings: PacingConfig = config): World {
  const journal = openJournal(file);
  const pacing = new Pacing({
    journal,
    config: settings,
    off: false,
    clock,
    traffic: () => ({ lastInAt: null, lastOutAt: null }),
    pausedUntil: () => null,
    shareOfCaps: () => 1,
  });
  return { file, journal, pacing, clock };
}

function take({ journal, clock }: World, seq: number, to: string) {
  const command = sendCommand(`cmd_${seq}`, { to });
  journal.acceptCommands([{ seq, command, expiresAt: clock.now() + 1e9 }], clock.now());
  const taken = journal.command(command.id);
  if (!taken) throw new Error('the command was not taken');
  return taken;
}

const steps = fc.array(
  fc.record({
    wait: fc.constantFrom(0, 500, 3_000, 20 * MINUTE, 7 * 60 * MINUTE, 26 * 60 * MINUTE),
    person: fc.constantFrom('a@x.example', 'b@x.example', 'c@x.example', 'd@x.example'),
    does: fc.constantFrom('send', 'send', 'send', 'receive', 'restart'),
  }),
  { maxLength: 60 },
);

test('the journal paces as the rules do, and a restart in between changes nothing', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const clock = new ManualClock();
      const ledger = new Ledger();
      const activated = localDay(clock.now(), config.timezone).date;
      let world = open(path.join(tempFolder(), 'journal.db'), clock);
      let seq = 0;
      for (const { wait, person, does } of steps) {
        void clock.advance(wait);
        const now = clock.now();
        if (does === 'restart') {
          world.journal.close();
          world = open(world.file, clock);
        } else if (does === 'receive') {
          world.journal.record({ at: now, received: [{ at: now, conversation: person }] });
          ledger.noteReceived(person, now);
        } else {
          seq += 1;
          const command = take(world, seq, person);
          const told = world.pacing.decide(command, now);
          const line = ledger.line(now, config, activated);
          const conversation = ledger.conversation(person, now);
          expect(told).toEqual(decide({ config, line, conversation }, { first: true, urgent: false }, now));
          if (!told.go) continue;
          const { kind } = told;
          const sent = { at: now, conversation: person, kind };
          world.journal.record({ at: now, sent: [{ ...sent, commandId: command.id, part: 0 }] });
          ledger.noteSent({ ...sent, first: true });
        }
      }
      world.journal.close();
    }),
    { numRuns: 40 },
  );
});

test('a cap that is reached is told once on a day, and the day of activation is remembered', () => {
  const clock = new ManualClock();
  const file = path.join(tempFolder(), 'journal.db');
  const world = open(file, clock);
  const command = take(world, 1, 'a@x.example');
  const held = {
    go: false,
    rule: 'daily_sends',
    until: clock.now() + MINUTE,
    cap: 5,
    used: 5,
    resetsAt: clock.now() + 1,
  } as const;
  const first = world.pacing.reached(held, clock.now());
  expect(first.events).toMatchObject([{ type: 'line.limit_reached', rule: 'daily_sends', cap: 5, used: 5 }]);
  world.journal.record({ at: clock.now(), ...first });
  expect(world.pacing.reached(held, clock.now())).toEqual({});
  world.journal.close();
  void clock.advance(25 * 60 * MINUTE);
  const next = open(file, clock);
  expect(next.pacing.reached(held, clock.now()).events).toHaveLength(1);
  expect(next.pacing.usage(clock.now()).warmup).toEqual({
    day: 2,
    stage: 2,
    completed: true,
    newConversationCap: 3,
    dailyCap: 6,
  });
  expect(next.pacing.learnt(command)).toEqual([
    { conversation: 'a@x.example', lastInAt: null, lastOutAt: null },
  ]);
  next.journal.close();
});

test('what chat.db knows of a conversation counts before the journal knows it', () => {
  const clock = new ManualClock();
  const journal = openJournal(path.join(tempFolder(), 'journal.db'));
  const asked: unknown[] = [];
  const pacing = new Pacing({
    journal,
    config,
    off: false,
    clock,
    traffic: (conversation) => {
      asked.push(conversation);
      return { lastInAt: clock.now() - MINUTE, lastOutAt: null };
    },
    pausedUntil: () => clock.now() + MINUTE,
    shareOfCaps: () => 1,
  });
  const world = { file: '', journal, pacing, clock };
  const command = take(world, 1, 'Anna@X.example');
  expect(pacing.decide(command, clock.now())).toEqual({ go: true, kind: 'reply' });
  expect(asked[0]).toEqual({ kind: 'direct', identifier: 'Anna@X.example' });
  journal.record({ at: clock.now(), contacts: pacing.learnt(command) });
  expect(journal.records.contact('anna@x.example')).toMatchObject({ lastInAt: clock.now() - MINUTE });
  journal.close();
});

test('a message of several parts is one that was not answered', () => {
  const world = open(path.join(tempFolder(), 'journal.db'), new ManualClock());
  const { journal, clock, pacing } = world;
  const sent = [0, 1].flatMap((message) =>
    [0, 1].map((part) => ({
      at: clock.now() - (2 - message) * MINUTE - 2 * part,
      commandId: `cmd_of_${message}`,
      part,
      conversation: 'a@x.example',
      kind: 'follow_up' as const,
    })),
  );
  journal.record({ at: clock.now(), sent });
  expect(pacing.decide(take(world, 1, 'a@x.example'), clock.now())).toEqual({ go: true, kind: 'follow_up' });
  journal.close();
});
