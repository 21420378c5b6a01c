import { newId } from '../runtime/ids.ts';
import type { Account, ApiKey, Mode } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { requestError } from './request-error.ts';
import { hashSecret, newApiKey } from './secrets.ts';
import { isStorable } from './storable.ts';
import type { AccountWithKeys } from './types.ts';

const MAX_NAME_LENGTH = 100;

/** Makes an account with a key of each mode, which are shown now and never again. */
export async function createAccount({ store, clock }: CoreContext, name: string): Promise<AccountWithKeys> {
  const trimmed = name.trim();
  if (trimmed.length === 0 || trimmed.length > MAX_NAME_LENGTH || !isStorable(trimmed)) {
    throw requestError('invalid_parameter_value', `A name has 1 to ${MAX_NAME_LENGTH} characters`, 'name');
  }
  const now = clock.now();
  const account: Account = { id: newId('acc', now), name: trimmed, createdAt: now };
  const keyOf = (mode: Mode, key: string): ApiKey => ({
    id: newId('key', now),
    accountId: account.id,
    mode,
    hash: hashSecret(key),
    createdAt: now,
    revokedAt: null,
  });
  const liveKey = newApiKey('live');
  const sandboxKey = newApiKey('sandbox');
  await store.transaction(async (tx) => {
    await tx.insertAccount(account);
    await tx.insertApiKey(keyOf('live', liveKey));
    await tx.insertApiKey(keyOf('sandbox', sandboxKey));
  });
  return { account, liveKey, sandboxKey };
}
