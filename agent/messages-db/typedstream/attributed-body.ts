import { AppError } from '../../../bridge/runtime/app-error.ts';
import { readAttributedString, type TextAndRuns } from './attributed-string.ts';
import { NEW } from './byte-reader.ts';
import { ObjectReader } from './object-reader.ts';
import { type AttributedRun, badAttributedBody } from './values.ts';

/** What a body holds; with `damage` the text is whole and the runs are those before the damage. */
export interface ReadBody {
  text: string;
  runs: AttributedRun[];
  damage?: AppError;
}

/** Reads a body object by object. Throws only `bad_attributed_body`, when not even the text is whole. */
export function readBody(bytes: Uint8Array): ReadBody {
  const found: TextAndRuns = { text: undefined, runs: [] };
  try {
    readRoot(bytes, found);
  } catch (error) {
    if (!(error instanceof AppError)) throw badAttributedBody('it is not understood');
    if (found.text === undefined) throw error;
    return { text: found.text, runs: found.runs, damage: error };
  }
  return { text: found.text ?? '', runs: found.runs };
}

function readRoot(bytes: Uint8Array, found: TextAndRuns): void {
  const reader = new ObjectReader(bytes);
  reader.expect('@');
  if (!reader.bytes.skip(NEW)) throw badAttributedBody('it holds no object');
  reader.newObject((name, body) => {
    if (name === 'NSAttributedString' || name === 'NSMutableAttributedString') {
      readAttributedString(reader, found);
      return null;
    }
    const value = body?.(reader);
    if (typeof value !== 'string') throw badAttributedBody('its root is no text');
    found.text = value;
    return value;
  });
}
