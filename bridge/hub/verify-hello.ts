import { type Hello, signedText } from '../protocol/frames.ts';
import { isSignedBy } from '../runtime/signature.ts';

/**
 * Whether a hello was signed for this connection's nonce by the holder of `publicKey` (raw ed25519, base64url).
 * Without a key the same work is done and the answer is false.
 */
export const verifyHello = (hello: Hello, nonce: string, publicKey: string | undefined): boolean =>
  isSignedBy(publicKey, signedText(hello.agentId, nonce), hello.signature);
