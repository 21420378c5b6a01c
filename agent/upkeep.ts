import { describeError } from '../bridge/runtime/app-error.ts';
import type { Clock } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import type { Journal } from './journal/types.ts';
import type { Schedule } from './schedule.ts';

const DAY_MS = 24 * 3_600_000;
/** How long finished commands, and messages for pacing, are remembered, in milliseconds. */
const KEEP_FINISHED_MS = 30 * DAY_MS;
const KEEP_RECORDS_MS = 31 * DAY_MS;
/** How long files that were sent lie where Messages may still read them, in milliseconds. */
const KEEP_STAGED_MS = 3_600_000;
/** When everything is cared for: at night, and staged files every hour. */
const NIGHTLY = '30 3 * * *';
const HOURLY = '15 * * * *';

export interface UpkeepOptions {
  journal: Journal;
  /** Removes files on their way that came before a time, in milliseconds since the Unix epoch. */
  media: { sweep(before: number): void };
  /** Removes what was staged before a time, except for acts that are open. */
  staging: { sweep(before: number, isOpen: (actId: string) => boolean): number };
  timezone: string;
  clock: Clock;
  logger: Logger;
  schedule: Schedule;
}

/** Cares for what the agent keeps, now and by the calendar; returns how to stop. */
export function keepUp(options: UpkeepOptions): () => void {
  const { timezone, schedule } = options;
  careForAll(options);
  const cancels = [
    schedule.at(NIGHTLY, timezone, () => careForAll(options)),
    schedule.at(HOURLY, timezone, () => careForStaged(options)),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

function careForAll(options: UpkeepOptions): void {
  const { journal, media, clock } = options;
  const now = clock.now();
  attempt(options, 'the journal', () => journal.upkeep(now - KEEP_FINISHED_MS));
  attempt(options, 'the records of the line', () => journal.records.forgetBefore(now - KEEP_RECORDS_MS));
  attempt(options, 'files on their way', () => media.sweep(now - DAY_MS));
  careForStaged(options);
}

function careForStaged(options: UpkeepOptions): void {
  const { journal, staging, clock } = options;
  attempt(options, 'staged files', () => {
    const open = journal.commandsIn(['acting', 'confirming', 'uncertain']).map(({ actId }) => actId);
    staging.sweep(clock.now() - KEEP_STAGED_MS, (actId) => open.includes(actId));
  });
}

function attempt({ logger }: UpkeepOptions, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    logger.warn({ what, error: describeError(error) }, 'upkeep has to wait');
  }
}
