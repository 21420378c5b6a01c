import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';

const keyFrom = (raw: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });

/** A key whose private half nobody has: checked instead of an unknown one, so that both take the same time. */
const NOBODY = generateKeyPairSync('ed25519').publicKey;

/**
 * Whether `signature` (base64url) is that of the holder of `publicKey` (raw ed25519, base64url) over `text`. Without a
 * key the same work is done and the answer is false.
 */
export function isSignedBy(publicKey: string | undefined, text: Buffer, signature: string): boolean {
  const key = publicKey === undefined ? NOBODY : keyFrom(publicKey);
  return verify(null, text, key, Buffer.from(signature, 'base64url')) && publicKey !== undefined;
}

/** Short name of a public key (raw ed25519, base64url) that people compare: the first 16 hex digits of its SHA-256. */
export const keyFingerprint = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').slice(0, 16);
