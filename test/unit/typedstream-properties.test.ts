import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeValue } from '../../agent/messages-db/typedstream/values.ts';
import type { AttributedBodyInput } from '../../agent/messages-db/typedstream.ts';
import { decodeAttributedBody, encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { Random } from '../../agent/virtual-mac/days/random.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';

/** Mutated blobs of one run; a long run takes a million. */
const FUZZ_COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);

const text = fc.string({ unit: 'grapheme', maxLength: 300 });

const leaf: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 60n) }),
  fc.double({ noNaN: true }),
  fc.uint8Array({ maxLength: 400 }),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((seconds) => new Date(seconds * 1000)),
);

const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 40 }), tie('value'), { maxKeys: 5 }),
  ),
})).value;

const key = fc.oneof(
  fc.constantFrom(
    '__kIMMessagePartAttributeName',
    '__kIMBaseWritingDirectionAttributeName',
    '__kIMLinkAttributeName',
  ),
  fc.string({ maxLength: 60 }),
);

const body: fc.Arbitrary<AttributedBodyInput> = fc
  .record({
    pieces: fc.array(
      fc.record({
        text: text.filter((piece) => piece !== ''),
        attributes: fc.dictionary(key, value, { maxKeys: 6 }),
      }),
      { maxLength: 8 },
    ),
    mutable: fc.boolean(),
  })
  .map(({ pieces, mutable }) => {
    let start = 0;
    const runs = pieces.map((piece) => {
      const run = { start, length: piece.text.length, attributes: piece.attributes };
      start += run.length;
      return run;
    });
    return { text: pieces.map((piece) => piece.text).join(''), runs, mutable };
  });

describe('bodies', () => {
  test('what is written is read again as it was', () => {
    fc.assert(
      fc.property(body, (input) => {
        const { damage, text, runs } = decodeAttributedBody(encodeAttributedBody(input));
        expect(damage).toBeUndefined();
        expect(text).toBe(input.text);
        expect(runs).toEqual(input.runs);
      }),
      { numRuns: 500 },
    );
  });

  test('a prefix gives the whole text or an error, never another text', () => {
    fc.assert(
      fc.property(body, fc.nat(), (input, cut) => {
        const bytes = encodeAttributedBody(input);
        const part = bytes.subarray(0, cut % bytes.length);
        try {
          expect(decodeAttributedBody(part).text).toBe(input.text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_attributed_body' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test(
    'mutated blobs never crash, hang or throw another error',
    () => {
      const seeds = fc.sample(body, { numRuns: 200, seed: 7 }).map((input) => encodeAttributedBody(input));
      const chances = new Random(Number(process.env.FUZZ_SEED ?? 1));
      const random = (): number => chances.next();
      let slowest = 0;
      for (let i = 0; i < FUZZ_COUNT; i += 1) {
        const seed = seeds[i % seeds.length] ?? Buffer.alloc(0);
        const mutated = mutate(seed, random);
        const start = performance.now();
        try {
          JSON.stringify(decodeAttributedBody(mutated).runs, (_key, field: unknown) =>
            typeof field === 'bigint' ? String(field) : field,
          );
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'bad_attributed_body') throw error;
        }
        slowest = Math.max(slowest, performance.now() - start);
      }
      expect(slowest).toBeLessThan(2_000);
    },
    60_000 + FUZZ_COUNT,
  );
});

function mutate(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let edits = 1 + below(6); edits > 0; edits -= 1) {
    const at = 16 + below(Math.max(1, copy.length - 16));
    if (random() < 0.4) copy[at] = 0x80 + below(0x30);
    else if (random() < 0.5) copy[at] = below(256);
    else copy.copyWithin(at, 16 + below(copy.length - 16), copy.length);
  }
  return random() < 0.2 ? copy.subarray(0, below(copy.length)) : copy;
}
