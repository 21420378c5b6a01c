import { pino } from 'pino';

/** A logger whose lines are JSON on stderr; bodies, numbers and secrets are redacted by key. */
export type Logger = pino.Logger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Keys that never reach a log, at the top level and one level down. */
const PRIVATE_KEYS = [
  'text',
  'body',
  'handle',
  'to',
  'from',
  'participant',
  'address',
  'identifier',
  'phoneNumber',
  'number',
  'token',
  'key',
  'secret',
  'apiKey',
  'signature',
  'authorization',
  'url',
];

/** The root logger of a process. Sub-systems take `logger.child({ part: 'link' })`. */
export function createLogger(process: string, level: LogLevel): Logger {
  return pino(
    {
      level,
      base: { process },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: PRIVATE_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
