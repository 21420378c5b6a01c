import { createHash } from 'node:crypto';
import type { StoreOperations } from '../store/types.ts';
import { requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** How long the repeat of a request is known as one, in milliseconds. */
export const IDEMPOTENCY_LIFETIME_MS = 24 * 3_600_000;

/** Printable ASCII. */
const KEY = /^[\x20-\x7E]{1,255}$/;

/** Throws `invalid_parameter_value` for a key of another form. */
export function checkRepeatable({ key }: Repeatable): void {
  if (!KEY.test(key)) {
    throw requestError(
      'invalid_parameter_value',
      'An idempotency key has 1 to 255 printable characters',
      'Idempotency-Key',
    );
  }
}

export interface Reservation {
  caller: Caller;
  repeatable: Repeatable;
  /** The request, as JSON can say it. */
  input: unknown;
  /** Id of what the transaction is about to make. */
  resourceId: string;
  now: number;
}

/**
 * Keeps the key for `resourceId` in the transaction that makes it. Returns the id of what an earlier equal request made,
 * if there was one; throws `idempotency_conflict` when the earlier request was another.
 */
export async function reserve(
  tx: StoreOperations,
  { caller, repeatable, input, resourceId, now }: Reservation,
): Promise<string | undefined> {
  const { accountId, mode } = caller;
  const fingerprint = hash(canonical(input));
  const holder = await tx.reserveIdempotencyKey({
    id: hash(JSON.stringify([accountId, mode, repeatable.operation, repeatable.key])),
    accountId,
    fingerprint,
    resourceId,
    createdAt: now,
    expiresAt: now + IDEMPOTENCY_LIFETIME_MS,
  });
  if (holder.resourceId === resourceId) return undefined;
  if (holder.fingerprint !== fingerprint) {
    throw requestError('idempotency_conflict', 'Another request was made with this idempotency key');
  }
  return holder.resourceId;
}

const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** JSON that is the same for the same value: keys in order, undefined fields left out. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${fields.join(',')}}`;
}
