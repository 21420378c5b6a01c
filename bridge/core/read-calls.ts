import type { Call, Page } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import type { CallQuery } from './fact-types.ts';
import { handleFromMac } from './handles.ts';
import { bounded } from './read-messages.ts';
import { notFound } from './request-error.ts';
import type { Caller } from './types.ts';

/** One call of the caller. */
export async function getCall(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<Call> {
  const call = await store.findCall(accountId, mode, id);
  if (!call) throw notFound('call');
  return call;
}

/** Calls of the caller, newest first; a page holds 100 at most. */
export function listCalls(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  { participant, ...filter }: CallQuery,
  page: Page,
): Promise<{ calls: Call[]; nextCursor: string | null }> {
  const side = participant === undefined ? {} : { participant: handleFromMac(participant) };
  return store.listCalls({ ...filter, ...side, accountId, mode }, bounded(page));
}
