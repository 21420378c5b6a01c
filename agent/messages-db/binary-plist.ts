import { AppError } from '../../bridge/runtime/app-error.ts';

/** A reference of NSKeyedArchiver to one of its objects. */
export class PlistUid {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

export type PlistValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | PlistUid
  | PlistValue[]
  | { [key: string]: PlistValue };

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 64;
/** Values of the result, those that are named more than once counted each time. */
const MAX_VALUES = 200_000;
/** Bytes of data and texts of the result, those that are named more than once counted each time. */
const MAX_CONTENT_BYTES = 32 * 1024 * 1024;
const MAGIC = 'bplist00';
const TRAILER_BYTES = 32;
/** 2001-01-01 UTC in milliseconds since the Unix epoch. */
const REFERENCE_DATE_MS = 978_307_200_000;

/** The only error of the plist readers: code `bad_plist`. */
export function badPlist(why: string): AppError {
  return new AppError(`property list cannot be read: ${why}`, { code: 'bad_plist', retry: 'never' });
}

/**
 * Reads a binary property list. Sizes, depth and the number of values are bounded, shared objects and cycles
 * included, which the libraries of the field leave open. Throws only an AppError with code `bad_plist`.
 */
export function readBinaryPlist(bytes: Uint8Array): PlistValue {
  return new PlistReader(bytes).root();
}

class PlistReader {
  readonly #bytes: Buffer;
  readonly #offsetSize: number;
  readonly #refSize: number;
  readonly #count: number;
  readonly #top: number;
  readonly #table: number;
  #left = MAX_VALUES;
  #contentLeft = MAX_CONTENT_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { length } = this.#bytes;
    if (length > MAX_BYTES) throw badPlist('it is too large');
    if (length < MAGIC.length + TRAILER_BYTES || this.#bytes.toString('latin1', 0, 8) !== MAGIC) {
      throw badPlist('it is not binary');
    }
    const trailer = length - TRAILER_BYTES;
    this.#offsetSize = this.#bytes.readUInt8(trailer + 6);
    this.#refSize = this.#bytes.readUInt8(trailer + 7);
    this.#count = this.#unsigned(trailer + 8, 8);
    this.#top = this.#unsigned(trailer + 16, 8);
    this.#table = this.#unsigned(trailer + 24, 8);
    if (this.#table + this.#count * this.#offsetSize > trailer) throw badPlist('its table is out of bounds');
  }

  root(): PlistValue {
    return this.#object(this.#top, 0);
  }

  #object(index: number, depth: number): PlistValue {
    this.#left -= 1;
    if (depth > MAX_DEPTH || this.#left < 0) throw badPlist('it holds too much');
    if (index >= this.#count) throw badPlist('an object is missing');
    const at = this.#unsigned(this.#table + index * this.#offsetSize, this.#offsetSize);
    const marker = this.#unsigned(at, 1);
    const low = marker & 0x0f;
    switch (marker >> 4) {
      case 0x0:
        return this.#simple(low);
      case 0x1:
        return this.#integer(at + 1, 1 << low);
      case 0x2:
        return this.#real(at + 1, 1 << low);
      case 0x3:
        return new Date(REFERENCE_DATE_MS + this.#real(at + 1, 8) * 1000);
      case 0x8:
        return new PlistUid(this.#unsigned(at + 1, low + 1));
      case 0x4:
        return this.#slice(at, low, 1, (start, end) => new Uint8Array(this.#bytes.subarray(start, end)));
      case 0x5:
        return this.#slice(at, low, 1, (start, end) => this.#bytes.toString('latin1', start, end));
      case 0x6:
        return this.#slice(at, low, 2, (start, end) => this.#utf16(start, end));
      case 0xa:
      case 0xc:
        return this.#refs(at, low, 1).map((ref) => this.#object(ref, depth + 1));
      case 0xd:
        return this.#dictionary(at, low, depth);
      default:
        throw badPlist('an object has an unknown type');
    }
  }

  #simple(low: number): PlistValue {
    if (low === 0x8 || low === 0x9) return low === 0x9;
    if (low === 0x0) return null;
    throw badPlist('an object has an unknown type');
  }

  #dictionary(at: number, low: number, depth: number): PlistValue {
    const refs = this.#refs(at, low, 2);
    const size = refs.length / 2;
    const entries = refs.slice(0, size).map((ref, i): [string, PlistValue] => {
      const key = this.#object(ref, depth + 1);
      if (typeof key !== 'string') throw badPlist('a key is no string');
      return [key, this.#object(refs[size + i] ?? 0, depth + 1)];
    });
    return Object.fromEntries(entries);
  }

  /** Object numbers of a collection; a dictionary has its keys first, then its values. */
  #refs(at: number, low: number, perItem: number): number[] {
    return this.#slice(at, low, this.#refSize * perItem, (start, end) => {
      const refs: number[] = [];
      for (let ref = start; ref < end; ref += this.#refSize) refs.push(this.#unsigned(ref, this.#refSize));
      return refs;
    });
  }

  /** Where the content of a counted object lies: the count is in the marker, or in an integer behind it. */
  #slice<T>(at: number, low: number, itemSize: number, read: (start: number, end: number) => T): T {
    let start = at + 1;
    let count = low;
    if (low === 0x0f) {
      const power = this.#unsigned(start, 1) & 0x0f;
      if (power > 3) throw badPlist('a count is too large');
      count = this.#unsigned(start + 1, 1 << power);
      start += 1 + (1 << power);
    }
    const end = start + count * itemSize;
    if (itemSize === 0 || end > this.#bytes.length) throw badPlist('an object is longer than what is left');
    this.#contentLeft -= end - start;
    if (this.#contentLeft < 0) throw badPlist('it holds too much');
    return read(start, end);
  }

  #utf16(start: number, end: number): string {
    return Buffer.from(this.#bytes.subarray(start, end)).swap16().toString('utf16le');
  }

  #integer(at: number, size: number): number | bigint {
    if (size < 8) return this.#unsigned(at, size);
    if (size > 16) throw badPlist('an integer is too wide');
    this.#check(at, size);
    const value = this.#bytes.readBigInt64BE(at + size - 8);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #real(at: number, size: number): number {
    this.#check(at, size);
    if (size === 4) return this.#bytes.readFloatBE(at);
    if (size === 8) return this.#bytes.readDoubleBE(at);
    throw badPlist('a real has an unknown width');
  }

  /** A big-endian number that must fit a JavaScript one. */
  #unsigned(at: number, size: number): number {
    this.#check(at, size);
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 256 + (this.#bytes[at + i] ?? 0);
    if (!Number.isSafeInteger(value)) throw badPlist('a number is too large');
    return value;
  }

  #check(at: number, size: number): void {
    if (size === 0 || at + size > this.#bytes.length) throw badPlist('it ends too early');
  }
}
