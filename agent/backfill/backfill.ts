import { agentErrors } from '../../bridge/protocol/errors.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { AppError, describeError } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';
import type { History, HistoryRow } from '../messages-db/history.ts';
import type { ReceivedChange } from '../messages-db/types.ts';
import { type BackfillState, type Cover, notesOf, type Run, readState, withCover } from './notes.ts';
import { type BackfillView, startParamsSchema } from './types.ts';

/** No more is journaled while so many events wait for the bridge: what happens now must not wait long behind them. */
const MAX_WAITING = 500;
/** Pause between looks whether the bridge has taken what waits. */
const PRESSURE_MS = 100;
/** Pause after chat.db or the journal could not be used. */
const RETRY_MS = 1_000;
/** After every date that a row may have. */
const FOREVER = Date.UTC(2200, 0, 1);

export interface BackfillOptions {
  journal: Pick<Journal, 'record' | 'note' | 'counts'>;
  open(): History;
  /** What is told of a message. */
  tell(change: ReceivedChange): AgentEvent[];
  clock: Clock;
  logger: Logger;
}

/**
 * Tells history that somebody asked for: received messages as they stand now, marked `backfill`, without rows that
 * repeat others and without notes to oneself, which may be what an act of ours wrote. How far it is stands in the
 * journal with what it told, so that it goes on after a crash and tells no row twice; what the bridge has from
 * elsewhere, it knows by the GUID.
 */
export class Backfill {
  readonly #options: BackfillOptions;
  readonly #stopping = new AbortController();
  #state: BackfillState = { run: null, covers: [] };
  #running: Promise<void> | undefined;

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier process began. */
  start(): void {
    this.#state = readState(this.#options.journal);
    if (this.#state.run?.finishedAt === null) this.#go();
  }

  /** Tells what came since a time, in milliseconds since the Unix epoch, because nobody knows how far it was told. */
  since(time: number): void {
    try {
      this.#begin(time);
    } catch (error) {
      this.#options.logger.error({ error: describeError(error) }, 'what may have been missed cannot be told');
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** What the control socket offers of it. */
  methods(): Record<string, (params: unknown) => unknown> {
    return {
      'backfill.start': (params) => this.#begin(Date.parse(startParamsSchema.parse(params).since)),
      'backfill.status': () => this.#view(),
    };
  }

  #begin(since: number): BackfillView | null {
    if (this.#state.run?.finishedAt === null)
      throw new AppError('A backfill is under way', {
        code: 'backfill_running',
        ...agentErrors.backfill_running,
        hint: `Wait for its end: it tells what came since ${isoTime(this.#state.run.since)}.`,
      });
    const { clock, journal, open } = this.#options;
    const history = open();
    try {
      const now = clock.now();
      const run = { ...placed(history, since), startedAt: now, finishedAt: null, told: 0 };
      const state = { ...this.#state, run };
      journal.record({ at: now, notes: notesOf(state) });
      this.#state = state;
    } finally {
      history.close();
    }
    this.#go();
    return this.#view();
  }

  #view(): BackfillView | null {
    const { run } = this.#state;
    return (
      run && {
        since: isoTime(run.since),
        startedAt: isoTime(run.startedAt),
        finishedAt: run.finishedAt === null ? null : isoTime(run.finishedAt),
        rows: run.rows,
        read: run.read,
        told: run.told,
      }
    );
  }

  #go(): void {
    this.#running = this.#untilDone();
  }

  async #untilDone(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#state.run?.finishedAt === null) {
      try {
        await this.#work();
      } catch (error) {
        logger.warn({ error: describeError(error) }, 'the backfill waits');
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #work(): Promise<void> {
    const { clock, journal, open } = this.#options;
    const { signal } = this.#stopping;
    const history = open();
    try {
      while (!signal.aborted && this.#state.run?.finishedAt === null) {
        if (!history.isCurrent()) return;
        if (journal.counts().unacknowledgedEvents >= MAX_WAITING) await clock.sleep(PRESSURE_MS, signal);
        else this.#page(history, this.#state.run);
        await clock.sleep(0, signal);
      }
    } finally {
      history.close();
    }
  }

  /** Tells a page, or finds that there is none left, in one transaction. */
  #page(history: History, earlier: Run): void {
    const { clock, journal } = this.#options;
    const now = clock.now();
    // In a database that was built anew ROWIDs are others; the bridge knows what it was told by its GUIDs.
    const run = earlier.file === history.file ? earlier : { ...earlier, ...placed(history, earlier.since) };
    const page =
      run.done < run.end
        ? history.page(run.done, { since: run.since, until: FOREVER }, now)
        : { rows: [], next: null };
    const covers = this.#state.covers.filter((cover) => holds(cover, history));
    const rows = page.rows.filter(({ rowid }) => rowid <= run.end);
    const events = rows
      .filter((row) => !covers.some((cover) => isWithin(row, cover)))
      .flatMap((row) => this.#eventsOf(row));
    const done = Math.min(page.next ?? run.end, run.end);
    const finished = done >= run.end;
    const cover = { file: run.file, since: run.since, upTo: run.end, guid: history.guidAt(run.end) };
    const state: BackfillState = {
      run: {
        ...run,
        done,
        read: run.read + rows.length,
        told: run.told + events.length,
        finishedAt: finished ? now : null,
      },
      covers: finished ? withCover(covers, cover) : covers,
    };
    journal.record({ at: now, events, notes: notesOf(state) });
    this.#state = state;
  }

  #eventsOf(row: HistoryRow): AgentEvent[] {
    const change = wanted(row);
    if (!change) return [];
    return this.#options
      .tell(change)
      .map((event) => (event.type === 'message.received' ? { ...event, backfill: true } : event));
  }
}

/** Where a backfill begins and ends in a file as it is now. */
function placed(
  history: History,
  since: number,
): Pick<Run, 'since' | 'file' | 'rows' | 'read' | 'done' | 'end'> {
  const { first, rows } = history.scope({ since, until: FOREVER });
  const end = history.highWater();
  return { since, file: history.file, rows, read: 0, done: first === null ? end : first - 1, end };
}

const holds = (cover: Cover, history: History): boolean =>
  cover.file === history.file && history.guidAt(cover.upTo) === cover.guid;

const isWithin = ({ rowid, at }: HistoryRow, cover: Cover): boolean =>
  rowid <= cover.upTo && at >= cover.since;

/** The message that a row is, as it stands now; undefined for what a backfill does not tell. */
function wanted({ entries, repeated }: HistoryRow): ReceivedChange | undefined {
  const message = entries.find((entry) => entry.kind === 'received');
  if (!message || message.toSelf || repeated) return undefined;
  const last = entries.findLast((entry) => entry.kind === 'edited' || entry.kind === 'unsent');
  if (!last) return message;
  if (last.kind === 'unsent' && last.parts === null) return undefined;
  const { parts: _, marks: __, ...rest } = message;
  return { ...rest, text: last.whole };
}
