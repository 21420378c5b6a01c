import type { PlistValue } from './binary-plist.ts';
import { badPlist, PlistUid, readBinaryPlist } from './binary-plist.ts';

const MAX_DEPTH = 64;
const MAX_VALUES = 100_000;

interface Dictionary {
  [key: string]: PlistValue;
}

export const isDictionary = (value: PlistValue | undefined): value is Dictionary =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof PlistUid);

/**
 * The root of what NSKeyedArchiver wrote, with its references followed: dictionaries and arrays of Foundation as such,
 * NSURL, NSString and NSDate by their value, objects of other classes as dictionaries of their fields.
 * Bounded like the plist itself; throws only an AppError with code `bad_plist`.
 */
export function readKeyedArchive(bytes: Uint8Array): PlistValue {
  const plist = readBinaryPlist(bytes);
  if (!isDictionary(plist) || !Array.isArray(plist.$objects) || !isDictionary(plist.$top)) {
    throw badPlist('it is no keyed archive');
  }
  return new Unarchiver(plist.$objects).value(plist.$top.root ?? null, 0);
}

class Unarchiver {
  readonly #objects: PlistValue[];
  #left = MAX_VALUES;

  constructor(objects: PlistValue[]) {
    this.#objects = objects;
  }

  value(value: PlistValue, depth: number): PlistValue {
    this.#left -= 1;
    if (depth > MAX_DEPTH || this.#left < 0) throw badPlist('it holds too much');
    if (value instanceof PlistUid) {
      const object = this.#objects[value.index];
      if (object === undefined) throw badPlist('an object is missing');
      return object === '$null' ? null : this.value(object, depth + 1);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return isDictionary(value) ? this.#object(value, depth) : value;
  }

  #object(object: Dictionary, depth: number): PlistValue {
    const next = (value: PlistValue | undefined): PlistValue => this.value(value ?? null, depth + 1);
    const { 'NS.objects': objects, 'NS.keys': keys } = object;
    if (Array.isArray(keys) && Array.isArray(objects)) {
      return Object.fromEntries(keys.map((key, i) => [String(next(key)), next(objects[i])]));
    }
    if (Array.isArray(objects)) return objects.map((item) => next(item));
    if ('NS.string' in object) return next(object['NS.string']);
    if ('NS.data' in object) return next(object['NS.data']);
    if ('NS.relative' in object) return joined(next(object['NS.base']), next(object['NS.relative']));
    if ('NS.time' in object) return next(object['NS.time']);
    const fields = Object.entries(object).filter(([key]) => key !== '$class');
    return Object.fromEntries(fields.map(([key, value]) => [key, next(value)]));
  }
}

function joined(base: PlistValue, relative: PlistValue): PlistValue {
  if (typeof base !== 'string' || typeof relative !== 'string') return relative;
  return URL.canParse(relative, base) ? new URL(relative, base).href : base + relative;
}
