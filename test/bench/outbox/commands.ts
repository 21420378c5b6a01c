import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openJournal } from '../../../agent/journal/journal.ts';
import type { Journal } from '../../../agent/journal/types.ts';
import type { Act, ActOutcome, Mac } from '../../../agent/mac/types.ts';
import { createOutbox, type OutboxOptions } from '../../../agent/outbox/outbox.ts';
import { type PacingConfig, pacingConfigSchema } from '../../../agent/pacing/config.ts';
import { Pacing } from '../../../agent/pacing/pacing.ts';
import { systemClock } from '../../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../../support/agent-fixtures.ts';
import { type EvidenceRow, noErrands, noFiles, TestEvidence } from '../../support/outbox-world.ts';
import { monotonicMs } from '../inbound/monotonic.ts';
import { openBare } from './bare.ts';

/** Commits of one command: its act begins, its act has ended, its row is found. */
const STEPS = 3;
/** Ours and the bare ones take turns, so that both see the same machine. */
const ROUNDS = 10;

export interface CommandsPerSecond {
  commands: number;
  /** Carried out from `queued` to `done`, one after the other, each step on the disk before it is taken. */
  perSecond: number;
  commitsPerCommand: number;
  /** Bare transactions of one row each on the same disk with the same settings. */
  bareCommitsPerSecond: number;
  /** Share of the time that the bare commits of the same steps would have taken. */
  share: number;
}

/** A chat.db of which only the newest rows are asked for. */
class FastEvidence extends TestEvidence {
  override rowsAfter(rowid: number): EvidenceRow[] {
    return this.rows.slice(Math.max(0, rowid - 100));
  }
}

/** A Mac that takes no time: what is measured is ours. */
class InstantMac implements Mac {
  readonly #evidence: TestEvidence;

  constructor(evidence: TestEvidence) {
    this.#evidence = evidence;
  }

  async perform(_: string, act: Act): Promise<ActOutcome> {
    if (act.kind !== 'send_text') throw new Error('only texts are sent here');
    const chat = { kind: 'direct', identifier: act.handle } as const;
    this.#evidence.add(systemClock.now(), { chat, text: act.text });
    return { outcome: 'handed_over' };
  }

  sendText(): Promise<ActOutcome> {
    throw new Error('the outbox acts by perform');
  }

  recover(): Promise<ActOutcome> {
    throw new Error('nothing is recovered here');
  }

  forget(): undefined {
    return undefined;
  }

  async stop(): Promise<undefined> {
    return undefined;
  }
}

const unhurried: PacingConfig = pacingConfigSchema.parse({
  ...{
    timezone: 'UTC',
    gapMs: 0,
    jitterMs: 0,
    newPerHour: 1_000_000,
    ratio: { outPerIn: 1, free: 1_000_000 },
  },
  curve: [{ fromDay: 1, newConversations: 1_000_000, proactive: 1_000_000 }],
});

/** How fast commands go through the outbox, with every rule asked, round by round with as many bare commits. */
export async function commandsPerSecond(commands: number): Promise<CommandsPerSecond> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-bench-'));
  const journal = openJournal(path.join(folder, 'journal.db'));
  const bare = openBare(path.join(folder, 'bare.db'));
  try {
    journal.record({ at: systemClock.now(), memory: { cursor: 'c', remember: [], forget: [] } });
    const evidence = new FastEvidence();
    const each = Math.ceil(commands / ROUNDS);
    let took = 0;
    let bareMs = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      took += await carryOut(journal, evidence, { from: round * each, count: each });
      bareMs += bare.commit(each * STEPS);
    }
    const done = journal.counts().commands.done;
    if (done !== each * ROUNDS) throw new Error(`only ${done} of ${each * ROUNDS} commands were done`);
    return {
      commands: done,
      perSecond: Math.round((done / took) * 1_000),
      commitsPerCommand: STEPS,
      bareCommitsPerSecond: Math.round(((done * STEPS) / bareMs) * 1_000),
      share: Number((bareMs / took).toFixed(3)),
    };
  } finally {
    journal.close();
    bare.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Milliseconds until so many commands are done. */
async function carryOut(
  journal: Journal,
  evidence: TestEvidence,
  { from, count }: { from: number; count: number },
): Promise<number> {
  const now = systemClock.now();
  const arrived = Array.from({ length: count }, (_, index) => ({
    seq: from + index + 1,
    command: sendCommand(`cmd_${from + index}`, { to: `+1415${5_550_000 + from + index}` }),
    expiresAt: now + 3_600_000,
  }));
  journal.acceptCommands(arrived, now);
  const outbox = createOutbox({
    ...{ journal, evidence, messagesDb: evidence, mac: new InstantMac(evidence) },
    ...{
      files: noFiles,
      errands: noErrands,
      pacer: pacerOf(journal),
      clock: systemClock,
      logger: silentLogger,
    },
  });
  const begun = monotonicMs();
  outbox.start();
  while (journal.commandsIn(['queued', 'paced', 'acting', 'confirming'], 1).length > 0)
    await systemClock.sleep(5);
  const took = monotonicMs() - begun;
  await outbox.stop();
  return took;
}

const pacerOf = (journal: Journal): OutboxOptions['pacer'] =>
  new Pacing({
    journal,
    config: unhurried,
    off: false,
    clock: systemClock,
    traffic: () => ({ lastInAt: null, lastOutAt: null }),
    pausedUntil: () => null,
    shareOfCaps: () => 1,
  });
