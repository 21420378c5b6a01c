import { END, NEW, NIL } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { AttributedRun, AttributeRecord, AttributeValue } from './values.ts';
import { badAttributedBody } from './values.ts';

const REFERENCE_DATE_MS = 978_307_200_000;
const MAX_DEPTH = 32;

/**
 * Keys that come with 64-bit integers. A body that has one of them has no 32-bit integer at all, its part numbers
 * included; other bodies have only 32-bit ones, as seen in those of Messages.
 */
const WIDE_KEYS: ReadonlySet<string> = new Set([
  '__kIMBaseWritingDirectionAttributeName',
  '__kIMBreadcrumbTextOptionFlags',
  '__kIMTextEffectAttributeName',
  '__kIMInlineMediaWidthAttributeName',
  '__kIMInlineMediaHeightAttributeName',
]);
/** The key whose string is archived as an NSURL. */
const LINK_KEY = '__kIMLinkAttributeName';

/** Leaf first, with the version that each class is archived with. */
const CLASSES = {
  attributed: [['NSAttributedString', 0]],
  mutableAttributed: [
    ['NSMutableAttributedString', 0],
    ['NSAttributedString', 0],
  ],
  string: [['NSString', 1]],
  mutableString: [
    ['NSMutableString', 1],
    ['NSString', 1],
  ],
  dictionary: [['NSDictionary', 0]],
  array: [['NSArray', 0]],
  number: [
    ['NSNumber', 0],
    ['NSValue', 0],
  ],
  date: [['NSDate', 0]],
  data: [['NSData', 0]],
  url: [['NSURL', 0]],
  null: [['NSNull', 0]],
} as const satisfies Record<string, ReadonlyArray<readonly [string, number]>>;

type ClassChain = ReadonlyArray<readonly [string, number]>;

/** Encodes an attributed string; see `encodeAttributedBody`. */
export function encodeAttributedString(body: {
  text: string;
  runs?: readonly AttributedRun[];
  mutable?: boolean;
}): Buffer {
  const runs = body.runs ?? defaultRuns(body.text);
  checkRuns(runs, body.text);
  const encoder = new Encoder(
    runs.some((run) => Object.keys(run.attributes).some((key) => WIDE_KEYS.has(key))),
  );
  encoder.root(body.text, runs, body.mutable ?? false);
  return encoder.finish();
}

const defaultRuns = (text: string): AttributedRun[] =>
  text === '' ? [] : [{ start: 0, length: text.length, attributes: { __kIMMessagePartAttributeName: 0 } }];

function checkRuns(runs: readonly AttributedRun[], text: string): void {
  let end = 0;
  for (const run of runs) {
    if (run.start !== end || !Number.isInteger(run.length) || run.length < 0) {
      throw badAttributedBody('its runs do not lie end to end');
    }
    end += run.length;
  }
  if (end !== text.length) throw badAttributedBody('its runs do not cover the text');
}

class Encoder {
  readonly #out = new ByteWriter();
  readonly #strings = new Map<string, number>();
  readonly #classes = new Map<string, number>();
  readonly #cStrings = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #wide: boolean;
  #objects = 0;
  #depth = 0;

  constructor(wide: boolean) {
    this.#wide = wide;
  }

  finish(): Buffer {
    return this.#out.finish();
  }

  root(text: string, runs: readonly AttributedRun[], mutable: boolean): void {
    this.#shared('@');
    this.#begin(mutable ? CLASSES.mutableAttributed : CLASSES.attributed);
    this.#shared('@');
    this.#string(text, mutable ? CLASSES.mutableString : CLASSES.string);
    const table = new Map<string, number>();
    for (const { length, attributes } of runs) this.#run(length, attributes, table);
    this.#end();
  }

  #run(length: number, attributes: AttributeRecord, table: Map<string, number>): void {
    const same = fingerprint(attributes);
    const known = table.get(same);
    const index = known ?? table.size + 1;
    this.#shared('iI');
    this.#out.integer(index, true);
    this.#out.integer(length, false);
    if (known !== undefined) return;
    table.set(same, index);
    this.#shared('@');
    this.#dictionary(attributes);
  }

  #dictionary(record: AttributeRecord): void {
    this.#begin(CLASSES.dictionary);
    const entries = Object.entries(record);
    this.#shared('i');
    this.#out.integer(entries.length, true);
    for (const [key, value] of entries) {
      this.#shared('@');
      this.#string(key, CLASSES.string);
      this.#shared('@');
      if (key === LINK_KEY && typeof value === 'string') this.#url(value);
      else this.#value(value);
    }
    this.#end();
  }

  #value(value: AttributeValue): void {
    if (typeof value === 'string') this.#string(value, CLASSES.string);
    else if (typeof value === 'boolean') this.#number('c', value ? 1 : 0);
    else if (typeof value === 'bigint') this.#number(value > 2n ** 63n - 1n ? 'Q' : 'q', value);
    else if (typeof value === 'number') this.#number(numberType(value, this.#wide), value);
    else if (value === null) this.#null();
    else if (value instanceof Date) this.#date(value);
    else if (value instanceof Uint8Array) this.#data(value);
    else if (Array.isArray(value)) this.#array(value);
    else this.#dictionary(value);
  }

  #string(text: string, chain: ClassChain): void {
    this.#begin(chain);
    this.#shared('+');
    this.#out.text(text);
    this.#end();
  }

  /** Equal numbers of one type are one object, as tagged pointers are in Messages. */
  #number(type: 'c' | 'i' | 'q' | 'Q' | 'd', value: number | bigint): void {
    const same = `${type}${Object.is(value, -0) ? '-0' : value}`;
    const known = this.#numbers.get(same);
    if (known !== undefined) {
      this.#out.reference(known);
      return;
    }
    this.#numbers.set(same, this.#objects);
    this.#begin(CLASSES.number);
    this.#shared('*');
    this.#cString(type);
    this.#shared(type);
    if (type === 'c') this.#out.byte(Number(value));
    else if (type === 'd') this.#out.double(Number(value));
    else this.#out.integer(value, type !== 'Q');
    this.#end();
  }

  #array(values: AttributeValue[]): void {
    this.#begin(CLASSES.array);
    this.#shared('i');
    this.#out.integer(values.length, true);
    for (const value of values) {
      this.#shared('@');
      this.#value(value);
    }
    this.#end();
  }

  #data(bytes: Uint8Array): void {
    this.#begin(CLASSES.data);
    this.#shared('i');
    this.#out.integer(bytes.length, true);
    this.#shared(`[${bytes.length}c]`);
    this.#out.raw(bytes);
    this.#end();
  }

  #date(date: Date): void {
    this.#begin(CLASSES.date);
    this.#shared('d');
    this.#out.double((date.getTime() - REFERENCE_DATE_MS) / 1000);
    this.#end();
  }

  #url(url: string): void {
    this.#begin(CLASSES.url);
    this.#shared('c');
    this.#out.byte(0);
    this.#shared('@');
    this.#string(url, CLASSES.string);
    this.#end();
  }

  #null(): void {
    this.#begin(CLASSES.null);
    this.#end();
  }

  #begin(chain: ClassChain): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw badAttributedBody('its attributes are nested too deep');
    this.#out.byte(NEW);
    this.#objects += 1;
    this.#class([...chain, ['NSObject', 0]]);
  }

  #end(): void {
    this.#depth -= 1;
    this.#out.byte(END);
  }

  #class(chain: ClassChain): void {
    for (const [name, version] of chain) {
      const known = this.#classes.get(name);
      if (known !== undefined) {
        this.#out.reference(known);
        return;
      }
      this.#classes.set(name, this.#objects);
      this.#objects += 1;
      this.#out.byte(NEW);
      this.#shared(name);
      this.#out.integer(version, true);
    }
    this.#out.byte(NIL);
  }

  #cString(text: string): void {
    const known = this.#cStrings.get(text);
    if (known !== undefined) {
      this.#out.reference(known);
      return;
    }
    this.#cStrings.set(text, this.#objects);
    this.#objects += 1;
    this.#out.byte(NEW);
    this.#shared(text);
  }

  #shared(text: string): void {
    const known = this.#strings.get(text);
    if (known !== undefined) {
      this.#out.reference(known);
      return;
    }
    this.#strings.set(text, this.#strings.size);
    this.#out.byte(NEW);
    this.#out.text(text);
  }
}

function numberType(value: number, wide: boolean): 'i' | 'q' | 'd' {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 'd';
  return wide || value !== (value | 0) ? 'q' : 'i';
}

/** Equal for equal attributes only: the table of runs holds each set of attributes once. */
function fingerprint(value: AttributeValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Object.is(value, -0)) return '-0';
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `data ${Buffer.from(value).toString('base64')}`;
  if (Array.isArray(value)) return `[${value.map(fingerprint).join(',')}]`;
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${fingerprint(field)}`);
  return `{${fields.sort().join(',')}}`;
}
