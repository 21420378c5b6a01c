import { describe, expect, test } from 'vitest';
import {
  decodeAttributedBody,
  encodeAttributedBody,
  textOfAttributedBody,
} from '../../agent/messages-db/typedstream.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';

const HEADER = '040b73747265616d747970656481e803';
const PART = '__kIMMessagePartAttributeName';

/** Hex of a blob: the header, then pieces of hex, or text in quotes as its length and bytes. */
const blob = (...pieces: string[]): Buffer =>
  Buffer.from(
    HEADER +
      pieces
        .map((piece) =>
          piece.startsWith("'")
            ? Buffer.from([piece.length - 1, ...Buffer.from(piece.slice(1), 'latin1')]).toString('hex')
            : piece.replaceAll(' ', ''),
        )
        .join(''),
    'hex',
  );

/** An NSAttributedString of "x" whose one attribute `k` is what `value` archives; strings up to 9 and objects up to 7 are taken. */
const withAttribute = (...value: string[]): Buffer =>
  blob(
    '84 01 40 84 84 84',
    "'NSAttributedString",
    '00 84 84',
    "'NSObject",
    '00 85 92 84 84 84',
    "'NSString",
    '01 94 84 01 2b',
    "'x",
    '86 84 02 6949 01 01 92 84 84 84',
    "'NSDictionary",
    '00 94 84 01 69 01 92 84 96 96',
    "'k",
    '86 92',
    ...value,
    '86 86',
  );

const attribute = (...value: string[]) => {
  const { text, runs, damage } = decodeAttributedBody(withAttribute(...value));
  expect(damage).toBeUndefined();
  expect(text).toBe('x');
  return runs[0]?.attributes.k;
};

const NUMBER = ['84 84 84', "'NSNumber", '00 84 84', "'NSValue", '00 94 84 01 2a 84'];

describe('numbers', () => {
  test.each([
    ['int in one byte', ['84 01 71', '9d 05'], 5],
    ['negative int in one byte', ['84 01 71', '9d ff'], -1],
    ['int16', ['84 01 71', '9d 81 9001'], 400],
    ['negative int16', ['84 01 71', '9d 81 80ff'], -128],
    ['int32', ['84 01 71', '9d 82 40420f00'], 1_000_000],
    ['int64', ['84 01 71', '9d 87 00e68ee7fdffffff'], -9_000_000_000],
    ['int64 beyond 2^53', ['84 01 71', '9d 87 ffffffffffffff7f'], 2n ** 63n - 1n],
    ['unsigned int64', ['84 01 51', '9d 87 ffffffffffffffff'], 2n ** 64n - 1n],
    ['unsigned int16', ['84 01 49', '9d 81 ffff'], 65_535],
    ['char that is a truth', ['84 01 63', '9d 01'], true],
    ['char that is none', ['84 01 63', '9d 92'], -110],
    ['double', ['84 01 64', '9d 83 000000000000f83f'], 1.5],
    ['integral double', ['84 01 64', '9d 81 7304'], 1139],
    ['float', ['84 01 66', '9d 83 0000c03f'], 1.5],
  ])('%s', (_name, pieces, expected) => {
    expect(attribute(...NUMBER, ...pieces, '86')).toBe(expected);
  });

  test('reserved head bytes are no numbers', () => {
    for (const head of ['80', '88', '91']) {
      expect(
        decodeAttributedBody(withAttribute(...NUMBER, '84 01 71', '9d', head, '86')).damage,
      ).toMatchObject({
        code: 'bad_attributed_body',
      });
    }
  });
});

describe('classes of Foundation', () => {
  test('NSData', () => {
    expect(attribute('84 84 84', "'NSData", '00 94 99 03', '84 04 5b33635d', '01 02 03 86')).toEqual(
      new Uint8Array([1, 2, 3]),
    );
  });

  test('NSDate, archived as an integral double', () => {
    expect(attribute('84 84 84', "'NSDate", '00 94 84 01 64', '82 40 02 4b 01', '86')).toEqual(
      new Date(978_307_200_000 + 0x014b0240 * 1000),
    );
  });

  test('NSArray, NSSet, nested NSDictionary and nil', () => {
    expect(attribute('84 84 84', "'NSArray", '00 94 99 02 92 84 96 96', "'a", '86 92 85 86')).toEqual([
      'a',
      null,
    ]);
    expect(attribute('84 84 84', "'NSSet", '00 94 84 01 49 01 92 84 96 96', "'a", '86 86')).toEqual(['a']);
    expect(attribute('84 98 99 01 92 84 96 96', "'in", '86 92 84 96 96', "'v", '86 86')).toEqual({ in: 'v' });
  });

  test('NSURL, absolute and relative to a base', () => {
    expect(
      attribute('84 84 84', "'NSURL", '00 94 84 01 63 00 92 84 96 96', "'https://a.example/b", '86 86'),
    ).toBe('https://a.example/b');
    expect(
      attribute(
        '84 84 84',
        "'NSURL",
        '00 94 84 01 63 01 92 84 9b 9b 00 92 84 96 96',
        "'https://a.example/b/c",
        '86 86 92 84 96 96',
        "'d",
        '86 86',
      ),
    ).toBe('https://a.example/b/d');
  });

  test('an object of an unknown class passes through with its fields, and a subclass is read as its parent', () => {
    expect(attribute('84 84 84', "'Unheard", '00 94 84 02 6940', '07 84 96 96', "'f", '86 86')).toEqual({
      $class: 'Unheard',
      values: [7, 'f'],
    });
    expect(attribute('84 84 84', "'MyString", '00 96 96', "'s", '86')).toBe('s');
  });

  test('structs, arrays and plain C values pass through too', () => {
    expect(
      attribute(
        '84 84 84',
        "'Odd",
        '00 94 84 0c',
        Buffer.from('{_R=QQ}[2s]*').toString('hex'),
        '01 02 03 04 84 99 86',
      ),
    ).toEqual({ $class: 'Odd', values: [[1, 2], [3, 4], 'i'] });
  });
});

describe('damage', () => {
  test('behind the text it costs attributes, not the text', () => {
    const whole = encodeAttributedBody({
      text: 'one two',
      runs: [
        { start: 0, length: 4, attributes: { [PART]: 0 } },
        { start: 4, length: 3, attributes: { [PART]: 1 } },
      ],
    });
    const cut = decodeAttributedBody(whole.subarray(0, whole.length - 6));
    expect(cut).toMatchObject({ text: 'one two', damage: { code: 'bad_attributed_body', retry: 'never' } });
    expect(cut.runs).toEqual([{ start: 0, length: 4, attributes: { [PART]: 0 } }]);
  });

  test.each([
    ['no bytes', Buffer.alloc(0)],
    ['another header', Buffer.from('bplist00aaaaaaaaaaaaaaaa')],
    ['a text longer than the blob', blob('84 01 40 84 84 84', "'NSString", '01 85 84 01 2b 7f 61 62 86')],
    ['a reference to itself', blob('84 01 40 84 92')],
    ['nil for a root', blob('84 01 40 85')],
  ])('%s is one clean error', (_name, bytes) => {
    expect(() => decodeAttributedBody(bytes)).toThrow(AppError);
    expect(() => decodeAttributedBody(bytes)).toThrow(
      expect.objectContaining({ code: 'bad_attributed_body' }),
    );
    expect(textOfAttributedBody(bytes)).toBeNull();
  });

  test('an object within itself is damage, not an endless loop', () => {
    expect(
      decodeAttributedBody(withAttribute('84 98 99 01 92 84 96 96', "'in", '86 92 9a 86')).damage,
    ).toBeDefined();
  });

  test('objects that multiply by reference are bounded', () => {
    let value = ['84 9b 99 00 86'];
    for (let level = 30; level > 0; level -= 1) {
      const begin = level === 1 ? ['84 84 84', "'NSArray", '00 94'] : ['84 9b'];
      value = [...begin, '99 02 92', ...value, '92', (0x92 + 9 + level).toString(16), '86'];
    }
    const { text, damage } = decodeAttributedBody(withAttribute(...value));
    expect(text).toBe('x');
    expect(damage?.message).toContain('too many values');
  });

  test('nesting is bounded', () => {
    const deep = '84 98 99 01 92 84 96 96 01 61 86 92'.repeat(5_000);
    expect(decodeAttributedBody(withAttribute(deep, '85')).damage?.message).toContain('nested too deep');
  });

  test('runs that do not add up to the text are damage', () => {
    const whole = encodeAttributedBody({ text: 'abc' });
    const at = whole.indexOf('iI', 0, 'latin1') + 3;
    for (const length of [2, 4]) {
      const wrong = Buffer.from(whole);
      wrong[at] = length;
      expect(decodeAttributedBody(wrong)).toMatchObject({
        text: 'abc',
        damage: { code: 'bad_attributed_body' },
      });
    }
  });
});

describe('encoding', () => {
  test('an empty text has no runs', () => {
    const { text, runs } = decodeAttributedBody(encodeAttributedBody({ text: '' }));
    expect({ text, runs }).toEqual({ text: '', runs: [] });
  });

  test('runs must lie end to end and cover the text', () => {
    for (const runs of [
      [],
      [{ start: 0, length: 2, attributes: {} }],
      [{ start: 1, length: 3, attributes: {} }],
      [
        { start: 0, length: 1, attributes: {} },
        { start: 2, length: 1, attributes: {} },
      ],
    ]) {
      expect(() => encodeAttributedBody({ text: 'abc', runs })).toThrow(
        expect.objectContaining({ code: 'bad_attributed_body' }),
      );
    }
  });

  test('a body of one run is what Messages writes, byte for byte', () => {
    const expected =
      '040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019484012b026869868402694901029284848' +
      '40c4e5344696374696f6e617279009484016901928496961d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009484012a8499990086' +
      '8686';
    expect(encodeAttributedBody({ text: 'hi' }).toString('hex')).toBe(expected);
  });

  test('big-endian streams are read too', () => {
    const bytes = encodeAttributedBody({ text: 'x'.repeat(300) });
    const big = Buffer.from(bytes);
    big.write('typedstream', 2, 'latin1');
    big.writeUInt16BE(1000, 14);
    for (let at = 16; at < big.length; at += 1) {
      if (big[at] === 0x81) big.writeUInt16BE(300, at + 1);
    }
    expect(decodeAttributedBody(big)).toEqual(decodeAttributedBody(bytes));
  });
});
