import { AppError } from '../../../bridge/runtime/app-error.ts';
import { type HistoryRange, openHistory } from '../../messages-db/history.ts';
import { changeLine } from '../change-line.ts';
import type { Command, CommandOptions } from '../command.ts';
import { messagesFile } from '../mac-files.ts';
import { timeOption } from '../time-option.ts';

/** How long a page may wait for Messages to release a lock. */
const WAIT_MS = 5_000;
/** How often progress is shown to a person. */
const PROGRESS_MS = 1_000;

/** `bluerelay messages export`: what stands in chat.db, own and received, to stdout. */
export const messagesExportCommand: Command = {
  name: 'messages export',
  summary: 'Print the history of Messages, texts included, in the order in which it came to this Mac.',
  options: [
    {
      flags: '--since <time>',
      description: 'ISO 8601 date or time, or how long ago: 12h, 7d',
      required: true,
    },
    { flags: '--until <time>', description: 'before this time; without it, to the present' },
    { flags: '--json', description: 'print each entry as one JSON line' },
  ],
  examples: [
    'bluerelay messages export --since 7d',
    'bluerelay messages export --since 2026-01-01 --until 2026-02-01 --json > january.jsonl',
  ],
  async run({ config, clock, print, tell, showProgress }, options) {
    const began = clock.now();
    const range = rangeOf(options, began);
    const history = openHistory({
      databasePath: messagesFile(config),
      home: config.macHome,
      waitMs: WAIT_MS,
    });
    try {
      const { first, rows: total } = history.scope(range);
      const last = history.highWater();
      let after: number | null = first === null ? null : first - 1;
      let rows = 0;
      let shown = began;
      while (after !== null && after < last) {
        const page = history.page(after, range, clock.now());
        for (const { entries } of page.rows)
          for (const entry of entries) print(options.json ? JSON.stringify(entry) : changeLine(entry));
        rows += page.rows.length;
        after = page.next;
        if (showProgress && clock.now() - shown >= PROGRESS_MS) {
          shown = clock.now();
          tell(`${rows} of ${total} rows`);
        }
        // Signals are heard between pages.
        await clock.sleep(0);
      }
      const seconds = (clock.now() - began) / 1000;
      if (showProgress) tell(`${rows} rows in ${seconds.toFixed(1)} s`);
    } finally {
      history.close();
    }
    return undefined;
  },
};

function rangeOf(options: CommandOptions, now: number): HistoryRange {
  const since = timeOption('since', String(options.since), now);
  const until = typeof options.until === 'string' ? timeOption('until', options.until, now) : FOREVER;
  if (until > since) return { since, until };
  throw new AppError('--until is not after --since', {
    code: 'invalid_parameter_value',
    retry: 'never',
    param: 'until',
    hint: 'Give a later time.',
  });
}

/** After every date that a row may have. */
const FOREVER = Date.UTC(2200, 0, 1);
