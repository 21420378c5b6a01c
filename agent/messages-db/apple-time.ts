/** 2001-01-01 UTC in milliseconds since the Unix epoch. */
const APPLE_EPOCH_MS = 978_307_200_000;

/** Stamps of Messages count nanoseconds since macOS 10.13 and seconds before; no date in seconds is beyond this. */
const LARGEST_SECONDS = 100_000_000_000;

/**
 * SQL for a time column as milliseconds since 2001: SQLite divides in 64 bits, which a JavaScript number would
 * round. 0 and NULL both mean that there is no time.
 */
export const appleMillisecondsSql = (column: string): string =>
  `CASE WHEN ${column} BETWEEN -${LARGEST_SECONDS} AND ${LARGEST_SECONDS} THEN ${column} * 1000 ` +
  `ELSE ${column} / 1000000 END`;

/** Milliseconds since the Unix epoch, or null for a time that is absent. */
export function fromAppleMilliseconds(value: number | null | undefined): number | null {
  return value ? Math.round(value) + APPLE_EPOCH_MS : null;
}

/** The value of a time column, in nanoseconds, for milliseconds since the Unix epoch. */
export const toAppleNanoseconds = (ms: number): bigint =>
  BigInt(Math.round(ms) - APPLE_EPOCH_MS) * 1_000_000n;
