import type { Command } from '../../bridge/protocol/commands.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, describeError } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { CommandError, Journal, JournaledCommand } from '../journal/types.ts';
import type { Mac } from '../mac/types.ts';
import type { ChangeBatch, MessagesDb } from '../messages-db/types.ts';
import type { Pacer } from '../pacing/types.ts';
import { Confirm } from './confirm.ts';
import { distrusting } from './distrust.ts';
import { ErrandRunner } from './errand-runner.ts';
import type { Evidence } from './evidence.ts';
import { takeBatch } from './intake.ts';
import { Operator } from './operator.ts';
import { partsOf } from './parts.ts';
import { Performer } from './performer.ts';
import type { CallStanding, Errands, RenditionOffer, SentFiles } from './ports.ts';
import { step } from './step.ts';
import { type Next, Turn } from './turn.ts';

/** How long a row may take to appear in chat.db after an act. */
const CONFIRM_WINDOW_MS = 8_000;
/** Pause after the journal or chat.db could not be used. */
const TROUBLE_PAUSE_MS = 1_000;
/** Expired commands that are ended in one go. */
const EXPIRE_BATCH = 100;
/** What waits is looked at so often at least: a clock that is put forward moves no timer. In milliseconds. */
const LOOK_EVERY_MS = 60_000;
/** A clock is put right by a little often enough, in milliseconds. */
const WORTH_TELLING_MS = 1_000;

export interface OutboxOptions {
  journal: Journal;
  mac: Mac;
  messagesDb: Pick<MessagesDb, 'highWater'>;
  evidence: Evidence;
  files: SentFiles;
  errands: Errands;
  pacer: Pacer;
  /** Whether anything may be begun or given up now; always when absent. {@link Outbox.wake} tells that it changed. */
  mayAct?: () => boolean;
  /** A `call.end` acts only while its call is `on`, which it always is when this is absent. */
  callStanding?: CallStanding;
  /** What this Mac makes of received files; nothing unless told. */
  rendition?: RenditionOffer;
  /** Whether nothing may leave from the line any more; never when absent. */
  isBanned?: () => boolean;
  /** What is noted in the journal with the beginning of an act. */
  noteOf?: (command: JournaledCommand, at: number) => Readonly<Record<string, string>>;
  clock: Clock;
  logger: Logger;
  confirmWindowMs?: number;
  /** How often what waits is looked at, at least, in milliseconds. */
  lookEveryMs?: number;
}

export interface Outbox {
  /** Finds out what became of acts that an earlier process began, then carries out what is queued. */
  start(): void;
  /** New commands are in the journal, or what held others may have changed. */
  wake(): void;
  /** Journals what chat.db tells, with the tail's memory, in one transaction. Throws when the journal cannot be used. */
  take(batch: ChangeBatch): void;
  /**
   * The journal may not know the newest steps: every open command is only looked for from now on, and the journal is a
   * new one to the bridge. To be called while nothing may be begun. Rejects when the journal cannot be used.
   */
  distrust(): Promise<void>;
  readonly operator: Operator;
  /** Begins nothing more; resolves when the act under way is journaled. Whoever owns the Mac ends its acts. */
  stop(): Promise<void>;
}

class DurableOutbox implements Outbox {
  readonly operator: Operator;
  readonly #options: OutboxOptions;
  readonly #confirm: Confirm;
  readonly #performer: Performer;
  readonly #errands: ErrandRunner;
  readonly #turns: Turn;
  readonly #stopping = new AbortController();
  #busy: Promise<void> | undefined;
  #timer: Cancel | undefined;
  #started = false;
  #tailBegun = false;
  #trouble: string | undefined;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const {
      journal,
      evidence,
      clock,
      logger,
      pacer,
      files,
      callStanding = () => 'on',
      isBanned = () => false,
      mayAct = () => true,
    } = options;
    const stopping = this.#stopping.signal;
    const wake = (): void => this.wake();
    this.operator = new Operator({ journal, evidence, clock, onChanged: wake });
    this.#confirm = new Confirm({
      journal,
      evidence,
      clock,
      logger,
      windowMs: options.confirmWindowMs ?? CONFIRM_WINDOW_MS,
      followClock: () => this.#followClock(),
      onSettled: wake,
    });
    const mayBegin = ({ type }: Command): boolean => mayAct() && (type === 'call.end' || !isBanned());
    this.#performer = new Performer({ ...options, mayBegin, stopping });
    this.#errands = new ErrandRunner({
      journal,
      errands: options.errands,
      clock,
      logger,
      stopping,
      onEnded: wake,
    });
    this.#turns = new Turn({ journal, pacer, files, callStanding, isBanned, onFile: wake });
  }

  start(): void {
    this.#occupy(async () => {
      const { journal, mac } = this.#options;
      for (const actId of journal.endedActs()) mac.forget(actId);
      for (const command of journal.commandsIn(['acting'])) await this.#performer.recover(command);
      if (this.#stopping.signal.aborted) return;
      // What holds a command may have changed with the settings.
      journal.releaseHeld();
      this.#started = true;
      this.#confirm.start();
    });
  }

  wake(): void {
    if (this.#busy || !this.#started || this.#stopping.signal.aborted) return;
    this.#timer?.();
    this.#timer = undefined;
    try {
      this.#turn();
      this.#trouble = undefined;
    } catch (error) {
      this.#troubled(error);
    }
  }

  take(batch: ChangeBatch): void {
    const { journal, clock, rendition } = this.#options;
    takeBatch(batch, journal, {
      at: clock.now(),
      claim: () => this.#confirm.look({ uncertain: true }),
      rendition,
    });
    const first = !this.#tailBegun;
    this.#tailBegun = true;
    // A message that came may let go what was held.
    if (first || batch.changes.some(({ kind }) => kind === 'received')) this.wake();
  }

  async distrust(): Promise<void> {
    await this.#busy;
    const { journal, clock, logger } = this.#options;
    const open = journal.commandsIn(['queued', 'paced', 'acting', 'confirming']);
    journal.record(distrusting(open, journal.highestMark(), clock.now()));
    logger.error(
      { commands: open.length },
      'the journal is not the newest: what was open is looked for only',
    );
    this.#confirm.look();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.();
    this.#confirm.stop();
    await this.#busy;
    await this.#errands.idle();
  }

  #turn(): void {
    const { journal, clock, messagesDb, mayAct = () => true } = this.#options;
    if (!mayAct()) return;
    this.#followClock();
    for (const command of journal.expiredCommands(clock.now(), EXPIRE_BATCH)) this.#expire(command);
    // The very first batch says where the tail begins: the row of an earlier act would lie before it, never followed.
    this.#tailBegun ||= journal.tailMemory().cursor !== null;
    const { next, lookAgainAt } = this.#tailBegun ? this.#nextAct() : {};
    if (next) {
      // Without chat.db there would be no mark.
      messagesDb.highWater();
      this.#occupy(() => this.#act(next));
      return;
    }
    const change = journal.nextQueuedChange(clock.now());
    const due = Math.min(change ?? Number.POSITIVE_INFINITY, lookAgainAt ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(due))
      this.#wakeIn(Math.min(due - clock.now(), this.#options.lookEveryMs ?? LOOK_EVERY_MS));
  }

  /** After the clock was set back nothing lies ahead of it, and nothing waits for a time that it showed before. */
  #followClock(): void {
    const { journal, clock, logger } = this.#options;
    const now = clock.now();
    const byMs = Math.max(0, this.#latest - now);
    if (byMs > 0 || journal.isAhead(now)) {
      journal.setBack(now, byMs);
      this.#confirm.searchAnew();
    }
    if (byMs >= WORTH_TELLING_MS) logger.warn({ byMs }, 'the clock was set back');
    this.#latest = now;
  }

  /** Ends what can be ended without an act, and finds the act that is next. */
  #nextAct(): { next?: Next; lookAgainAt?: number } {
    for (;;) {
      const found = this.#turns.take(this.#options.clock.now());
      for (const { command, error } of found.refused) this.#refuse(command, error);
      const begun = found.errands.filter((command) => this.#errands.run(command));
      // An errand may have taken back the very command that was found.
      if (found.refused.length + begun.length === 0) return found;
    }
  }

  async #act({ command, part, source, kind, learnt }: Next): Promise<void> {
    this.#turns.begun();
    const { id: commandId, conversation } = command;
    await this.#performer.perform(command, part, {
      source,
      withBegin: (at) => ({
        ...(kind && { sent: [{ at, commandId, part: command.part, conversation, kind }], contacts: learnt }),
        notes: this.#options.noteOf?.(command, at) ?? {},
      }),
    });
    this.#confirm.look();
  }

  #refuse(command: JournaledCommand, error: CommandError): void {
    const { journal, clock, logger } = this.#options;
    journal.record(step(command, { type: 'refuse', error }, clock.now()));
    logger.warn({ commandId: command.id, traceId: command.command?.traceId, code: error.code }, 'refused');
  }

  #expire(command: JournaledCommand): void {
    const { journal, clock, logger } = this.#options;
    const parts = command.command ? (partsOf(command.command) ?? []) : [];
    const message =
      command.part === 0
        ? messageErrors.expired.hint
        : `${command.part} of ${parts.length} parts were sent before the deadline`;
    journal.record(step(command, { type: 'deadline', error: { code: 'expired', message } }, clock.now()));
    logger.warn({ commandId: command.id, traceId: command.command?.traceId }, 'expired');
  }

  /** Runs one thing at a time; when it ends, looks for the next. */
  #occupy(work: () => Promise<void>): void {
    let failure: unknown;
    this.#busy = work()
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        this.#busy = undefined;
        if (failure === undefined) this.wake();
        else this.#troubled(failure);
      });
  }

  /** What cannot be done now is tried again a little later. */
  #troubled(error: unknown): void {
    const trouble = describeError(error);
    if (trouble !== this.#trouble) {
      const { logger } = this.#options;
      if (error instanceof AppError) logger.error({ error: trouble }, 'the outbox waits');
      else
        logger.error(
          { error: trouble, stack: error instanceof Error ? error.stack : undefined },
          'the outbox stumbled',
        );
    }
    this.#trouble = trouble;
    if (!this.#stopping.signal.aborted) this.#wakeIn(TROUBLE_PAUSE_MS);
  }

  #wakeIn(ms: number): void {
    this.#timer?.();
    this.#timer = this.#options.clock.after(Math.max(1, ms), () => this.wake());
  }
}

/** The agent's durable queue of commands being carried out. */
export const createOutbox = (options: OutboxOptions): Outbox => new DurableOutbox(options);
