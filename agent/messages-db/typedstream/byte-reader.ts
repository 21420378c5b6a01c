import { internedText } from './intern.ts';
import { badAttributedBody } from './values.ts';

/** Head byte: an int16 follows. */
export const INT16 = 0x81;
/** Head byte: an int32 follows. */
export const INT32 = 0x82;
/** Head byte: a float or double follows. */
export const REAL = 0x83;
/** Head byte: something new follows. */
export const NEW = 0x84;
/** Head byte: nil. */
export const NIL = 0x85;
/** Head byte: end of object. */
export const END = 0x86;
/** Head byte: an int64 follows. */
export const INT64 = 0x87;
/** Reference 0 as a signed integer. */
export const FIRST_REFERENCE = -110;
/** Bytes below this, from 0x80 on, are never a literal. */
const FIRST_NEGATIVE_LITERAL = 0x92;

const LITTLE_ENDIAN = 'streamtyped';
const BIG_ENDIAN = 'typedstream';
const STREAM_VERSION = 4;

/** Reads the primitives of a typedstream; every read is checked against the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #bigEndian: boolean;
  position = 0;

  /** Reads the header; throws when it is not that of a typedstream. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#bytes[0] !== STREAM_VERSION || this.#bytes[1] !== LITTLE_ENDIAN.length) {
      throw badAttributedBody('it has no typedstream header');
    }
    this.position = 2;
    const name = this.name(LITTLE_ENDIAN.length);
    this.#bigEndian = name === BIG_ENDIAN;
    if (!this.#bigEndian && name !== LITTLE_ENDIAN) throw badAttributedBody('it has no typedstream header');
    this.integer(true);
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  /** The next byte without taking it; -1 at the end. */
  peek(): number {
    return this.#bytes[this.position] ?? -1;
  }

  byte(): number {
    const byte = this.#bytes[this.position];
    if (byte === undefined) throw badAttributedBody('it ends too early', { at: this.position });
    this.position += 1;
    return byte;
  }

  /** Takes the next byte if it is this one. */
  skip(byte: number): boolean {
    if (this.#bytes[this.position] !== byte) return false;
    this.position += 1;
    return true;
  }

  /** A variable-width integer; a bigint only where a number would lose digits. */
  integer(signed: boolean): number | bigint {
    const head = this.byte();
    if (head < 0x80) return head;
    if (head >= FIRST_NEGATIVE_LITERAL) return signed ? head - 256 : head;
    switch (head) {
      case INT16:
        return this.#int16(signed);
      case INT32:
        return this.#int32(signed);
      case INT64:
        return this.#int64(signed);
      default:
        throw badAttributedBody('a number begins with a reserved byte', { at: this.position - 1 });
    }
  }

  /** An integer that fits a number. */
  smallInteger(signed: boolean): number {
    const value = this.integer(signed);
    if (typeof value === 'bigint') throw badAttributedBody('a count is too large', { at: this.position });
    return value;
  }

  /** A float (4 bytes) or double (8 bytes); integral ones are archived as integers. */
  real(width: 4 | 8): number {
    if (!this.skip(REAL)) return Number(this.integer(true));
    const at = this.#take(width);
    if (width === 4) return this.#bigEndian ? this.#bytes.readFloatBE(at) : this.#bytes.readFloatLE(at);
    return this.#bigEndian ? this.#bytes.readDoubleBE(at) : this.#bytes.readDoubleLE(at);
  }

  /** The length of bytes that follow, known to be there. */
  length(): number {
    const length = this.smallInteger(false);
    if (length > this.remaining) {
      throw badAttributedBody('a string is longer than what is left', { at: this.position });
    }
    return length;
  }

  /** This many bytes as UTF-8. */
  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** This many bytes as UTF-8, where the same few names come again and again. */
  name(length: number): string {
    return internedText(this.#bytes, this.#take(length), length);
  }

  /** A copy of this many bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  #take(length: number): number {
    const at = this.position;
    if (length > this.#bytes.length - at) throw badAttributedBody('it ends too early', { at });
    this.position = at + length;
    return at;
  }

  #int16(signed: boolean): number {
    const at = this.#take(2);
    const bytes = this.#bytes;
    if (signed) return this.#bigEndian ? bytes.readInt16BE(at) : bytes.readInt16LE(at);
    return this.#bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }

  #int32(signed: boolean): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    if (signed) return this.#bigEndian ? bytes.readInt32BE(at) : bytes.readInt32LE(at);
    return this.#bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }

  #int64(signed: boolean): number | bigint {
    const at = this.#take(8);
    const bytes = this.#bytes;
    let value: bigint;
    if (signed) value = this.#bigEndian ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at);
    else value = this.#bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}
