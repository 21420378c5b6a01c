import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { ActFiles, UNREADABLE } from './act-files.ts';
import { type ActKind, actKinds } from './act-kinds.ts';
import { LeftDrafts } from './left-drafts.ts';
import { Locks, locks } from './locks.ts';
import { notStarted, uncertain } from './outcome.ts';
import { isAlive, killGroup } from './process-group.ts';
import type { ActRequest } from './request.ts';
import type { Act, ActOutcome, OsascriptTarget, SendTextAct, TendedMac } from './types.ts';
import { runWorker } from './worker-process.ts';

export interface MacOptions {
  /** Folder of the files by which acts outlive the agent; made (0700) when missing. */
  actsFolder: string;
  target: OsascriptTarget;
  /** Without it every act that is not read-only ends `not_started` with `mac_read_only`. */
  allowSending: boolean;
  /** Why an act cannot be done on this Mac now; such an act is refused before anything happens. */
  whyNot?: (act: Act) => string | undefined;
  clock: Clock;
  logger: Logger;
  /** How long one run of osascript may take, in milliseconds; 150 s unless told, for macOS 26 is seen to take 124 s. */
  deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 150_000;
/** A worker that has not begun this long after it was started never begins, in milliseconds. */
const BEGIN_WITHIN_MS = 60_000;
/** How long a barred act's file stays, so that no worker can come after it, in milliseconds. */
const BARRED_FOR_MS = 10 * BEGIN_WITHIN_MS;
/** How long after its deadline a worker's result is still waited for, in milliseconds. */
const RESULT_GRACE_MS = 8_000;
const POLL_MS = 50;

/**
 * Opens the one way to act on the Mac. Each act runs in a worker process that outlives the agent; acts that share a
 * lock run one at a time.
 */
export function openMac(options: MacOptions): TendedMac {
  return new WorkerMac(options);
}

class WorkerMac implements TendedMac {
  readonly #options: MacOptions;
  readonly #files: ActFiles;
  readonly #locks = new Locks();
  readonly #drafts: LeftDrafts;
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();

  constructor(options: MacOptions) {
    this.#options = options;
    this.#files = new ActFiles(options.actsFolder);
    this.#files.sweep(options.clock.now() - BARRED_FOR_MS);
    this.#drafts = new LeftDrafts(options.actsFolder, options.clock.now());
  }

  async perform(actId: string, act: Act): Promise<ActOutcome> {
    const { kind, ...input } = act;
    const { script, libraries, leaves, locks, readOnly, refusal, deadlineMs } = actKinds[
      kind
    ] as ActKind<Act>;
    if (!this.#options.allowSending && !readOnly)
      return notStarted('mac_read_only', 'sending is not allowed on this Mac');
    const refused = refusal(act);
    if (refused) return refused;
    const reason = this.#options.whyNot?.(act);
    if (reason !== undefined) return notStarted('action_unavailable', reason);
    if (!leaves)
      return this.#locks.run(locks, () =>
        this.#perform({ actId, script, libraries, input }, deadlineMs, readOnly ? 'debug' : 'info'),
      );
    return this.#locks.run(locks, async () => {
      const onScreen = { ...input, drafts: this.#drafts.list() };
      const left = leaves(act);
      if (left !== undefined) this.#drafts.add(actId, left, this.#options.clock.now());
      const outcome = await this.#perform({ actId, script, libraries, input: onScreen }, deadlineMs);
      return this.#leaves(actId, outcome);
    });
  }

  /** Whether an act may have left something is known by how it ended. */
  #leaves(actId: string, outcome: ActOutcome): ActOutcome {
    if (outcome.outcome === 'handed_over' || outcome === neverBegan) this.#drafts.clear(actId);
    return outcome;
  }

  sendText({ actId, ...act }: SendTextAct): Promise<ActOutcome> {
    return this.perform(actId, { kind: 'send_text', ...act });
  }

  /** Rejects with AppError `act_interrupted` when the agent stops before the outcome is known. */
  async recover(actId: string): Promise<ActOutcome> {
    return this.#locks.run(locks, async () => this.#leaves(actId, await this.#outcomeOf(actId)));
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks.run(locks, work);
  }

  forget(actId: string): void {
    const begun = this.#files.begun(actId);
    if (begun !== UNREADABLE && begun?.by === 'agent') return;
    this.#files.remove(actId);
  }

  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const onHurry = (): void => this.#hurry.abort();
    if (hurry.aborted) onHurry();
    else hurry.addEventListener('abort', onHurry, { once: true });
    await this.#locks.idle();
    hurry.removeEventListener('abort', onHurry);
  }

  async #perform(
    { actId, ...program }: Pick<ActRequest, 'actId' | 'script' | 'libraries' | 'input'>,
    ofKind: number | undefined,
    level: 'debug' | 'info' = 'info',
  ): Promise<ActOutcome> {
    if (this.#stopping.signal.aborted)
      return notStarted('act_interrupted', 'the agent stopped before the act began');
    const { actsFolder, target, clock, logger } = this.#options;
    const deadlineMs = this.#options.deadlineMs ?? ofKind ?? DEFAULT_DEADLINE_MS;
    const from = clock.now();
    const beginBefore = from + BEGIN_WITHIN_MS;
    await runWorker(
      { actId, actsFolder, ...program, target, deadlineMs, beginBefore },
      clock,
      this.#hurry.signal,
    );
    const outcome = this.#settled(actId) ?? this.#abandoned(actId);
    const code = 'error' in outcome ? outcome.error.code : undefined;
    logger[level](
      { actId, script: program.script, outcome: outcome.outcome, code, ms: clock.now() - from },
      'act ended',
    );
    return outcome;
  }

  /** The outcome as the files tell it, barring an act that has not begun; undefined while one may be under way. */
  #settled(actId: string): ActOutcome | undefined {
    const outcome = this.#files.outcome(actId);
    if (outcome === UNREADABLE) return uncertain('the result of the act cannot be read');
    if (outcome) return outcome;
    const now = this.#options.clock.now();
    const barred = { by: 'agent', pid: process.pid, startedAt: now, deadlineAt: now } as const;
    if (this.#files.begin(actId, barred)) return neverBegan;
    const begun = this.#files.begun(actId);
    return begun !== UNREADABLE && begun?.by === 'agent' ? neverBegan : undefined;
  }

  /** A worker that was killed leaves its osascript: that ends too, before the next act begins. */
  #abandoned(actId: string): ActOutcome {
    const begun = this.#files.begun(actId);
    if (begun !== UNREADABLE && begun !== undefined) killGroup(begun.pid);
    return uncertain('the worker of the act ended without a result');
  }

  async #outcomeOf(actId: string): Promise<ActOutcome> {
    const settled = this.#settled(actId);
    if (settled) return settled;
    const begun = this.#files.begun(actId);
    if (begun === UNREADABLE || begun === undefined) return uncertain('the start of the act cannot be read');
    const { clock } = this.#options;
    const limit = begun.deadlineAt - begun.startedAt + RESULT_GRACE_MS;
    const until = Math.min(begun.deadlineAt + RESULT_GRACE_MS, clock.now() + limit);
    while (clock.now() < until) {
      const alive = isAlive(begun.pid);
      const outcome = this.#settled(actId);
      if (outcome) return outcome;
      if (!alive) return this.#abandoned(actId);
      if (this.#stopping.signal.aborted) throw interrupted();
      await clock.sleep(POLL_MS, this.#stopping.signal);
    }
    return uncertain('the worker of the act did not end in time');
  }
}

const neverBegan = notStarted('act_interrupted', 'the act never began');

const interrupted = (): AppError =>
  new AppError('the agent stopped before the outcome of an act was known', {
    code: 'act_interrupted',
    retry: 'later',
  });
