import { createHash, randomBytes } from 'node:crypto';
import type { Mode } from '../store/types.ts';

const TOKEN_BYTES = 32;
const WEBHOOK_SECRET_BYTES = 32;

/** A new API key, `sk_live_…` or `sk_sandbox_…`: the prefix says the mode to people. */
export const newApiKey = (mode: Mode): string =>
  `sk_${mode}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** A new enrolment token, `enr_…`. */
export const newEnrolmentToken = (): string => `enr_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** A new webhook secret, `whsec_…`; the whole string is the HMAC key. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(WEBHOOK_SECRET_BYTES).toString('base64')}`;

/** Hex SHA-256: how keys and tokens are stored. They are random and long, so that no slower hash is needed. */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret, 'utf8').digest('hex');
