import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import creator from 'bplist-creator';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlistUid, readBinaryPlist } from '../../agent/messages-db/binary-plist.ts';
import { readKeyedArchive } from '../../agent/messages-db/keyed-archive.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

const FUZZ_COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);
const vectors = path.resolve(packageFile('..', 'shared', 'vectors'));

/** A list of objects in bytes, the last of which is the root; one byte for an offset and for a reference. */
function plist(...objects: number[][]): Buffer {
  const offsets: number[] = [];
  let at = 8;
  for (const object of objects) {
    offsets.push(at);
    at += object.length;
  }
  const trailer = Buffer.alloc(32);
  trailer[6] = 1;
  trailer[7] = 1;
  trailer.writeBigUInt64BE(BigInt(objects.length), 8);
  trailer.writeBigUInt64BE(BigInt(objects.length - 1), 16);
  trailer.writeBigUInt64BE(BigInt(at), 24);
  return Buffer.concat([
    Buffer.from('bplist00'),
    ...objects.map((object) => Buffer.from(object)),
    Buffer.from(offsets),
    trailer,
  ]);
}

describe('binary property lists', () => {
  test('every kind of object is read', () => {
    const value = {
      text: 'plain',
      wide: 'naïve 明日 👩‍🚀',
      small: 7,
      large: 2 ** 40,
      negative: -3,
      fraction: 1.5,
      yes: true,
      no: false,
      list: [1, ['two'], {}],
      data: Buffer.from([1, 2, 3]),
      long: 'x'.repeat(400),
    };
    expect(readBinaryPlist(creator(value))).toEqual({ ...value, data: new Uint8Array([1, 2, 3]) });
  });

  test.each([
    ['an integer beyond 2^53', [0x13, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 2n ** 63n - 1n],
    ['a float of four bytes', [0x22, 0x3f, 0xc0, 0, 0], 1.5],
    ['a date', [0x33, 0, 0, 0, 0, 0, 0, 0, 0], new Date(978_307_200_000)],
    ['a reference of an archive', [0x80, 5], new PlistUid(5)],
    ['null', [0x00], null],
  ])('%s', (_name, object, expected) => {
    expect(readBinaryPlist(plist(object))).toEqual(expected);
  });

  test.each([
    ['an object within itself', plist([0xa1, 0])],
    [
      'objects that multiply by reference',
      plist([0xa0], ...Array.from({ length: 40 }, (_, i) => [0xa4, i, i, i, i])),
    ],
    ['a count beyond the end', plist([0xaf, 0x13, 0, 0, 0, 1, 0, 0, 0, 0])],
    ['a missing object', plist([0xa1, 9])],
    ['a key that is no string', plist([0x10, 1], [0xd1, 0, 0])],
    ['no plist', Buffer.from('<?xml version="1.0"?>'.padEnd(60))],
    ['nothing', Buffer.alloc(0)],
  ])('%s is one clean error', (_name, bytes) => {
    const start = performance.now();
    expect(() => readBinaryPlist(bytes)).toThrow(expect.objectContaining({ code: 'bad_plist' }));
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test('a key cannot reach a prototype', () => {
    const read = readBinaryPlist(
      creator(
        Object.fromEntries([
          ['__proto__', 1],
          ['a', 2],
        ]),
      ),
    ) as Record<string, unknown>;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test('what a library of the field writes is read as it was', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -1_000_000 }),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        expect(readBinaryPlist(creator([value] as never))).toEqual([value]);
      }),
      { numRuns: 300 },
    );
  });
});

describe.skipIf(!existsSync(vectors))('keyed archives of Messages', () => {
  const archives = ['composition-text.bin', 'composition-shelfPluginPayload.bin'].map((name) =>
    path.join(vectors, 'platform-imessage', name),
  );

  test.each(archives)('%s is read to its root', (file) => {
    const root = readKeyedArchive(readFileSync(file));
    expect(root).toBeTypeOf('object');
    expect(
      JSON.stringify(root, (_key, value: unknown) => (value instanceof Uint8Array ? 'data' : value)),
    ).not.toContain('$class');
  });

  test(
    'mutated ones never crash, hang or throw another error',
    () => {
      const seeds = archives.map((file) => readFileSync(file));
      let state = Number(process.env.FUZZ_SEED ?? 1);
      const below = (limit: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % limit;
      };
      for (let i = 0; i < FUZZ_COUNT; i += 1) {
        const bytes = Buffer.from(seeds[i % seeds.length] ?? []);
        for (let edits = 1 + below(5); edits > 0; edits -= 1) bytes[8 + below(bytes.length - 8)] = below(256);
        try {
          readKeyedArchive(below(5) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes);
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'bad_plist') throw error;
        }
      }
    },
    60_000 + FUZZ_COUNT,
  );
});

test('one object that is named many times counts each time, so that a small plist cannot grow without bound', () => {
  const bytes = 50_000;
  const names = 20_000;
  const marker = Buffer.from([0xaf, 0x11, names >> 8, names & 255]);
  const data = Buffer.concat([Buffer.from([0x4f, 0x11, bytes >> 8, bytes & 255]), Buffer.alloc(bytes)]);
  const array = Buffer.concat([marker, Buffer.alloc(names, 1)]);
  const objects = Buffer.concat([Buffer.from('bplist00'), array, data]);
  const table = Buffer.alloc(8);
  table.writeUInt32BE(8, 0);
  table.writeUInt32BE(8 + array.length, 4);
  const trailer = Buffer.alloc(32);
  trailer[6] = 4;
  trailer[7] = 1;
  trailer.writeBigUInt64BE(2n, 8);
  trailer.writeBigUInt64BE(BigInt(objects.length), 24);
  expect(() => readBinaryPlist(Buffer.concat([objects, table, trailer]))).toThrow('it holds too much');
});
