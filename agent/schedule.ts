import cron from 'node-cron';

/** Runs work by the calendar. Calling what it returns ends it. */
export interface Schedule {
  /** `expression` is of cron, with minutes first, in local time of the zone. Work is never run twice at once. */
  at(expression: string, timezone: string, work: () => void): () => void;
}

/** The calendar of the machine. */
export const systemSchedule: Schedule = {
  at(expression, timezone, work) {
    const task = cron.schedule(expression, work, { timezone, noOverlap: true });
    return () => void task.destroy();
  },
};
