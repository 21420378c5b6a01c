import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Action, actions } from '../../bridge/protocol/common.ts';
import { errorCode } from '../../bridge/runtime/app-error.ts';

const resultSchema = z.strictObject({
  result: z.enum(['works', 'fails']),
  /** Release on which it was tried: another one has to prove it anew. */
  macos: z.string().max(40),
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  /** Our code, with `fails`. */
  code: z.string().max(64).optional(),
});

const calibrationSchema = z.strictObject({
  version: z.literal(1),
  results: z.partialRecord(z.enum(actions), resultSchema),
});

export type CalibrationResult = z.infer<typeof resultSchema>;
/** What this Mac proved of each action, by the newest try. */
export type Calibration = Partial<Record<Action, CalibrationResult>>;

const fileIn = (home: string): string => path.join(home, 'calibration.json');

/** What was proved so far; nothing where there is no file, or none that can be read. */
export function readCalibration(home: string): Calibration {
  try {
    const found = calibrationSchema.safeParse(JSON.parse(readFileSync(fileIn(home), 'utf8')));
    return found.success ? (found.data.results as Calibration) : {};
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Adds a result to what was proved. Durable when it returns. */
export function saveCalibration(home: string, action: Action, result: CalibrationResult): void {
  const all = { version: 1, results: { ...readCalibration(home), [action]: result } };
  const temporary = `${fileIn(home)}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(all, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, fileIn(home));
}
