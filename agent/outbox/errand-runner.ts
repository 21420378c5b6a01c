import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { CommandError, Journal, JournalChange, JournaledCommand } from '../journal/types.ts';
import { cancelling } from './cancel.ts';
import type { Errands } from './ports.ts';
import { step } from './step.ts';

/** Uploads that run at once. */
const MAX_UPLOADS = 2;
/** First and longest pause before an errand is run again, in milliseconds. */
const RETRY_FIRST_MS = 2_000;
const RETRY_LONGEST_MS = 5 * 60_000;
/** Pause after the journal could not be used, in milliseconds. */
const TROUBLE_PAUSE_MS = 1_000;

export interface ErrandRunnerOptions {
  journal: Journal;
  errands: Errands;
  clock: Clock;
  logger: Logger;
  stopping: AbortSignal;
  /** Called after an errand ended by itself. */
  onEnded: () => void;
}

/** Carries out commands that need no act on the Mac. Doing one twice does no harm, so a crash only repeats it. */
export class ErrandRunner {
  readonly #options: ErrandRunnerOptions;
  readonly #uploads = new Map<string, Promise<void>>();

  constructor(options: ErrandRunnerOptions) {
    this.#options = options;
  }

  /** Begins the errand of a waiting command; false when it has to wait for others. */
  run(command: JournaledCommand): boolean {
    const order = command.command;
    switch (order?.type) {
      case 'command.cancel':
        this.#cancel(command, order.commandId);
        return true;
      case 'call.end':
        this.#endWithoutCall(command, order.callCommandId);
        return true;
      case 'lookup':
        this.#attempt(command, () => this.#options.errands.lookUp(order));
        return true;
      case 'media.upload': {
        if (this.#uploads.size >= MAX_UPLOADS) return false;
        const { journal, clock } = this.#options;
        const begun = step(command, { type: 'begin' }, clock.now(), { attempts: command.attempts + 1 });
        journal.record(begun);
        const acting = { ...command, state: begun.state, attempts: command.attempts + 1 };
        this.#uploads.set(command.id, this.#upload(acting, order));
        return true;
      }
      default:
        return false;
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#uploads.values());
  }

  /** Takes back a command of which nothing was done yet. */
  #cancel(command: JournaledCommand, targetId: string): void {
    const { journal, clock, logger } = this.#options;
    const at = clock.now();
    const target = journal.command(targetId);
    const taken = target && cancelling(target, at);
    const error = { code: 'too_late', message: messageErrors.too_late.hint };
    journal.record(merge(at, taken, ...endAtOnce(command, at, taken ? undefined : error)));
    logger.info({ commandId: targetId, cancelled: taken !== undefined }, 'cancel');
  }

  /** The end of a call that is not on the screen: one that still waits is taken back, and of one that is over nothing is done. */
  #endWithoutCall(command: JournaledCommand, callId: string): void {
    const { journal, clock } = this.#options;
    const at = clock.now();
    const call = journal.command(callId);
    journal.record(merge(at, call && cancelling(call, at), ...endAtOnce(command, at)));
  }

  #attempt(command: JournaledCommand, answer: () => ReturnType<Errands['lookUp']>): void {
    const { journal, clock, logger } = this.#options;
    const at = clock.now();
    try {
      const event = answer();
      journal.record(merge(at, { at, events: [event] }, ...endAtOnce(command, at)));
    } catch (error) {
      if (error instanceof AppError && error.code.startsWith('journal')) throw error;
      logger.warn({ commandId: command.id, error: describeError(error) }, 'an errand failed');
      journal.record(merge(at, ...endAtOnce(command, at, errorOf(error))));
    }
  }

  async #upload(command: JournaledCommand, order: Parameters<Errands['upload']>[0]): Promise<void> {
    const { errands, stopping } = this.#options;
    let failure: unknown;
    try {
      await errands.upload(order, stopping);
    } catch (error) {
      failure = error;
    }
    // Stopped before it was whole: the command stays `acting` for the next start, which begins it anew.
    if (failure === undefined || !stopping.aborted) await this.#end(command, failure);
    this.#uploads.delete(command.id);
    this.#options.onEnded();
  }

  /** Journals how an upload ended, again and again until it is durable or the agent stops. */
  async #end(command: JournaledCommand, failure: unknown): Promise<void> {
    const { journal, clock, logger, stopping } = this.#options;
    if (failure !== undefined)
      logger.warn({ commandId: command.id, error: describeError(failure) }, 'an upload failed');
    for (;;) {
      try {
        journal.record(endOfUpload(command, failure, clock.now()));
        return;
      } catch (error) {
        logger.error({ commandId: command.id, error: describeError(error) }, 'cannot journal an errand');
        if (stopping.aborted) return;
        await clock.sleep(TROUBLE_PAUSE_MS, stopping);
      }
    }
  }
}

function endOfUpload(command: JournaledCommand, failure: unknown, at: number): JournalChange {
  const uploaded = { type: 'media.uploaded', commandId: command.id, at: isoTime(at) } as const;
  if (failure === undefined)
    return merge(at, step(command, { type: 'finished' }, at), { at, events: [uploaded] });
  const error = errorOf(failure);
  const notBefore = at + Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(command.attempts - 1, 10));
  const ended = step(command, { type: 'not_started', error }, at, { notBefore });
  return merge(at, ended, ended.state === 'failed' ? { at, events: [{ ...uploaded, error }] } : undefined);
}

/** The steps of an errand that begins and ends in one transaction. */
function endAtOnce(command: JournaledCommand, at: number, error?: CommandError): JournalChange[] {
  const begun = step(command, { type: 'begin' }, at, { attempts: command.attempts + 1 });
  const acting = { ...command, state: begun.state };
  return [begun, step(acting, error ? { type: 'not_started', error } : { type: 'finished' }, at)];
}

function merge(at: number, ...changes: Array<JournalChange | undefined>): JournalChange {
  return {
    at,
    commands: changes.flatMap((change) => change?.commands ?? []),
    events: changes.flatMap((change) => change?.events ?? []),
  };
}

const errorOf = (error: unknown): CommandError => ({
  code: errorCode(error),
  message: (error instanceof Error ? error.message : String(error)).slice(0, 500),
});
