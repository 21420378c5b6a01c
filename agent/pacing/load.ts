import { z } from 'zod';
import { type Priority, priorities } from '../../bridge/protocol/commands.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { momentOf } from './local-day.ts';

const DAY_MS = 24 * 3_600_000;
const MAX_ITEMS = 200_000;

/** One line of a load: on these days, at this local time, so many messages to or from these conversations. */
const lineSchema = z.strictObject({
  /** `*`, `3` or `3-7`: days of the line, from 1. */
  day: z.string().regex(/^(\*|\d{1,4}(-\d{1,4})?)$/, 'write *, 3 or 3-7'),
  /** Local time, `09:30`. */
  time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write it as 09:30'),
  event: z.enum(['send', 'receive']),
  /** `{day}` and `{n}` stand for the day and a number that counts up to `count`. */
  conversation: z.string().min(1).max(100),
  count: z.coerce.number().int().min(1).max(100_000).default(1),
  priority: z
    .enum(priorities)
    .or(z.literal(''))
    .default('normal')
    .transform((priority) => priority || 'normal'),
});
type LoadLine = z.infer<typeof lineSchema>;

/** Something that happens to a line. */
export interface LoadItem {
  /** Milliseconds since the Unix epoch. */
  at: number;
  event: 'send' | 'receive';
  conversation: string;
  priority: Priority;
}

/**
 * Reads a load: CSV with the header `day,time,event,conversation,count,priority`, or a JSON array of such objects. The
 * last two columns may be left out. Throws AppError `invalid_load`.
 */
export function parseLoad(text: string): LoadLine[] {
  const rows = text.trimStart().startsWith('[') ? readJson(text) : readCsv(text);
  if (rows.length === 0) throw invalid('there is nothing in it');
  return rows.map((row, index) => {
    const parsed = lineSchema.safeParse(row);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw invalid(`line ${index + 1}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`);
  });
}

/** The items of a load over so many local days from a date, in order of time. Throws AppError `invalid_load`. */
export function itemsOf(
  lines: readonly LoadLine[],
  from: string,
  days: number,
  timezone: string,
): LoadItem[] {
  const items: LoadItem[] = [];
  for (let day = 1; day <= days; day += 1)
    for (const line of lines.filter((candidate) => isOn(candidate.day, day))) {
      const wall = Date.parse(from) + (day - 1) * DAY_MS + minutesOf(line.time) * 60_000;
      const at = momentOf(wall, timezone);
      for (let n = 1; n <= line.count; n += 1) {
        const conversation = line.conversation.replaceAll('{day}', String(day)).replaceAll('{n}', String(n));
        items.push({ at, event: line.event, conversation, priority: line.priority });
      }
      if (items.length > MAX_ITEMS) throw invalid(`it has more than ${MAX_ITEMS} messages`);
    }
  return items.sort((a, b) => a.at - b.at);
}

function isOn(days: string, day: number): boolean {
  if (days === '*') return true;
  const [first = 0, last = first] = days.split('-').map(Number);
  return day >= first && day <= last;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function readJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid('it is not a JSON array');
}

function readCsv(text: string): unknown[] {
  const [head = '', ...lines] = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const names = head.split(',').map((name) => name.trim());
  return lines.map((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    return Object.fromEntries(names.slice(0, cells.length).map((name, at) => [name, cells[at]]));
  });
}

const invalid = (why: string): AppError =>
  new AppError(`The load cannot be used: ${why}`, {
    code: 'invalid_load',
    retry: 'never',
    hint: 'Write CSV with the header day,time,event,conversation,count,priority, or a JSON array of such objects.',
  });
