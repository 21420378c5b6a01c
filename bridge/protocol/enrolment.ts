import { z } from 'zod';
import { handleSchema } from './common.ts';

/** Body of the enrolment request: the token, and the public half of a key that never leaves the Mac. */
export const enrolRequestSchema = z.strictObject({
  token: z.string().min(1).max(200),
  /** Raw 32 bytes of the ed25519 public key, base64url. */
  publicKey: z.string().min(43).max(43),
  /** Name of the Mac for people. */
  name: z.string().min(1).max(100),
  /** The identity from which messages leave: E.164 number or email. */
  handle: handleSchema,
});

export const enrolResponseSchema = z.strictObject({
  agentId: z.string(),
  line: z.strictObject({ id: z.string(), handle: handleSchema }),
});

export type EnrolRequest = z.infer<typeof enrolRequestSchema>;
export type EnrolResponse = z.infer<typeof enrolResponseSchema>;
