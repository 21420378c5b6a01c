import path from 'node:path';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal, JournaledCommand, SendKind } from '../../agent/journal/types.ts';
import type { Act, ActOutcome, Mac } from '../../agent/mac/types.ts';
import { createOutbox, type Outbox } from '../../agent/outbox/outbox.ts';
import { type PacingConfig, pacingConfigSchema } from '../../agent/pacing/config.ts';
import { Pacing } from '../../agent/pacing/pacing.ts';
import type { Decision } from '../../agent/pacing/types.ts';
import type { Priority } from '../../bridge/protocol/commands.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { sendCommand, silentLogger } from './agent-fixtures.ts';
import type { JumpingClock } from './jumping-clock.ts';
import { noErrands, noFiles, TestEvidence } from './outbox-world.ts';
import { tempFolder } from './temp-folder.ts';

/** A message that reached Messages. */
export interface Landing {
  id: string;
  conversation: string;
  /** By the clock of the Mac, and by one that is never set back. */
  at: number;
  passed: number;
}

/** What becomes of one act. */
export interface Fate {
  /** Milliseconds until it reaches Messages, and until it ends after that. */
  landsAfter: number;
  endsAfter: number;
  /** It reaches Messages, with a row in chat.db or without; or it does not begin. */
  what: 'row' | 'no_row' | 'not_started';
}

/** A Mac that does what it is told, after a while, and outlives the agents. */
class ActingMac implements Mac {
  readonly landings: Landing[] = [];
  readonly #fates = new Map<string, Fate['what']>();
  readonly #outcomes = new Map<string, ActOutcome | undefined>();
  readonly #options: { clock: JumpingClock; evidence: TestEvidence; fates: readonly Fate[] };
  #acts = 0;

  constructor(options: { clock: JumpingClock; evidence: TestEvidence; fates: readonly Fate[] }) {
    this.#options = options;
  }

  get busy(): boolean {
    return [...this.#outcomes.values()].includes(undefined);
  }

  perform(actId: string, act: Act): Promise<ActOutcome> {
    const { clock, fates } = this.#options;
    const fate = fates[this.#acts % fates.length] ?? { landsAfter: 0, endsAfter: 0, what: 'row' };
    this.#acts += 1;
    this.#outcomes.set(actId, undefined);
    return new Promise((resolve) => {
      clock.after(fate.landsAfter, () => {
        if (fate.what !== 'not_started') this.#land(act, fate.what);
        clock.after(fate.endsAfter, () => {
          const outcome: ActOutcome = fate.what === 'not_started' ? notRunning : { outcome: 'handed_over' };
          this.#outcomes.set(actId, outcome);
          resolve(outcome);
        });
      });
    });
  }

  /** What became of the act that sent a message. */
  readonly fateOf = (id: string): Fate['what'] | undefined => this.#fates.get(id);

  #land(act: Act, what: Fate['what']): void {
    if (act.kind !== 'send_text') throw new Error('only texts are sent here');
    const { clock, evidence } = this.#options;
    const { handle: conversation, text: id } = act;
    this.landings.push({ id, conversation, at: clock.now(), passed: clock.passed() });
    this.#fates.set(id, what);
    if (what === 'row')
      evidence.add(clock.now(), { chat: { kind: 'direct', identifier: conversation }, text: id });
  }

  sendText(): Promise<ActOutcome> {
    throw new Error('the outbox acts by perform');
  }

  async recover(actId: string): Promise<ActOutcome> {
    if (!this.#outcomes.has(actId))
      return { outcome: 'not_started', error: { code: 'act_interrupted', message: '' } };
    const { clock } = this.#options;
    while (this.#outcomes.get(actId) === undefined) await clock.sleep(10);
    return this.#outcomes.get(actId) ?? { outcome: 'handed_over' };
  }

  /** It keeps no files. */
  forget(): undefined {
    return undefined;
  }

  /** It outlives the agent. */
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

const notRunning: ActOutcome = {
  outcome: 'not_started',
  error: { code: 'messages_not_running', message: '' },
};

const FREE = pacingConfigSchema.parse({ timezone: 'UTC' });

/** What an agent that was killed cannot do any more. */
const DEAD = new AppError('killed', { code: 'journal_unavailable', retry: 'later' });
const WRITES: ReadonlySet<string> = new Set([
  'record',
  'acceptCommands',
  'releaseHeld',
  'setBack',
  'acknowledgeEvents',
]);

/** An agent's outbox with its journal and its pace, on a Mac that acts by itself; it can be killed at any write. */
export class ActingWorld {
  readonly clock: JumpingClock;
  readonly evidence = new TestEvidence();
  readonly mac: ActingMac;
  /** The kind that each message left as, by its id. */
  readonly kinds = new Map<string, SendKind>();
  readonly #config: PacingConfig | null;
  readonly #file = path.join(tempFolder(), 'journal.db');
  #lookEveryMs: number | undefined;
  #journal!: Journal;
  #pacing!: Pacing;
  #outbox!: Outbox;
  #life = { over: false, writesLeft: Number.POSITIVE_INFINITY };
  #seq = 0;

  /** Without a config nothing is paced. */
  constructor(clock: JumpingClock, config: PacingConfig | null, fates: readonly Fate[]) {
    this.clock = clock;
    this.#config = config;
    this.mac = new ActingMac({ clock, evidence: this.evidence, fates });
    this.#open();
    this.#journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Whether the agent was killed by {@link killAfter}. */
  get dead(): boolean {
    return this.#life.over;
  }

  explain(command: JournaledCommand): Decision {
    return this.#pacing.decide(command, this.clock.now());
  }

  /** Kills the agent at one of its next writes, which is then lost. */
  killAfter(writes: number): void {
    this.#life.writesLeft = writes;
  }

  /** The next agent; the one before is killed, if it was not. */
  async restart({ lookEveryMs }: { lookEveryMs?: number } = {}): Promise<void> {
    this.#lookEveryMs = lookEveryMs ?? this.#lookEveryMs;
    this.#life.over = true;
    void this.#outbox.stop();
    await this.clock.advance(0);
    this.#journal.close();
    this.#open();
    await this.clock.advance(0);
  }

  async end(): Promise<void> {
    this.#life.over = true;
    void this.#outbox.stop();
    await this.clock.advance(0);
    this.#journal.close();
  }

  /** Takes a text as it comes from the bridge, which is its own id. */
  send(id: string, to: string, { priority, expiresAt }: { priority?: Priority; expiresAt: number }): void {
    const { clock } = this;
    const command = sendCommand(id, { to, text: id, issuedAt: clock.now() });
    this.#seq += 1;
    const whole = { seq: this.#seq, command: { ...command, ...(priority && { priority }) }, expiresAt };
    this.#journal.acceptCommands([whole], clock.now());
    this.#outbox.wake();
  }

  /** A message comes; an agent that is killed meanwhile hears of it in its next life. */
  async receive(from: string): Promise<void> {
    const at = this.clock.now();
    const chat = { kind: 'direct', identifier: from } as const;
    const told = { from, chat, line: null, service: 'iMessage', text: 'hi', at } as const;
    const change = { kind: 'received', guid: `in-${at}`, ...told } as const;
    const memory = { cursor: 'c', remember: [], forget: [] };
    try {
      this.#outbox.take({ changes: [change], memory });
    } catch (error) {
      if (error !== DEAD) throw error;
      await this.restart();
      this.#outbox.take({ changes: [change], memory });
    }
  }

  /** Commands that wait with nothing before them in their conversation. */
  waiting(): JournaledCommand[] {
    const open = this.#journal.commandsIn(['queued', 'paced', 'acting', 'confirming']);
    const first = new Map<string, JournaledCommand>();
    for (const command of open)
      if (!first.has(command.conversation)) first.set(command.conversation, command);
    return [...first.values()].filter(({ state }) => state === 'queued' || state === 'paced');
  }

  #open(): void {
    const journal = openJournal(this.#file);
    const life = { over: false, writesLeft: Number.POSITIVE_INFINITY };
    this.#life = life;
    this.#journal = journal;
    const mortal = new Proxy(journal, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (WRITES.has(String(name))) {
            if (life.writesLeft <= 0) life.over = true;
            life.writesLeft -= 1;
          }
          if (life.over) throw DEAD;
          return value.apply(target, args);
        };
      },
    });
    const { clock, evidence, mac } = this;
    this.#pacing = new Pacing({
      journal,
      config: this.#config ?? FREE,
      off: this.#config === null,
      clock,
      traffic: () => ({ lastInAt: null, lastOutAt: null }),
      pausedUntil: () => null,
      shareOfCaps: () => 1,
    });
    const pacing = this.#pacing;
    this.#outbox = createOutbox({
      ...{ mac, messagesDb: evidence, evidence, files: noFiles, errands: noErrands, clock },
      journal: mortal,
      pacer: {
        decide: (command, now) => {
          const decision = pacing.decide(command, now);
          if (decision.go) this.kinds.set(command.id, decision.kind);
          return decision;
        },
        learnt: (command) => pacing.learnt(command),
        reached: (held, now) => pacing.reached(held, now),
      },
      logger: silentLogger,
      ...(this.#lookEveryMs === undefined ? {} : { lookEveryMs: this.#lookEveryMs }),
    });
    this.#outbox.start();
  }
}
