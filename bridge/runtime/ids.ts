import { randomBytes } from 'node:crypto';

/** Prefix of each kind of id, as the API shows it. */
export type IdPrefix =
  | 'acc'
  | 'key'
  | 'ln'
  | 'ag'
  | 'ses'
  | 'msg'
  | 'cnv'
  | 'cmd'
  | 'evt'
  | 'wh'
  | 'dlv'
  | 'req'
  | 'trc'
  | 'act';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new opaque id such as `msg_01jd…`: 48 bits of time, then 80 random bits, in Crockford base 32,
 * so that ids of one kind sort by their time of making.
 */
export function newId(prefix: IdPrefix, now: number): string {
  const bytes = new Uint8Array(16);
  let time = now;
  for (let i = 5; i >= 0; i -= 1) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes.set(randomBytes(10), 6);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = ALPHABET[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return `${prefix}_${text}`;
}
