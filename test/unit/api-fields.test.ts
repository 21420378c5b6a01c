import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathId, plainString } from '../../bridge/api/fields.ts';
import { newId } from '../../bridge/runtime/ids.ts';

test('an id of ours passes; what no store need be asked for is not found', () => {
  const id = newId('msg', Date.now());
  expect(pathId({ id })).toBe(id);
  for (const other of [
    '',
    '\0',
    'msg_\0',
    'msg_',
    'msg',
    `msg_${'a'.repeat(65)}`,
    "msg_'--",
    'MSG_a',
    '../x',
  ])
    expect(() => pathId({ id: other }), JSON.stringify(other)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
});

test('text passes exactly when UTF-8 can hold it, it has no NUL, and its characters are within bounds', () => {
  const schema = plainString(2, 6);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'é', '👋', '\ud83d', '\udc4b', '\0', '\n'), { maxLength: 9 }),
      (parts) => {
        const text = parts.join('');
        const length = [...text].length;
        const whole = Buffer.from(text, 'utf8').toString('utf8') === text;
        expect(schema.safeParse(text).success).toBe(
          whole && !text.includes('\0') && length >= 2 && length <= 6,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});
