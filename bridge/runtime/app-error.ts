/** Whether doing the same again can help: never, later by itself, or after a person has mended something. */
export type Retry = 'never' | 'later' | 'after-fix';

export interface AppErrorOptions {
  /** Stable, lower-case, snake_case: the same word in the API, the logs, the CLI and the docs. */
  code: string;
  retry: Retry;
  /** What the reader should do next, as one sentence. */
  hint?: string;
  /** Name of the offending field, where there is one. */
  param?: string;
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** An error that tells its reader what to do next. Everything that leaves a folder of ours throws this. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly retry: Retry;
  readonly hint: string | undefined;
  readonly param: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(message: string, options: AppErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.retry = options.retry;
    this.hint = options.hint;
    this.param = options.param;
    this.details = options.details;
  }
}

/** The `code` of an AppError or of a Node system error, or `internal_error`. */
export function errorCode(error: unknown): string {
  if (error instanceof AppError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'internal_error';
}

/** One line for a person: what happened and, where known, what to do. */
export function describeError(error: unknown): string {
  if (error instanceof AppError)
    return error.hint
      ? `${error.message} (${error.code}). ${error.hint}`
      : `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
