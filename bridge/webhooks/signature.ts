import { createHmac } from 'node:crypto';

const hmac = (secret: string, ...parts: (string | Buffer)[]): string => {
  const sum = createHmac('sha256', secret);
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
};

/**
 * The two signature headers of a delivery. The key is the whole `whsec_…` string.
 *
 * - `x-bluereplies-signature`: lowercase hex HMAC-SHA256 of the exact bytes of the body, as BlueReplies' own receiver
 *   example checks it. It has no time in it, so it cannot tell a replay.
 * - `x-bluereplies-signature-v1`: `t=<seconds>,v1=<hex HMAC-SHA256 of "{t}.{body}">`; receivers refuse what is older
 *   than 300 seconds.
 */
export function signatureHeaders(
  secret: string,
  body: Buffer,
  unixSeconds: number,
): { 'x-bluereplies-signature': string; 'x-bluereplies-signature-v1': string } {
  const timed = hmac(secret, `${unixSeconds}.`, body);
  return {
    'x-bluereplies-signature': hmac(secret, body),
    'x-bluereplies-signature-v1': `t=${unixSeconds},v1=${timed}`,
  };
}
