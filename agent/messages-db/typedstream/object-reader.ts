import { ByteReader, END, FIRST_REFERENCE, NEW, NIL } from './byte-reader.ts';
import type { Body } from './foundation.ts';
import { bodyOfClass } from './foundation.ts';
import type { EncodedType } from './type-encoding.ts';
import { parseTypeEncoding } from './type-encoding.ts';
import type { AttributeValue } from './values.ts';
import { badAttributedBody } from './values.ts';

/** Objects within objects, and classes above classes. */
const MAX_DEPTH = 64;
/** Values of one stream, those reached by reference counted each time, so that the result can be written out. */
const MAX_VALUES = 200_000;
/** A long string weighs one value more for each of these many characters. */
const CHARACTERS_PER_VALUE = 64;

/** With it the keys of attributes begin. */
const UNDERSCORE = 0x5f;

interface StoredClass {
  name: string;
  body: Body | undefined;
}

/** An entry of the table of objects: classes, C-strings and objects share its numbers. */
type Stored =
  | { kind: 'class'; class: StoredClass }
  | { kind: 'c-string'; text: string }
  | { kind: 'object'; value: AttributeValue; weight: number }
  | { kind: 'unfinished' };

const UNFINISHED: Stored = { kind: 'unfinished' };

/** Reads objects of a typedstream with its two tables: shared strings, and objects with classes and C-strings. */
export class ObjectReader {
  readonly bytes: ByteReader;
  readonly #strings: string[] = [];
  readonly #objects: Stored[] = [];
  #depth = 0;
  #spent = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = new ByteReader(bytes);
  }

  /** Reads the type encoding of a group; null where the stream has nil. */
  encoding(): string {
    const encoding = this.#sharedString();
    if (encoding === null) throw badAttributedBody('a group has no type encoding');
    return encoding;
  }

  /** Reads a type encoding that must be this one. */
  expect(encoding: string): void {
    if (this.encoding() !== encoding) {
      throw badAttributedBody('a value has another type than its class has', { at: this.bytes.position });
    }
  }

  /** A whole group: a type encoding and its values. */
  group(): AttributeValue[] {
    return parseTypeEncoding(this.encoding()).map((type) => this.value(type));
  }

  value(type: EncodedType): AttributeValue {
    this.#spend(1);
    switch (type.kind) {
      case 'char':
        return (this.bytes.byte() << 24) >> 24;
      case 'byte':
        return this.bytes.byte();
      case 'boolean':
        return this.bytes.byte() !== 0;
      case 'integer':
        return this.bytes.integer(true);
      case 'unsigned':
        return this.bytes.integer(false);
      case 'float':
        return this.bytes.real(4);
      case 'double':
        return this.bytes.real(8);
      case 'string':
        return this.unsharedString();
      case 'c-string':
        return this.cString();
      case 'object':
        return this.object();
      case 'class':
        return this.#class()?.name ?? null;
      case 'shared-string':
        return this.#sharedString();
      case 'array':
        return this.#array(type.count, type.of);
      case 'struct':
        return type.fields.map((field) => this.value(field));
    }
  }

  /** The bytes of a '+' value as text; null for nil. */
  unsharedString(): string | null {
    if (this.bytes.skip(NIL)) return null;
    const length = this.bytes.length();
    const text = this.bytes.peek() === UNDERSCORE ? this.bytes.name(length) : this.bytes.text(length);
    this.#spend(text.length / CHARACTERS_PER_VALUE);
    return text;
  }

  /** A '*' value. */
  cString(): string | null {
    if (this.bytes.skip(NIL)) return null;
    if (this.bytes.skip(NEW)) {
      const text = this.#sharedString() ?? '';
      this.#objects.push({ kind: 'c-string', text });
      return text;
    }
    const stored = this.#reference();
    if (stored.kind !== 'c-string') throw badAttributedBody('a reference is to no C-string');
    return stored.text;
  }

  /** An '@' value, whatever its class. */
  object(): AttributeValue {
    this.#spend(1);
    if (this.bytes.skip(NIL)) return null;
    if (!this.bytes.skip(NEW)) {
      const stored = this.#reference();
      if (stored.kind !== 'object') throw badAttributedBody('a reference is to no finished object');
      this.#spend(stored.weight);
      return stored.value;
    }
    return this.newObject((name, body) => (body ? body(this) : this.#unknown(name)));
  }

  /**
   * An object whose NEW byte is already taken: its number, class, fields as `read` takes them, and its end.
   * Fields that `read` leaves over are passed by.
   */
  newObject(read: (className: string, body: Body | undefined) => AttributeValue): AttributeValue {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw badAttributedBody('it is nested too deep');
    const spent = this.#spent;
    const number = this.#objects.push(UNFINISHED) - 1;
    const ofClass = this.#class();
    if (!ofClass) throw badAttributedBody('an object has no class');
    const value = read(ofClass.name, ofClass.body);
    while (!this.bytes.skip(END)) this.group();
    this.#objects[number] = { kind: 'object', value, weight: this.#spent - spent };
    this.#depth -= 1;
    return value;
  }

  #unknown(name: string): AttributeValue {
    const values: AttributeValue[] = [];
    while (this.bytes.peek() !== END) values.push(...this.group());
    return name === 'NSNull' ? null : { $class: name, values };
  }

  #array(count: number, of: EncodedType): AttributeValue {
    if (count > this.bytes.remaining) throw badAttributedBody('an array is longer than what is left');
    if (of.kind === 'char' || of.kind === 'byte') return this.bytes.bytes(count);
    const values: AttributeValue[] = [];
    for (let i = 0; i < count; i += 1) values.push(this.value(of));
    return values;
  }

  #class(depth = 0): StoredClass | null {
    if (depth > MAX_DEPTH) throw badAttributedBody('a class has too many superclasses');
    if (this.bytes.skip(NIL)) return null;
    if (!this.bytes.skip(NEW)) {
      const stored = this.#reference();
      if (stored.kind !== 'class') throw badAttributedBody('a reference is to no class');
      return stored.class;
    }
    const name = this.#sharedString();
    if (name === null) throw badAttributedBody('a class has no name');
    this.bytes.integer(true);
    const stored: StoredClass = { name, body: bodyOfClass(name) };
    this.#objects.push({ kind: 'class', class: stored });
    const parent = this.#class(depth + 1);
    stored.body ??= parent?.body;
    return stored;
  }

  #sharedString(): string | null {
    if (this.bytes.skip(NIL)) return null;
    if (this.bytes.skip(NEW)) {
      const text = this.bytes.name(this.bytes.length());
      this.#strings.push(text);
      return text;
    }
    const text = this.#strings[this.#referenceNumber()];
    if (text === undefined) throw badAttributedBody('a reference is to no string');
    return text;
  }

  #reference(): Stored {
    const stored = this.#objects[this.#referenceNumber()];
    if (stored === undefined) throw badAttributedBody('a reference is to nothing');
    return stored;
  }

  #referenceNumber(): number {
    return this.bytes.smallInteger(true) - FIRST_REFERENCE;
  }

  #spend(values: number): void {
    this.#spent += values;
    if (this.#spent > MAX_VALUES) throw badAttributedBody('it holds too many values');
  }
}
