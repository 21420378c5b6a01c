import { FIRST_REFERENCE, INT16, INT32, INT64, REAL } from './byte-reader.ts';

const HEADER = Buffer.concat([
  Buffer.from([4, 11]),
  Buffer.from('streamtyped', 'latin1'),
  Buffer.from([0x81, 0xe8, 0x03]),
]);

/** Writes the primitives of a little-endian typedstream. */
export class ByteWriter {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  constructor() {
    this.raw(HEADER);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value & 0xff;
    this.#length += 1;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The narrowest form of an integer; `signed` is that of its type. */
  integer(value: number | bigint, signed: boolean): void {
    const big = BigInt(value);
    if (big >= BigInt(signed ? FIRST_REFERENCE : 0) && big <= 127n) this.byte(Number(big));
    else if (fits(big, 16, signed)) this.#wide(INT16, 2, big);
    else if (fits(big, 32, signed)) this.#wide(INT32, 4, big);
    else this.#wide(INT64, 8, big);
  }

  /** A double; an integral one as an integer. */
  double(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0)) {
      this.integer(value, true);
      return;
    }
    this.byte(REAL);
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  /** The length in bytes, then the bytes. */
  text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.integer(bytes.length, false);
    this.raw(bytes);
  }

  reference(number: number): void {
    this.integer(number + FIRST_REFERENCE, true);
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #wide(head: number, width: 2 | 4 | 8, value: bigint): void {
    this.byte(head);
    this.#reserve(width);
    const wide = BigInt.asUintN(64, value);
    for (let i = 0; i < width; i += 1) {
      this.#bytes[this.#length + i] = Number((wide >> BigInt(8 * i)) & 0xffn);
    }
    this.#length += width;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const fits = (value: bigint, bits: number, signed: boolean): boolean =>
  value === (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
