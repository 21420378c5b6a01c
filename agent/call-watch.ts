import type { CallEvent } from '../bridge/protocol/events.ts';
import { describeError } from '../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../bridge/runtime/clock.ts';
import { newId } from '../bridge/runtime/ids.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import { afterLook } from './call-sight.ts';
import type { Journal } from './journal/types.ts';
import { type CallSight, callSightSchema } from './mac/call-acts.ts';
import type { Act, ActOutcome, Mac } from './mac/types.ts';
import { isOutOfSight, noteOfChanged, type PlacedCall, placedCalls } from './placed-calls.ts';

/** Pauses before the first looks at the screen, and between all others, in milliseconds. */
const FIRST_LOOKS_MS = [300, 700, 1_000, 2_000];
const LOOK_EVERY_MS = 3_000;
/** Looks at a call that the screen does not show, or of which it shows no more than that it is there. */
const LOOKS_WITHOUT_NEWS = 8;
/** A call is followed for so long at most, beside the time that it may ring, in milliseconds. */
const FOLLOWED_MS = 60_000;
/** How often the end of the act that places a call is looked for, in milliseconds. */
const PLACED_EVERY_MS = 250;
/** Attempts to hang up for ringing too long. */
const HANG_UPS = 3;
/** Pause between looks at a call that goes on, so that the end of no other is taken for its end; until when. In milliseconds. */
const STILL_ON_EVERY_MS = 30_000;
const LONGEST_CALL_MS = 12 * 3_600_000;
/** A call is gone when a second look, so long after the first, does not find it either. In milliseconds. */
const GONE_AGAIN_MS = 1_000;
/** So long after a call is gone its record may come, in milliseconds. */
const RECORD_WITHIN_MS = 20_000;

export interface CallWatchOptions {
  journal: Journal;
  mac: Pick<Mac, 'perform' | 'forget'>;
  /** Whether a call may be hung up for ringing too long: where the screen says that it still rings. */
  mayHangUp: () => boolean;
  clock: Clock;
  logger: Logger;
}

/**
 * Follows on the screen the calls that commands placed, until they are gone: tells that they ring and that they were
 * answered, and hangs up what rings for too long. How a call ended only the history tells; of one that nothing tells of
 * it is told that nobody knows.
 */
export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #stopping = new AbortController();
  readonly #followed = new Map<string, Promise<void>>();

  constructor(options: CallWatchOptions) {
    this.#options = options;
  }

  /** Goes on with the calls that an earlier agent placed and knew no end of. */
  start(): void {
    const { journal, clock } = this.#options;
    for (const call of placedCalls(journal))
      if (!call.lost && (isUnseen(call) || clock.now() - call.at < LONGEST_CALL_MS))
        this.follow(call.commandId);
  }

  /** A command begins to place its call. */
  follow(commandId: string): void {
    if (this.#followed.has(commandId) || this.#stopping.signal.aborted) return;
    const following = this.#follow(commandId)
      .catch((error: unknown) =>
        this.#options.logger.warn(
          { commandId, error: describeError(error) },
          'a call is not followed any more',
        ),
      )
      .finally(() => this.#followed.delete(commandId));
    this.#followed.set(commandId, following);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#followed.values());
  }

  async #follow(commandId: string): Promise<void> {
    if (!(await this.#isPlaced(commandId))) return;
    await this.#whileItChanges(commandId);
    await this.#whileItIsOn(commandId);
    const call = this.#call(commandId);
    if (call?.goneAt !== undefined) {
      const waits = call.goneAt + RECORD_WITHIN_MS - this.#options.clock.now();
      await this.#options.clock.sleep(Math.max(0, Math.min(waits, RECORD_WITHIN_MS)), this.#stopping.signal);
    }
    this.#giveUp(commandId);
  }

  /** Looks often, while it may be seen to ring and to be answered. */
  async #whileItChanges(commandId: string): Promise<void> {
    const { clock } = this.#options;
    let quiet = 0;
    let hangUps = 0;
    for (let looks = 0; quiet < LOOKS_WITHOUT_NEWS && hangUps < HANG_UPS; looks += 1) {
      await clock.sleep(FIRST_LOOKS_MS[looks] ?? LOOK_EVERY_MS, this.#stopping.signal);
      const call = await this.#lookAt(commandId);
      if (!call || call.goneAt !== undefined || call.seen === 'answered') return;
      if (clock.now() >= until(call)) return;
      quiet = call.seen === 'ringing' ? 0 : quiet + 1;
      if (!this.#ringsTooLong(call)) continue;
      hangUps += 1;
      if (await this.#hangUp(commandId)) return;
    }
  }

  /** Looks now and then at a call that is on, until it is gone. */
  async #whileItIsOn(commandId: string): Promise<void> {
    const { clock } = this.#options;
    const isOn = (call: PlacedCall | undefined): call is PlacedCall =>
      call?.seen !== undefined && call.goneAt === undefined && clock.now() - call.at < LONGEST_CALL_MS;
    while (isOn(this.#call(commandId))) {
      await clock.sleep(STILL_ON_EVERY_MS, this.#stopping.signal);
      await this.#lookAt(commandId);
    }
  }

  /** Of a call that neither the screen nor the history shows, or showed the end of, nobody knows what became. */
  #giveUp(commandId: string): void {
    const { journal, clock, logger } = this.#options;
    const call = this.#call(commandId);
    if (!call || call.lost || (call.seen !== undefined && call.goneAt === undefined)) return;
    const at = clock.now();
    const message = isUnseen(call)
      ? 'The Mac was asked to call, and shows nothing of it'
      : 'The call was on the screen, and the call history does not have it';
    const error = { code: 'uncertain', message };
    const isTold = journal.command(commandId)?.state === 'uncertain';
    journal.record({
      at,
      events: isTold
        ? []
        : [{ type: 'command.state', commandId, state: 'uncertain', at: isoTime(at), error }],
      notes: noteOfChanged(journal, commandId, (one) => ({ ...one, lost: true })),
    });
    logger.warn({ commandId }, 'nobody knows what became of a call');
  }

  /** The call after another look; undefined once its record came, or the agent stops. */
  async #lookAt(commandId: string): Promise<PlacedCall | undefined> {
    const { clock } = this.#options;
    const before = this.#call(commandId);
    if (!before) return undefined;
    let sight = await this.#look();
    if (before.seen !== undefined && sight && isEmpty(sight)) {
      await clock.sleep(GONE_AGAIN_MS, this.#stopping.signal);
      sight = await this.#look();
    }
    const call = this.#call(commandId);
    return call && sight ? this.#take(call, sight) : call;
  }

  /** Waits for the end of the act; false when there is no call. One that may have been placed is looked for. */
  async #isPlaced(commandId: string): Promise<boolean> {
    const { journal, clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const state = journal.command(commandId)?.state;
      if (state === 'done' || state === 'uncertain') return true;
      if (state === undefined || !UNDER_WAY.includes(state)) return false;
      await clock.sleep(PLACED_EVERY_MS, signal);
    }
    return false;
  }

  /** The call as it is noted; undefined once its record came, or the agent stops. */
  #call(commandId: string): PlacedCall | undefined {
    if (this.#stopping.signal.aborted) return undefined;
    return placedCalls(this.#options.journal).find((call) => call.commandId === commandId);
  }

  async #look(): Promise<CallSight | undefined> {
    const outcome = await this.#act({ kind: 'look_at_call' });
    const found = outcome.outcome === 'handed_over' ? callSightSchema.safeParse(outcome.value) : undefined;
    return found?.data;
  }

  /** Journals what a look at a call shows, with what is told of it. */
  #take(call: PlacedCall, sight: CallSight): PlacedCall {
    const { journal, clock } = this.#options;
    const at = clock.now();
    // What is there after so long may be another call.
    const after = isOutOfSight(call, at) ? 'gone' : afterLook(call, sight, at);
    const next = after === 'gone' ? { ...call, goneAt: at } : after.call;
    if (next === call) return call;
    const notes = noteOfChanged(journal, call.commandId, () => next);
    const tells = after === 'gone' ? undefined : after.tells;
    journal.record({ at, events: tells ? [eventOf(tells, call, at)] : [], notes });
    return next;
  }

  #ringsTooLong({ seen, shownAt, ringTimeoutSeconds }: PlacedCall): boolean {
    if (seen !== 'ringing' || shownAt === undefined || ringTimeoutSeconds === undefined) return false;
    return this.#options.clock.now() >= shownAt + ringTimeoutSeconds * 1000 && this.#options.mayHangUp();
  }

  /** Hangs up a call that still rings; false when it does not, or could not be hung up. */
  async #hangUp(commandId: string): Promise<boolean> {
    this.#note(commandId, { ringTimeout: true });
    const outcome = await this.#act({ kind: 'end_call', ringing: true });
    const done =
      outcome.outcome === 'uncertain' || (outcome.outcome === 'handed_over' && outcome.changed !== false);
    this.#options.logger.info(
      {
        commandId,
        outcome: outcome.outcome,
        done,
        code: 'error' in outcome ? outcome.error.code : undefined,
      },
      'a call rang for too long',
    );
    if (!done) this.#note(commandId, undefined);
    return done;
  }

  #note(commandId: string, endedBy: { ringTimeout: true } | undefined): void {
    const { journal, clock } = this.#options;
    const notes = noteOfChanged(journal, commandId, ({ endedBy: _before, ...call }) => ({
      ...call,
      ...(endedBy ? { endedBy } : {}),
    }));
    journal.record({ at: clock.now(), notes });
  }

  async #act(act: Act): Promise<ActOutcome> {
    const { mac, clock } = this.#options;
    const actId = newId('act', clock.now());
    const outcome = await mac.perform(actId, act);
    mac.forget(actId);
    return outcome;
  }
}

const UNDER_WAY: readonly string[] = ['queued', 'paced', 'acting', 'confirming'];

const isUnseen = ({ seen, lost }: PlacedCall): boolean => seen === undefined && lost === undefined;

const isEmpty = ({ joined, ringing, phone }: CallSight): boolean => !joined && !ringing && !phone;

const until = ({ at, ringTimeoutSeconds = 0 }: PlacedCall): number =>
  at + ringTimeoutSeconds * 1000 + FOLLOWED_MS;

const eventOf = (
  type: 'call.ringing' | 'call.answered',
  { commandId, medium: kind, handle }: PlacedCall,
  at: number,
): CallEvent => ({ type, commandId, direction: 'outbound', kind, handle, at: isoTime(at) });
