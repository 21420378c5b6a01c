import { newId } from '../runtime/ids.ts';
import type { Account, ApiKey, Mode } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { notFound, requestError } from './request-error.ts';
import { hashSecret, newApiKey, newEnrolmentToken } from './secrets.ts';
import { isStorable } from './storable.ts';
import type { AccountWithKeys, Caller } from './types.ts';

const MAX_NAME_LENGTH = 100;
const MAX_KEY_LENGTH = 200;

/** How long an enrolment token is good for, in milliseconds. */
export const ENROLMENT_TOKEN_LIFETIME_MS = 15 * 60_000;

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

/** Who a key belongs to. Keys are found by their hash, so that no comparison of theirs can be timed. */
export async function authenticate({ store }: CoreContext, apiKey: string | undefined): Promise<Caller> {
  if (apiKey === undefined || apiKey === '') {
    throw requestError('missing_api_key', 'The request has no API key');
  }
  const key = apiKey.length > MAX_KEY_LENGTH ? undefined : await store.findApiKey(hashSecret(apiKey));
  if (!key || key.revokedAt !== null) throw requestError('invalid_api_key', 'The API key is not known');
  return { accountId: key.accountId, mode: key.mode };
}

/** Makes a token with which one Mac may enrol once. */
export async function createEnrolmentToken(
  { store, clock }: CoreContext,
  accountId: string,
): Promise<{ token: string; expiresAt: number }> {
  const token = newEnrolmentToken();
  const now = clock.now();
  const expiresAt = now + ENROLMENT_TOKEN_LIFETIME_MS;
  await store.transaction(async (tx) => {
    if (!(await tx.lockAccount(accountId))) throw notFound('account');
    await tx.insertEnrolmentToken({
      hash: hashSecret(token),
      accountId,
      createdAt: now,
      expiresAt,
      usedAt: null,
    });
  });
  return { token, expiresAt };
}
