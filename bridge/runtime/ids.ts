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
  | 'act'
  | 'grp'
  | 'op'
  | 'call'
  | 'med';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Bits after the time; the first id of a millisecond leaves the highest one 0, as room for those that follow. */
const RANDOM_BITS = 80n;
/** How far two ids of one millisecond are apart is drawn from so many bits: nobody guesses the next from the last. */
const STEP_BYTES = 7;

let lastTime = -1;
let lastRandom = 0n;

const randomNumber = (bytes: number): bigint => BigInt(`0x${randomBytes(bytes).toString('hex')}`);

/** The next id's time and number, above those of the id before when both are of one millisecond. */
function nextNumber(now: number): bigint {
  const random = now === lastTime ? lastRandom + 1n + randomNumber(STEP_BYTES) : randomNumber(10) >> 1n;
  // The room is for more than 8,000,000 ids in one millisecond.
  if (random >> RANDOM_BITS !== 0n) throw new Error('too many ids in one millisecond');
  lastTime = now;
  lastRandom = random;
  return (BigInt(now) << RANDOM_BITS) | random;
}

/**
 * A new opaque id such as `msg_01jd…` in Crockford base 32: 48 bits of time, then 80 that no one can guess. Ids of one
 * kind sort by their time of making, and those that one process makes in one millisecond by their order of making.
 */
export function newId(prefix: IdPrefix, now: number): string {
  let value = nextNumber(now);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = ALPHABET[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return `${prefix}_${text}`;
}
