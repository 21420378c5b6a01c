import { z } from 'zod';
import {
  type EnrolRequest,
  type EnrolResponse,
  enrolResponseSchema,
} from '../../bridge/protocol/enrolment.ts';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { ENROL_PATH } from '../../bridge/protocol/limits.ts';
import { KEY_PATH, type RotationRequest } from '../../bridge/protocol/rotation.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';

const ANSWER_LIMIT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const refusalSchema = z.object({
  error: z.object({ code: z.string().max(64), message: z.string().max(1_000) }),
});

/**
 * Asks the bridge to take this agent. Throws AppError with the bridge's own code where it refuses,
 * `bridge_unreachable` where it does not answer as a bridge does.
 */
export async function requestEnrolment(
  bridge: string,
  request: EnrolRequest,
  clock: Clock,
): Promise<EnrolResponse> {
  const enrolled = enrolResponseSchema.safeParse(await post(`${bridge}${ENROL_PATH}`, request, clock));
  if (!enrolled.success) throw unreachable('the answer is not that of a bridge');
  return enrolled.data;
}

/** Tells the bridge the next key; throws as {@link requestEnrolment} does. */
export async function announceKey(bridge: string, request: RotationRequest, clock: Clock): Promise<void> {
  await post(`${bridge}${KEY_PATH}`, request, clock);
}

async function post(url: string, request: object, clock: Clock): Promise<unknown> {
  const limit = new AbortController();
  const cancel = clock.after(ANSWER_LIMIT_MS, () => limit.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: limit.signal,
    });
    const body = await readJson(response);
    if (!response.ok) throw refusal(response.status, body);
    return body;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreachable(limit.signal.aborted ? 'no answer in time' : networkCode(error), error);
  } finally {
    cancel();
  }
}

async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw unreachable('the answer is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function refusal(status: number, body: unknown): AppError {
  const parsed = refusalSchema.safeParse(body);
  if (!parsed.success) return unreachable(`it answered ${status}`);
  const { code, message } = parsed.data.error;
  const retry = status >= 500 ? 'later' : 'after-fix';
  const hint =
    code === 'invalid_enrolment_token'
      ? 'Make a new token: bluerelay-bridge agent token.'
      : agentErrors.enrolment_refused.hint;
  return new AppError(`The bridge refused: ${message}`, { code, retry, hint });
}

const unreachable = (why: string, cause?: unknown): AppError =>
  new AppError(`The bridge cannot be reached: ${why}`, {
    code: 'bridge_unreachable',
    ...agentErrors.bridge_unreachable,
    cause,
  });

/** `fetch` hides the network error in its cause, and says without any code what it does not even try. */
function networkCode(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = errorCode(cause);
  return code === 'internal_error' && cause instanceof Error ? cause.message : code;
}
