import type { CoreContext } from './context.ts';
import { notFound } from './request-error.ts';

/** Shuts an agent out for good; it may enrol again with a new token. */
export async function revokeAgent({ store, clock, wakeups }: CoreContext, id: string): Promise<void> {
  if (!(await store.revokeAgent(id, clock.now())) && !(await store.findAgent(id))) throw notFound('agent');
  wakeups.session(id, null);
}
