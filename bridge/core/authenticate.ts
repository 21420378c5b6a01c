import type { CoreContext } from './context.ts';
import { requestError } from './request-error.ts';
import { hashSecret } from './secrets.ts';
import type { Caller } from './types.ts';

const MAX_KEY_LENGTH = 200;

/** Who a key belongs to. Keys are found by their hash, so that no comparison of theirs can be timed. */
export async function authenticate({ store }: CoreContext, apiKey: string | undefined): Promise<Caller> {
  if (apiKey === undefined || apiKey === '') {
    throw requestError('missing_api_key', 'The request has no API key');
  }
  const key = apiKey.length > MAX_KEY_LENGTH ? undefined : await store.findApiKey(hashSecret(apiKey));
  if (!key || key.revokedAt !== null) throw requestError('invalid_api_key', 'The API key is not known');
  return { accountId: key.accountId, mode: key.mode };
}
