import { requestError } from './request-error.ts';

const PUBLIC_KEY_BYTES = 32;

/** Throws `invalid_parameter_value` for what is not 32 bytes as base64url without padding. */
export function checkPublicKey(publicKey: string): void {
  const bytes = Buffer.from(publicKey, 'base64url');
  if (bytes.length !== PUBLIC_KEY_BYTES || bytes.toString('base64url') !== publicKey)
    throw requestError('invalid_parameter_value', 'publicKey is not 32 bytes as base64url', 'publicKey');
}
