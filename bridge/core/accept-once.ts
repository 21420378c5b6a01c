import type { StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** A request that makes something. */
export interface Acceptance {
  caller: Caller;
  repeatable: Repeatable | undefined;
  /** The request, as JSON can say it. */
  input: unknown;
  /** Id of what it makes. */
  resourceId: string;
  now: number;
}

/**
 * Runs `make` in one transaction with the idempotency key of the request. `earlier` is the id of what an equal request made
 * before, and `make` did not run then. Throws `sandbox_not_activated` for sandbox keys, since Macs serve live ones.
 */
export async function acceptOnce<Made>(
  { store }: CoreContext,
  { caller, repeatable, input, resourceId, now }: Acceptance,
  make: (tx: StoreOperations) => Promise<Made>,
): Promise<{ made: Made } | { earlier: string }> {
  if (repeatable) checkRepeatable(repeatable);
  if (caller.mode === 'sandbox')
    throw requestError('sandbox_not_activated', 'No phone is paired with the sandbox of this account');
  return store.transaction(async (tx) => {
    const earlier = repeatable && (await reserve(tx, { caller, repeatable, input, resourceId, now }));
    return earlier === undefined ? { made: await make(tx) } : { earlier };
  });
}
