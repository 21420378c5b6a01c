import { messageErrors } from '../../bridge/protocol/errors.ts';
import { describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { CommandPatch, Journal, JournaledCommand } from '../journal/types.ts';
import type { ActOutcome, Mac } from '../mac/types.ts';
import type { ChangeBatch, MessagesDb } from '../messages-db/types.ts';
import { Confirm } from './confirm.ts';
import { takeBatch } from './intake.ts';
import { Operator } from './operator.ts';
import { plainText } from './orders.ts';
import { eventOfOutcome } from './states.ts';
import { step } from './step.ts';

/** How long a row may take to appear in chat.db after an act. */
const CONFIRM_WINDOW_MS = 8_000;
/** First and longest pause before an act that did not start is tried again. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;
/** Pause after the journal or chat.db could not be used. */
const TROUBLE_PAUSE_MS = 1_000;
/** Expired commands that are ended in one go. */
const EXPIRE_BATCH = 100;

export interface OutboxOptions {
  journal: Journal;
  mac: Mac;
  messagesDb: MessagesDb;
  clock: Clock;
  logger: Logger;
  confirmWindowMs?: number;
}

export interface Outbox {
  /** Finds out what became of acts that an earlier process began, then carries out what is queued. */
  start(): void;
  /** New commands are in the journal. */
  wake(): void;
  /** Journals what chat.db tells, with the tail's memory, in one transaction. Throws when the journal cannot be used. */
  take(batch: ChangeBatch): void;
  readonly operator: Operator;
  /** Begins nothing more; resolves when the act under way is journaled. Whoever owns the Mac ends its acts. */
  stop(): Promise<void>;
}

class DurableOutbox implements Outbox {
  readonly operator: Operator;
  readonly #options: OutboxOptions;
  readonly #confirm: Confirm;
  readonly #stopping = new AbortController();
  #busy: Promise<void> | undefined;
  #timer: Cancel | undefined;
  #started = false;
  #tailBegun = false;
  #trouble: string | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { journal, messagesDb, clock, logger } = options;
    this.operator = new Operator({ journal, messagesDb, clock });
    this.#confirm = new Confirm({
      journal,
      messagesDb,
      clock,
      logger,
      windowMs: options.confirmWindowMs ?? CONFIRM_WINDOW_MS,
      onSettled: () => this.wake(),
    });
  }

  start(): void {
    this.#occupy(async () => {
      const { journal, mac } = this.#options;
      for (const actId of journal.endedActs()) mac.forget(actId);
      for (const command of journal.commandsIn(['acting'])) {
        const outcome = command.actId ? await this.#recover(command.actId) : neverBegun;
        // Stopped before it was known: the command stays `acting` for the next start.
        if (outcome) await this.#settle(command, outcome);
      }
      if (this.#stopping.signal.aborted) return;
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
      const trouble = describeError(error);
      if (trouble !== this.#trouble) this.#options.logger.error({ error: trouble }, 'the outbox waits');
      this.#trouble = trouble;
      this.#wakeIn(TROUBLE_PAUSE_MS);
    }
  }

  take(batch: ChangeBatch): void {
    takeBatch(batch, this.#options.journal, this.#options.clock.now(), () =>
      this.#confirm.look({ uncertain: true }),
    );
    if (this.#tailBegun) return;
    this.#tailBegun = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.();
    this.#confirm.stop();
    await this.#busy;
  }

  #turn(): void {
    const { journal, clock, messagesDb } = this.#options;
    for (const command of journal.expiredCommands(clock.now(), EXPIRE_BATCH)) this.#expire(command);
    // The very first batch says where the tail begins: the row of an earlier act would lie before it, never followed.
    this.#tailBegun ||= journal.tailMemory().cursor !== null;
    const command = this.#tailBegun ? journal.nextQueued(clock.now()) : undefined;
    if (!command) {
      const next = journal.nextQueuedChange(clock.now());
      if (next !== undefined) this.#wakeIn(next - clock.now());
      return;
    }
    const order = command.command && plainText(command.command);
    if (!order) {
      this.#refuse(command);
      this.#turn();
      return;
    }
    const highWater = messagesDb.highWater();
    this.#occupy(() => this.#act(command, order, highWater));
  }

  async #act(
    command: JournaledCommand,
    { to, text }: { to: string; text: string },
    highWater: number,
  ): Promise<void> {
    const { journal, clock, mac, logger } = this.#options;
    const traceId = command.command?.traceId;
    const at = clock.now();
    const actId = newId('act', at);
    const patch: CommandPatch = { actId, highWater, actedAt: at, attempts: command.attempts + 1 };
    const change = step(command, { type: 'begin' }, at, patch);
    journal.record(change);
    logger.info({ commandId: command.id, traceId, actId }, 'acting');
    const outcome = await mac.sendText({ actId, handle: to, text }).catch(outcomeOfError);
    await this.#settle({ ...command, ...patch, state: change.state }, outcome);
  }

  async #recover(actId: string): Promise<ActOutcome | undefined> {
    try {
      return await this.#options.mac.recover(actId);
    } catch (error) {
      return errorCode(error) === 'act_interrupted' ? undefined : outcomeOfError(error);
    }
  }

  /** Journals how an act ended, again and again until it is durable: only then are the act's own files forgotten. */
  async #settle(command: JournaledCommand, outcome: ActOutcome): Promise<void> {
    const { journal, clock, mac, logger } = this.#options;
    for (;;) {
      try {
        const at = clock.now();
        const change = step(command, eventOfOutcome(outcome), at, {
          notBefore: at + retryDelay(command.attempts),
        });
        journal.record(change);
        logger.info({ commandId: command.id, actId: command.actId, state: change.state }, 'act ended');
        break;
      } catch (error) {
        logger.error({ commandId: command.id, error: describeError(error) }, 'cannot journal an act');
        if (this.#stopping.signal.aborted) return;
        await clock.sleep(TROUBLE_PAUSE_MS, this.#stopping.signal);
      }
    }
    if (command.actId) mac.forget(command.actId);
    this.#confirm.look();
  }

  #refuse(command: JournaledCommand): void {
    const { journal, clock, logger } = this.#options;
    const error = { code: 'action_unavailable', message: messageErrors.action_unavailable.hint };
    journal.record(step(command, { type: 'refuse', error }, clock.now()));
    logger.warn({ commandId: command.id, traceId: command.command?.traceId }, 'no such action here');
  }

  #expire(command: JournaledCommand): void {
    const { journal, clock, logger } = this.#options;
    const error = { code: 'expired', message: messageErrors.expired.hint };
    journal.record(step(command, { type: 'deadline', error }, clock.now()));
    logger.warn({ commandId: command.id, traceId: command.command?.traceId }, 'expired');
  }

  /** Runs one thing at a time; when it ends, looks for the next. */
  #occupy(work: () => Promise<void>): void {
    this.#busy = work()
      .catch((error: unknown) =>
        this.#options.logger.error({ error: describeError(error) }, 'the outbox stumbled'),
      )
      .finally(() => {
        this.#busy = undefined;
        this.wake();
      });
  }

  #wakeIn(ms: number): void {
    this.#timer?.();
    this.#timer = this.#options.clock.after(Math.max(1, ms), () => this.wake());
  }
}

const neverBegun: ActOutcome = {
  outcome: 'not_started',
  error: { code: 'act_interrupted', message: 'No act was begun' },
};

/** An act that ended with an exception may have happened. */
const outcomeOfError = (error: unknown): ActOutcome => ({
  outcome: 'uncertain',
  error: { code: 'uncertain', message: describeError(error) },
});

const retryDelay = (attempts: number): number =>
  Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(Math.max(0, attempts - 1), 10));

/** The agent's durable queue of commands being carried out. */
export const createOutbox = (options: OutboxOptions): Outbox => new DurableOutbox(options);
