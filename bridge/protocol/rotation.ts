import { z } from 'zod';

/** Path of the request by which an agent announces its next key. */
export const KEY_PATH = '/agent/key';

const signatureSchema = z.string().length(86);

/** Body of that request: the next key, said by the present one and by itself. */
export const rotationSchema = z.strictObject({
  agentId: z.string().min(1).max(64),
  /** Raw 32 bytes of the next ed25519 public key, base64url. */
  publicKey: z.string().length(43),
  /** Of {@link rotationText}, by the key that the bridge has: base64url. */
  signature: signatureSchema,
  /** The same by the next key. */
  proof: signatureSchema,
});

export type RotationRequest = z.infer<typeof rotationSchema>;

/** The bytes that both keys sign. */
export const rotationText = (agentId: string, publicKey: string): Buffer =>
  Buffer.from(`bluerelay-key-v1\n${agentId}\n${publicKey}`, 'utf8');
