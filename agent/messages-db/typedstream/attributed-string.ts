import { END } from './byte-reader.ts';
import type { ObjectReader } from './object-reader.ts';
import type { AttributedRun, AttributeValue } from './values.ts';
import { badAttributedBody } from './values.ts';

/** What has been read so far, so that a text is not lost with damaged runs. */
export interface TextAndRuns {
  text: string | undefined;
  runs: AttributedRun[];
}

type Attributes = Record<string, AttributeValue>;

const NONE: Attributes = {};

/**
 * Reads an NSAttributedString into `into`, step by step: its string, then for each run an index into its own table
 * of attributes and a length in UTF-16 units; the attributes follow when their index appears first.
 */
export function readAttributedString(reader: ObjectReader, into: TextAndRuns): void {
  reader.expect('@');
  const text = reader.object();
  if (typeof text !== 'string') throw badAttributedBody('it has no text');
  into.text = text;
  const table: Attributes[] = [];
  let start = 0;
  while (reader.bytes.peek() !== END) {
    reader.expect('iI');
    const index = reader.bytes.smallInteger(true);
    const length = reader.bytes.smallInteger(false);
    if (index < 1 || index > table.length + 1) throw badAttributedBody('a run has no attributes');
    if (length > text.length - start) throw badAttributedBody('the runs are longer than the text');
    if (index === table.length + 1) table.push(readAttributes(reader));
    into.runs.push({ start, length, attributes: table[index - 1] ?? NONE });
    start += length;
  }
  if (start !== text.length) throw badAttributedBody('the runs are shorter than the text');
}

function readAttributes(reader: ObjectReader): Attributes {
  reader.expect('@');
  const attributes = reader.object();
  if (attributes === null) return {};
  if (typeof attributes !== 'object' || Array.isArray(attributes) || isLeaf(attributes)) {
    throw badAttributedBody('the attributes of a run are no dictionary');
  }
  return attributes;
}

const isLeaf = (value: Date | Uint8Array | Attributes): value is Date | Uint8Array =>
  value instanceof Date || value instanceof Uint8Array;
