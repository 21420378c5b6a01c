import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import { openEvidence } from '../../agent/messages-db/evidence.ts';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import type { ChangeBatch } from '../../agent/messages-db/types.ts';
import { createOutbox } from '../../agent/outbox/outbox.ts';
import { Tail } from '../../agent/tail.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openStore } from '../support/messages-store.ts';
import { freePacer, noErrands, noFiles, TestMac } from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const OTHER = '+14155550101';
/** Notes of one moment. */
const BATCH = 4;
/** Notes that the API sends, 10,000 with `npm run test:all`; as many again a person writes. */
const SENDS = whole ? 10_000 : 300;

/** How Messages writes one note: its rows, each with when it is joined and when it changes sides, in milliseconds. */
interface Shape {
  rows: { mine: boolean; joinAfter: number; flipAfter: number | null }[];
  /** When the act that sent it is known to have ended. */
  confirmAfter: number;
}

const row = (mine: boolean) =>
  fc.record({
    mine: fc.constant(mine),
    joinAfter: fc.constantFrom(0, 0, 30, 300),
    flipAfter: fc.constantFrom(null, null, 0, 20, 150, 700),
  });
const shape: fc.Arbitrary<Shape> = fc.record({
  rows: fc.oneof(fc.tuple(row(true)), fc.tuple(row(true), row(false)), fc.tuple(row(false), row(true))),
  confirmAfter: fc.constantFrom(0, 10, 100, 500),
});

/** An agent from its chat.db to its journal, whose sends are begun as the test says. */
async function agent() {
  const home = tempFolder();
  const store = openStore(home, '26', LINE);
  const clock = new ManualClock();
  const journal = openJournal(path.join(home, 'journal.db'));
  const evidence = openEvidence(store.databasePath);
  const messagesDb = openMessagesDb({
    databasePath: store.databasePath,
    memory: journal.tailMemory(),
    ownHandles: [LINE],
    clock,
    logger: silentLogger,
  });
  const outbox = createOutbox({
    ...{ journal, mac: new TestMac(), messagesDb, evidence, files: noFiles, errands: noErrands },
    ...{ pacer: freePacer, clock, logger: silentLogger },
  });
  const tail = new Tail<ChangeBatch>({
    source: messagesDb,
    take: (batch) => outbox.take(batch),
    clock,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await tail.stop();
    await outbox.stop();
    messagesDb.close();
    evidence.close();
    journal.close();
  });
  tail.start();
  await clock.advance(1_600);
  let seq = 0;
  let read = 0;
  return {
    ...{ store, clock, journal },
    /** Notes of commands whose acts are under way, as after a restart of the outbox. */
    begin(texts: readonly string[]): string[] {
      const at = clock.now();
      const highWater = messagesDb.highWater();
      const arrived = texts.map((text) => {
        seq += 1;
        const command = sendCommand(`cmd_${seq}`, { to: LINE, text, issuedAt: at });
        return { seq, command, expiresAt: at + 3_600_000 };
      });
      journal.acceptCommands(arrived, at);
      const ids = arrived.map(({ command }) => command.id);
      const patch = { state: 'acting', highWater, actedAt: at, attempts: 1 } as const;
      journal.record({ at, commands: ids.map((id) => ({ id, patch })) });
      return ids;
    },
    /** Texts that were received since this was asked last. */
    received(): string[] {
      const events = journal.eventsAfter(read, 1_000_000);
      read = events.at(-1)?.seq ?? read;
      return events.flatMap(({ event }) => (event.type === 'message.received' ? [event.text] : []));
    },
  };
}

test(`of ${SENDS} notes to oneself that the API sent none is received, and each that a person wrote is, once`, {
  timeout: 3_600_000,
}, async () => {
  const { store, clock, journal, begin, received } = await agent();
  const shapes = fc.sample(shape, { numRuns: 2 * SENDS, seed: 20260101 });
  const chat = { handle: LINE };
  const told: string[] = [];
  for (let done = 0; done < SENDS; done += BATCH) {
    const at = clock.now();
    const texts = Array.from({ length: BATCH }, (_, index) => `sent ${done + index}`);
    const ids = begin(texts);
    const steps: { at: number; do: () => void }[] = [];
    const write = (text: string, { rows }: Shape): void => {
      const parts = [{ kind: 'text', text }] as const;
      for (const { mine, joinAfter, flipAfter } of rows) {
        const written = store.insertMessage({ chat, sender: mine ? 'me' : chat, parts, at: clock.now() });
        const join = (): void => store.joinChat(written, chat);
        if (joinAfter === 0) join();
        else steps.push({ at: clock.now() + joinAfter, do: join });
        if (flipAfter === 0) store.flipFromMe(written.guid);
        else if (flipAfter !== null)
          steps.push({ at: clock.now() + flipAfter, do: () => store.flipFromMe(written.guid) });
      }
    };
    for (const [index, text] of texts.entries()) {
      const sent = shapes[2 * (done + index)];
      const noted = shapes[2 * (done + index) + 1];
      if (!sent || !noted) throw new Error('too few shapes');
      write(text, sent);
      write(`written ${done + index}`, noted);
      const patch = { state: 'confirming' } as const;
      const id = ids[index] ?? '';
      const confirm = (): void => journal.record({ at: clock.now(), commands: [{ id, patch }] });
      steps.push({ at: at + sent.confirmAfter, do: confirm });
      await clock.advance(3);
    }
    steps.sort((a, b) => a.at - b.at);
    for (const step of steps) {
      if (step.at > clock.now()) await clock.advance(step.at - clock.now());
      step.do();
    }
    // The tail has looked at all of them once it tells what comes after them.
    const end = store.insertIncoming({ from: OTHER, text: `end ${done}`, at: clock.now() });
    store.join(end, OTHER);
    await eventually(
      async () => {
        await clock.advance(500);
        told.push(...received());
        return told.includes(`end ${done}`);
      },
      { within: 120_000, what: `the end of batch ${done}` },
    );
    await clock.advance(4_000);
    // Whose row changed sides before it was found: an operator looks.
    const open = journal.commandsIn(['acting', 'confirming', 'uncertain']);
    const patch = { state: 'done' } as const;
    journal.record({ at: clock.now(), commands: open.map(({ id }) => ({ id, patch })) });
  }
  await clock.advance(15_000);
  told.push(...received());
  expect(told.filter((text) => text.startsWith('sent'))).toEqual([]);
  expect(told.filter((text) => text.startsWith('written')).sort()).toEqual(
    Array.from({ length: SENDS }, (_, index) => `written ${index}`).sort(),
  );
});
