import path from 'node:path';
import type { Command } from '../../bridge/protocol/commands.ts';
import { AppError, describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type {
  CommandError,
  CommandPatch,
  Journal,
  JournalChange,
  JournaledCommand,
} from '../journal/types.ts';
import type { Act, ActOutcome, Mac } from '../mac/types.ts';
import type { MessagesDb } from '../messages-db/types.ts';
import { type Known, planAct } from './acts.ts';
import type { Evidence } from './evidence.ts';
import { type Part, partAt } from './parts.ts';
import type { SentFiles } from './ports.ts';
import { proofOf } from './proofs.ts';
import { eventOfOutcome, type OutboxEvent } from './states.ts';
import { step } from './step.ts';

/** First and longest pause before an act that did not start is tried again, in milliseconds. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;
/** Pause after the journal could not be used. */
const TROUBLE_PAUSE_MS = 1_000;

export interface PerformerOptions {
  journal: Journal;
  mac: Mac;
  messagesDb: Pick<MessagesDb, 'highWater'>;
  evidence: Evidence;
  files: SentFiles;
  /** Whether an act may begin now that nothing forbade when it was found: staging a file takes a while. */
  mayBegin(command: Command): boolean;
  clock: Clock;
  logger: Logger;
  stopping: AbortSignal;
}

/** What is journaled with the beginning of an act. */
export type WithBegin = Pick<JournalChange, 'sent' | 'contacts' | 'notes'>;

/** Carries out acts, each journaled before it begins and when it has ended. */
export class Performer {
  readonly #options: PerformerOptions;

  constructor(options: PerformerOptions) {
    this.#options = options;
  }

  /** One act of a waiting command. `source` is the file that it sends. Throws what chat.db and the journal throw. */
  async perform(
    command: JournaledCommand,
    part: Part,
    { source, withBegin }: { source: string | undefined; withBegin: (at: number) => WithBegin },
  ): Promise<void> {
    const { journal, clock, mac, messagesDb, logger } = this.#options;
    if (command.command === null) return;
    const actId = newId('act', clock.now());
    const ready = await this.#prepare(command, command.command, part, { actId, source });
    if (!ready || this.#options.stopping.aborted || !this.#stillWaits(command, command.command)) return;
    const highWater = messagesDb.highWater();
    const at = clock.now();
    const patch: CommandPatch = {
      actId,
      highWater,
      actedAt: at,
      attempts: command.attempts + 1,
      known: { ...ready.known },
      paced: null,
      heldUntil: 0,
    };
    const change = step(command, { type: 'begin' }, at, patch);
    journal.record({ ...change, ...withBegin(at) });
    logger.info(
      { commandId: command.id, traceId: command.command.traceId, part: command.part, actId },
      'acting',
    );
    const outcome = await mac.perform(actId, ready.act).catch(outcomeOfError);
    await this.settle({ ...command, ...patch, state: change.state }, outcome);
  }

  /** Whether it was neither taken back nor is it too late for it since it was found. */
  #stillWaits({ id, part, expiresAt }: JournaledCommand, order: Command): boolean {
    const { journal, clock, mayBegin } = this.#options;
    const now = journal.command(id);
    const waits = (now?.state === 'queued' || now?.state === 'paced') && now.part === part;
    return waits && clock.now() < expiresAt && mayBegin(order);
  }

  /** Finds out what became of an act that an earlier process began; leaves it when it is stopped before it knows. */
  async recover(command: JournaledCommand): Promise<void> {
    const outcome = command.actId ? await this.#outcomeOf(command.actId) : neverBegun;
    if (outcome) await this.settle(command, outcome);
  }

  /** Journals how an act ended, again and again until it is durable: only then are the act's own files forgotten. */
  async settle(command: JournaledCommand, outcome: ActOutcome): Promise<void> {
    const { journal, clock, mac, logger, stopping } = this.#options;
    for (;;) {
      try {
        const at = clock.now();
        const event = endOf(command, outcome);
        const change = step(command, event, at, { notBefore: at + retryDelay(command.attempts) });
        const act = { commandId: command.id, part: command.part };
        // One that a crash interrupted counts from when it is found: sooner is not certain.
        const counts = event.type === 'not_started' ? { unsent: [act] } : { ended: [{ ...act, at }] };
        journal.record({ ...change, ...counts });
        const code = 'error' in event ? event.error.code : undefined;
        logger.info({ commandId: command.id, actId: command.actId, state: change.state, code }, 'act ended');
        break;
      } catch (error) {
        logger.error({ commandId: command.id, error: describeError(error) }, 'cannot journal an act');
        if (stopping.aborted) return;
        await clock.sleep(TROUBLE_PAUSE_MS, stopping);
      }
    }
    if (command.actId) mac.forget(command.actId);
  }

  /** The act, with its file where Messages may read it; undefined for one that is refused or put off, as is journaled. */
  async #prepare(
    command: JournaledCommand,
    order: Command,
    part: Part,
    { actId, source }: { actId: string; source: string | undefined },
  ): Promise<{ act: Act; known: Known } | undefined> {
    const plan = planAct(order, part, this.#options.evidence);
    if ('act' in plan) return plan;
    if ('refused' in plan) {
      this.#refuse(command, plan.refused);
      return undefined;
    }
    try {
      if (part.kind !== 'file' || source === undefined) throw notSendable();
      const { voiceNote, file } = part;
      const staged = await this.#options.files.stage(actId, { source, name: file.name, voiceNote });
      return { act: plan.toFile(staged), known: { ...plan.known, file: path.basename(staged) } };
    } catch (error) {
      if (error instanceof AppError && error.retry === 'never') this.#refuse(command, error);
      else this.#putOff(command, error);
      return undefined;
    }
  }

  /** What holds up the file of one command holds up no other. */
  #putOff(command: JournaledCommand, error: unknown): void {
    const { journal, clock, logger } = this.#options;
    const at = clock.now();
    const attempts = command.attempts + 1;
    journal.record({
      at,
      commands: [{ id: command.id, patch: { attempts, notBefore: at + retryDelay(attempts) } }],
    });
    logger.warn({ commandId: command.id, error: describeError(error) }, 'a file could not be staged');
  }

  #refuse(command: JournaledCommand, { code, message }: CommandError): void {
    const { journal, clock, logger } = this.#options;
    journal.record(step(command, { type: 'refuse', error: { code, message } }, clock.now()));
    logger.warn({ commandId: command.id, traceId: command.command?.traceId, code }, 'refused');
  }

  async #outcomeOf(actId: string): Promise<ActOutcome | undefined> {
    try {
      return await this.#options.mac.recover(actId);
    } catch (error) {
      return errorCode(error) === 'act_interrupted' ? undefined : outcomeOfError(error);
    }
  }
}

/** How the end of an act is told to the machine: what cannot be proved, or was as wanted before, is over with it. */
function endOf({ command, part }: JournaledCommand, outcome: ActOutcome): OutboxEvent {
  if (outcome.outcome !== 'handed_over') return eventOfOutcome(outcome);
  const next = partAt(command, part);
  const over = outcome.changed === false || (next !== undefined && proofOf(next) === 'act');
  return over ? { type: 'finished' } : { type: 'handed_over' };
}

const notSendable = (): AppError =>
  new AppError('The file is not here', { code: 'file_not_sendable', retry: 'never' });

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
