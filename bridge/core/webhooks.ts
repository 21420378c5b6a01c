import type { Webhook } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { notFound } from './request-error.ts';
import type { Caller } from './types.ts';

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

/** Removes an endpoint and what was still to be delivered to it. */
export async function deleteWebhook(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<void> {
  if (!(await store.deleteWebhook(accountId, mode, id))) throw notFound('webhook');
}
