import type { CoreContext } from './context.ts';
import { notFound } from './request-error.ts';
import { hashSecret, newEnrolmentToken } from './secrets.ts';

/** How long an enrolment token is good for, in milliseconds. */
const ENROLMENT_TOKEN_LIFETIME_MS = 15 * 60_000;

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
