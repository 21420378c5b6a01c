import { AppError } from '../../bridge/runtime/app-error.ts';

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * The time that an option names, in milliseconds since the Unix epoch: an ISO 8601 date or time (a date alone is its
 * midnight in UTC), or how long ago, as in 90m, 36h, 7d, 2w. Throws AppError `invalid_parameter_value`.
 */
export function timeOption(name: string, value: string, now: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(value);
  const time = ago
    ? now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)
    : ISO.test(value)
      ? Date.parse(value)
      : NaN;
  if (!Number.isFinite(time) || time < 0)
    throw new AppError(`--${name} takes a time`, {
      code: 'invalid_parameter_value',
      retry: 'never',
      param: name,
      hint: 'Give an ISO 8601 date or time such as 2026-01-31, or how long ago: 90m, 36h, 7d, 2w.',
    });
  return time;
}
