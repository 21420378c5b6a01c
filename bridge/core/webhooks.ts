import { newId } from '../runtime/ids.ts';
import type { Webhook } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { notFound } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** One endpoint of the caller. */
export async function getWebhook(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<Webhook> {
  const webhook = await store.findWebhook(accountId, mode, id);
  if (!webhook) throw notFound('webhook');
  return webhook;
}

/** Every endpoint of the caller, oldest first. */
export const listWebhooks = ({ store }: CoreContext, { accountId, mode }: Caller): Promise<Webhook[]> =>
  store.listWebhooks(accountId, mode);

/**
 * Removes an endpoint and what was still to be delivered to it. With an idempotency key, the same request again is told as
 * one that came before (`replayed`).
 */
export async function deleteWebhook(
  { store, clock }: CoreContext,
  caller: Caller,
  id: string,
  repeatable?: Repeatable,
): Promise<{ replayed: boolean }> {
  if (repeatable) checkRepeatable(repeatable);
  const now = clock.now();
  return store.transaction(async (tx) => {
    const reservation = repeatable && {
      caller,
      repeatable,
      input: { id },
      resourceId: newId('op', now),
      now,
    };
    if (reservation && (await reserve(tx, reservation)) !== undefined) return { replayed: true };
    if (!(await tx.deleteWebhook(caller.accountId, caller.mode, id))) throw notFound('webhook');
    return { replayed: false };
  });
}
