/** Deepest nesting that is read. */
const MAX_DEPTH = 20;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Reads a property list in XML: dict, array, string, key, integer, real, date, true, false; data as its text. Undefined
 * where it is none. Names of dictionaries become own properties of objects without a prototype.
 */
export function readXmlPlist(text: string): unknown {
  const body = /<plist\b[^>]*>([\s\S]*)<\/plist>/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const tokens = [...body.matchAll(/<(\/?)([a-z]+)\s*(\/?)>([^<]*)/g)];
  let at = 0;

  const read = (depth: number): unknown => {
    const token = tokens[at];
    if (!token || token[1] === '/' || depth > MAX_DEPTH) return undefined;
    at += 1;
    const [, , name = '', empty = '', content = ''] = token;
    if (name === 'true' || name === 'false') return closed(name, empty, name === 'true');
    if (name === 'dict') return empty ? {} : dict(depth);
    if (name === 'array') return empty ? [] : array(depth);
    return closed(name, empty, scalar(name, unescaped(content)));
  };
  const closed = (name: string, empty: string, value: unknown): unknown => {
    if (!empty && ends(name)) at += 1;
    return value;
  };
  const ends = (name: string): boolean => tokens[at]?.[1] === '/' && tokens[at]?.[2] === name;
  const dict = (depth: number): unknown => {
    const found: Record<string, unknown> = Object.create(null);
    while (at < tokens.length && !ends('dict')) {
      const key = read(depth + 1);
      const before = at;
      const value = read(depth + 1);
      if (typeof key !== 'string' || at === before) return undefined;
      found[key] = value;
    }
    at += 1;
    return found;
  };
  const array = (depth: number): unknown => {
    const found: unknown[] = [];
    while (at < tokens.length && !ends('array')) {
      const before = at;
      found.push(read(depth + 1));
      if (at === before) return undefined;
    }
    at += 1;
    return found;
  };
  return read(0);
}

function scalar(name: string, text: string): unknown {
  if (name === 'integer' || name === 'real') return Number(text);
  if (name === 'date') return new Date(text);
  return text;
}

const unescaped = (text: string): string =>
  text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name) ?? whole;
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
