/** 2001-01-01T00:00:00Z, the zero of Apple's times, in milliseconds since the Unix epoch. */
const APPLE_EPOCH_MS = 978_307_200_000;

/** Nanoseconds since 2001, as chat.db keeps times since macOS 10.13, of milliseconds since the Unix epoch. */
export function appleNanoseconds(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole - APPLE_EPOCH_MS) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

/** Seconds since 2001, with fractions, of milliseconds since the Unix epoch. */
export const appleSeconds = (ms: number): number => (ms - APPLE_EPOCH_MS) / 1000;
