import { badAttributedBody } from './values.ts';

/** One value of an Objective-C type encoding. */
export type EncodedType =
  | { kind: 'char' | 'byte' | 'boolean' | 'integer' | 'unsigned' | 'float' | 'double' }
  | { kind: 'c-string' | 'string' | 'object' | 'class' | 'shared-string' }
  | { kind: 'array'; count: number; of: EncodedType }
  | { kind: 'struct'; fields: EncodedType[] };

const LETTERS: Readonly<Record<string, EncodedType>> = {
  c: { kind: 'char' },
  C: { kind: 'byte' },
  B: { kind: 'boolean' },
  s: { kind: 'integer' },
  i: { kind: 'integer' },
  l: { kind: 'integer' },
  q: { kind: 'integer' },
  S: { kind: 'unsigned' },
  I: { kind: 'unsigned' },
  L: { kind: 'unsigned' },
  Q: { kind: 'unsigned' },
  f: { kind: 'float' },
  d: { kind: 'double' },
  '*': { kind: 'c-string' },
  '+': { kind: 'string' },
  '@': { kind: 'object' },
  '#': { kind: 'class' },
  ':': { kind: 'shared-string' },
  '%': { kind: 'shared-string' },
};

const MAX_NESTING = 16;
const MAX_LENGTH = 256;

/** Encodings of more than a few values are never kept, so that no blob can fill the cache. */
const CACHE_LIMIT = 512;
const CACHED_LENGTH = 8;
const cache = new Map<string, EncodedType[]>();

/** The values that a type encoding such as `iI`, `[12c]` or `{_NSRange=QQ}` stands for. */
export function parseTypeEncoding(encoding: string): EncodedType[] {
  const known = cache.get(encoding);
  if (known) return known;
  const types = parse(encoding);
  if (encoding.length <= CACHED_LENGTH && cache.size < CACHE_LIMIT) cache.set(encoding, types);
  return types;
}

function parse(encoding: string): EncodedType[] {
  if (encoding.length > MAX_LENGTH) throw badAttributedBody('a type encoding is too long');
  const types: EncodedType[] = [];
  let at = 0;
  while (at < encoding.length) {
    const [type, end] = parseOne(encoding, at, 0);
    types.push(type);
    at = end;
  }
  return types;
}

function parseOne(encoding: string, at: number, nesting: number): [EncodedType, number] {
  if (nesting > MAX_NESTING) throw badAttributedBody('a type encoding is nested too deep');
  const letter = encoding[at] ?? '';
  if (letter === '[') return parseArray(encoding, at + 1, nesting);
  if (letter === '{') return parseStruct(encoding, at + 1, nesting);
  const type = Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined;
  if (!type) throw badAttributedBody('a type encoding is unknown');
  return [type, at + 1];
}

function parseArray(encoding: string, at: number, nesting: number): [EncodedType, number] {
  let digits = at;
  while (/^[0-9]$/.test(encoding[digits] ?? '')) digits += 1;
  if (digits === at || digits - at > 9) throw badAttributedBody('an array has no usable length');
  const [of, end] = parseOne(encoding, digits, nesting + 1);
  if (encoding[end] !== ']') throw badAttributedBody('an array is not closed');
  return [{ kind: 'array', count: Number(encoding.slice(at, digits)), of }, end + 1];
}

function parseStruct(encoding: string, at: number, nesting: number): [EncodedType, number] {
  const equals = encoding.indexOf('=', at);
  if (equals < 0) throw badAttributedBody('a struct has no fields');
  const fields: EncodedType[] = [];
  let next = equals + 1;
  while (encoding[next] !== '}') {
    const [field, end] = parseOne(encoding, next, nesting + 1);
    fields.push(field);
    next = end;
  }
  return [{ kind: 'struct', fields }, next + 1];
}
