import { jsonObject } from './json-object.ts';
import type { OsascriptTarget } from './types.ts';

/** Most bytes of a request to the worker, and of the script's input within it. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

const PROGRAM = /^[a-z][a-z-]{0,39}$/;
const MOST_LIBRARIES = 8;

/** What the agent asks of a worker, as JSON on its standard input: never in its arguments, which others can list. */
export interface ActRequest {
  actId: string;
  actsFolder: string;
  /** Name of a program in scripts/jxa. */
  script: string;
  /** Names of libraries in scripts/jxa that the program uses. */
  libraries?: readonly string[] | undefined;
  /** The one argument of the program's `main`. */
  input: Record<string, unknown>;
  target: OsascriptTarget;
  /** How long the program may run, in milliseconds. */
  deadlineMs: number;
  /** A worker that comes to it later than this, in milliseconds since the Unix epoch, does not begin. */
  beginBefore: number;
}

const fields = [
  'actId',
  'actsFolder',
  'script',
  'libraries',
  'input',
  'target',
  'deadlineMs',
  'beginBefore',
] as const satisfies readonly (keyof ActRequest)[];

/** The request that a JSON value is; undefined when it is none. */
export function actRequestOf(value: unknown): ActRequest | undefined {
  const given = jsonObject(value, fields);
  const input = jsonObject<string>(given?.input);
  const target = targetOf(given?.target);
  if (!given || !input || !target) return undefined;
  const { actId, actsFolder, script, libraries, deadlineMs, beginBefore } = given;
  if (typeof actId !== 'string' || typeof actsFolder !== 'string' || !isProgram(script)) return undefined;
  if (libraries !== undefined && !areLibraries(libraries)) return undefined;
  if (!Number.isSafeInteger(deadlineMs) || Number(deadlineMs) <= 0) return undefined;
  if (typeof beginBefore !== 'number' || !Number.isFinite(beginBefore)) return undefined;
  return { actId, actsFolder, script, libraries, input, target, deadlineMs: Number(deadlineMs), beginBefore };
}

const isProgram = (value: unknown): value is string => typeof value === 'string' && PROGRAM.test(value);

const areLibraries = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MOST_LIBRARIES && value.every(isProgram);

function targetOf(value: unknown): OsascriptTarget | undefined {
  const { kind, home } = jsonObject(value, ['kind', 'home']) ?? {};
  if (kind === 'system' && home === undefined) return { kind };
  return kind === 'virtual' && typeof home === 'string' ? { kind, home } : undefined;
}
