import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBody } from '../../agent/messages-db/typedstream/attributed-body.ts';
import { readPlainText } from '../../agent/messages-db/typedstream/plain-text.ts';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.constantFrom('_', 'a'.repeat(127), 'a'.repeat(128), 'é'.repeat(64), '\u{1F600}'.repeat(40_000)),
);

/** What reading it object by object gives, or its error. */
const read = (bytes: Buffer): unknown => {
  try {
    return readBody(bytes);
  } catch (error) {
    return error;
  }
};

test('a text alone is read at once, and as it is read object by object', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5_000 }),
      fc.boolean(),
      (words, mutable) => {
        const blob = encodeAttributedBody({ text: words, mutable });
        fc.pre(!words.includes('\uFFFD'));
        expect(readPlainText(blob)).toEqual(readBody(blob));
      },
    ),
  );
});

test('whatever is changed in a body, it is never read as anything else than object by object', () => {
  fc.assert(
    fc.property(
      text,
      fc.boolean(),
      fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { maxLength: 3 }),
      fc.integer({ min: -3, max: 3 }),
      (words, mutable, changes, cut) => {
        const whole = encodeAttributedBody({ text: words, mutable });
        for (const { at, byte } of changes) whole[at % whole.length] = byte;
        const blob = cut < 0 ? whole.subarray(0, cut) : Buffer.concat([whole, Buffer.alloc(cut)]);
        const found = readPlainText(blob);
        if (found) expect(found).toEqual(read(blob));
      },
    ),
    { numRuns: 5_000 },
  );
});

test('a body of more than one text is left to be read object by object', () => {
  const attributes = { __kIMMessagePartAttributeName: 0 };
  const runs = [
    { start: 0, length: 2, attributes: { ...attributes, __kIMTextBoldAttributeName: 1 } },
    { start: 2, length: 2, attributes },
  ];
  expect(readPlainText(encodeAttributedBody({ text: 'text', runs }))).toBeUndefined();
  expect(readPlainText(encodeAttributedBody({ text: '' }))).toBeUndefined();
  const part1 = [{ start: 0, length: 4, attributes: { __kIMMessagePartAttributeName: 1 } }];
  expect(readPlainText(encodeAttributedBody({ text: 'text', runs: part1 }))).toBeUndefined();
});
