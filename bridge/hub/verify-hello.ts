import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { type Hello, signedText } from '../protocol/frames.ts';

const keyFrom = (raw: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });

/** A key whose private half nobody has: checked instead of an unknown agent's, so that both take the same time. */
const NOBODY = generateKeyPairSync('ed25519').publicKey;

/**
 * Whether a hello was signed for this connection's nonce by the holder of `publicKey` (raw ed25519, base64url).
 * Without a key the same work is done and the answer is false.
 */
export function verifyHello(hello: Hello, nonce: string, publicKey: string | undefined): boolean {
  const key = publicKey === undefined ? NOBODY : keyFrom(publicKey);
  const signed = verify(
    null,
    signedText(hello.agentId, nonce),
    key,
    Buffer.from(hello.signature, 'base64url'),
  );
  return signed && publicKey !== undefined;
}
