import { readAttributedString } from './attributed-string.ts';
import type { ObjectReader } from './object-reader.ts';
import { parseTypeEncoding } from './type-encoding.ts';
import type { AttributeRecord, AttributeValue } from './values.ts';
import { badAttributedBody } from './values.ts';

/** Reads the fields of an object whose class is known. */
export type Body = (reader: ObjectReader) => AttributeValue;

/** 2001-01-01 UTC in milliseconds since the Unix epoch: Apple's reference date. */
const REFERENCE_DATE_MS = 978_307_200_000;

function readString(reader: ObjectReader): AttributeValue {
  reader.expect('+');
  return reader.unsharedString() ?? '';
}

/** NSNumber and NSValue: the type as a C-string, then a group of that type. */
function readNumber(reader: ObjectReader): AttributeValue {
  reader.expect('*');
  const letter = reader.cString();
  const [type, ...more] = parseTypeEncoding(reader.encoding());
  if (!type || more.length > 0) throw badAttributedBody('a number holds not one value');
  const value = reader.value(type);
  return letter === 'c' && (value === 0 || value === 1) ? value === 1 : value;
}

function readCount(reader: ObjectReader, encoding: 'i' | 'I'): number {
  reader.expect(encoding);
  const count = reader.bytes.smallInteger(encoding === 'i');
  if (count < 0 || count > reader.bytes.remaining) {
    throw badAttributedBody('a collection is larger than what is left', { at: reader.bytes.position });
  }
  return count;
}

function readObjects(reader: ObjectReader, encoding: 'i' | 'I'): AttributeValue[] {
  const values: AttributeValue[] = [];
  for (let left = readCount(reader, encoding); left > 0; left -= 1) {
    reader.expect('@');
    values.push(reader.object());
  }
  return values;
}

function readDictionary(reader: ObjectReader): AttributeRecord {
  const record: AttributeRecord = {};
  for (let left = readCount(reader, 'i'); left > 0; left -= 1) {
    reader.expect('@');
    const key = reader.object();
    reader.expect('@');
    setOwn(record, keyName(key), reader.object());
  }
  return record;
}

function keyName(key: AttributeValue): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  throw badAttributedBody('a key is neither a string nor a number');
}

/** Sets a property by whatever name, `__proto__` included, without touching the prototype. */
function setOwn(record: AttributeRecord, key: string, value: AttributeValue): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function readData(reader: ObjectReader): AttributeValue {
  reader.expect('i');
  const length = reader.bytes.smallInteger(true);
  if (length === 0 && reader.bytes.peek() === 0x86) return new Uint8Array();
  const [bytes] = reader.group();
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw badAttributedBody('data has another length than it says');
  }
  return bytes;
}

function readDate(reader: ObjectReader): AttributeValue {
  reader.expect('d');
  const seconds = reader.bytes.real(8);
  const date = new Date(REFERENCE_DATE_MS + seconds * 1000);
  return Number.isNaN(date.getTime()) ? seconds : date;
}

/** NSURL: whether a base follows, the base, and the string. */
function readUrl(reader: ObjectReader): AttributeValue {
  reader.expect('c');
  const relative = reader.bytes.byte() !== 0;
  let base: AttributeValue = null;
  if (relative) {
    reader.expect('@');
    base = reader.object();
  }
  reader.expect('@');
  const text = reader.object();
  if (typeof text !== 'string') throw badAttributedBody('a URL has no string');
  if (typeof base !== 'string') return text;
  return URL.canParse(text, base) ? new URL(text, base).href : base + text;
}

const BODIES = new Map<string, Body>([
  ['NSString', readString],
  ['NSMutableString', readString],
  ['NSNumber', readNumber],
  ['NSValue', readNumber],
  ['NSDictionary', readDictionary],
  ['NSMutableDictionary', readDictionary],
  ['NSArray', (reader) => readObjects(reader, 'i')],
  ['NSMutableArray', (reader) => readObjects(reader, 'i')],
  ['NSSet', (reader) => readObjects(reader, 'I')],
  ['NSMutableSet', (reader) => readObjects(reader, 'I')],
  ['NSData', readData],
  ['NSMutableData', readData],
  ['NSDate', readDate],
  ['NSURL', readUrl],
  ['NSAttributedString', (reader) => readNested(reader)],
  ['NSMutableAttributedString', (reader) => readNested(reader)],
]);

function readNested(reader: ObjectReader): AttributeValue {
  const nested = { text: '', runs: [] };
  readAttributedString(reader, nested);
  return nested;
}

/** How an object of this class is read; undefined for classes that Foundation's archives are not known to hold. */
export function bodyOfClass(name: string): Body | undefined {
  return BODIES.get(name);
}
