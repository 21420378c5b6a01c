import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refusal } from '../../agent/mac/send-text-check.ts';

const handle = '+14155550103';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)))
    .map((units) => units.join('')),
);

test('a text is refused, or is the same after every coding that it goes through', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (refusal({ handle, text })) {
        expect(text === '' || text.includes('\0') || Buffer.from(text).toString() !== text).toBe(true);
      } else {
        expect(text).not.toContain('\0');
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        expect(JSON.parse(Buffer.from(JSON.stringify({ text })).toString()).text).toBe(text);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('the longest text is taken whatever it is made of, one more is not', () => {
  for (const unit of ['x', '漢', '\u0001', '"'])
    expect(refusal({ handle, text: unit.repeat(20_000) })).toBeUndefined();
  expect(refusal({ handle, text: 'x'.repeat(20_001) })).toMatchObject({
    outcome: 'not_started',
    error: { code: 'text_not_sendable' },
  });
});

test.each([
  ['+14155550103', true],
  ['someone@example.com', true],
  ['a.b+c@sub.example.co.uk', true],
  ['4155550103', false],
  ['+1 415 555 0103', false],
  ['+0123456789', false],
  ['someone@example', false],
  ['a@b@example.com', false],
  ['urn:biz:1234', false],
  ['x:someone@example.com', false],
  ['', false],
])('%s as a handle: %s', (address, taken) => {
  expect(refusal({ handle: address, text: 'hi' }) === undefined).toBe(taken);
});
