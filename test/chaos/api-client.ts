import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMessage } from '../support/demo-customer.ts';
import type { Ledger } from './ledger.ts';
import type { PlannedSend } from './plan.ts';

const ATTEMPT_LIMIT_MS = 15_000;
const AGAIN_AFTER_MS = 400;

/** A message as the API shows it, as far as a run looks at it. */
export interface ShownMessage extends ApiMessage {
  sentAt: string | null;
  deliveredAt: string | null;
  readAt: string | null;
}

export interface Api {
  url: string;
  key: string;
}

/** Makes a request of the plan again and again, with the same Idempotency-Key, until it is answered. */
export async function ask(api: Api, send: PlannedSend, ledger: Ledger, stop: AbortSignal): Promise<void> {
  for (let attempt = 1; !stop.aborted; attempt += 1) {
    ledger.attempted(send.key);
    const hasty = attempt === 1 ? send.hastyMs : undefined;
    const answer = await post(api, send, AbortSignal.timeout(hasty ?? ATTEMPT_LIMIT_MS));
    if (answer && (answer.status === 202 || answer.status === 200)) {
      ledger.accepted(send.key, answer.id);
      return;
    }
    if (answer && answer.status < 500 && answer.status !== 429) {
      ledger.broken.push(`request ${send.key} was answered ${answer.status}`);
      return;
    }
    await sleep(AGAIN_AFTER_MS);
  }
}

/** Undefined when nobody answered. */
async function post(
  { url, key }: Api,
  { to, text, key: idempotencyKey }: PlannedSend,
  signal: AbortSignal,
): Promise<{ status: number; id: string } | undefined> {
  try {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ to, text }),
      signal,
    });
    const { id } = (await response.json()) as { id: string };
    return { status: response.status, id };
  } catch (error) {
    // The bridge is down, died before it had answered, or the client gave up.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

async function get<T>({ url, key }: Api, route: string): Promise<T> {
  const response = await fetch(`${url}${route}`, {
    headers: { 'x-api-key': key },
    signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS),
  });
  if (!response.ok) throw new Error(`GET ${route} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Every message of the account; those that are `queued` with their timeline. */
export async function allShown(api: Api): Promise<ShownMessage[]> {
  const messages: ShownMessage[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: ShownMessage[]; nextCursor: string | null } = await get(
      api,
      `/v1/messages?limit=100${query}`,
    );
    messages.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return Promise.all(
    messages.map(async (message) =>
      message.status === 'queued' ? await withTimeline(api, message) : message,
    ),
  );
}

/** A message of the account with its timeline. */
export const withTimeline = (api: Api, { id }: ShownMessage): Promise<ShownMessage> =>
  get<ShownMessage>(api, `/v1/messages/${id}`);
