import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { sharedDemo } from '../support/demo.ts';
import { type ApiMessage, reached, registerHook } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';

const READER = '+14155550102';
const WRITER = '+14155550148';

const demo = sharedDemo(['--json', '--pacing', 'off']);

/** Bodies of own messages, as Messages has them. */
function ownTexts(): string[] {
  const db = new Database(demo().summary.virtualMac?.messagesDb ?? '', { readonly: true });
  try {
    return db
      .prepare<[], Buffer>('SELECT attributedBody FROM message WHERE is_from_me = 1 ORDER BY ROWID')
      .pluck()
      .all()
      .map((body) => decodeAttributedBody(body).text);
  } finally {
    db.close();
  }
}

const isCharacter = (code: number): boolean => code !== 0 && !(code >= 0xd800 && code <= 0xdfff);

/** Characters of every plane of Unicode: its first, its last, and some between, the unassigned and the private too. */
const everyPlane = Array.from({ length: 17 }, (_, plane) =>
  [0, 1, 9, 10, 13, 0x20, 0x7f, 0x85, 0x301, 0x5d0, 0x600, 0x2028, 0xd7ff, 0xe000, 0xfe0f, 0xfeff, 0xfffc]
    .concat([0xfffe, 0xffff, 0x1234, 0x8888])
    .map((at) => plane * 0x10000 + at)
    .filter(isCharacter)
    .map((code) => String.fromCodePoint(code))
    .join(''),
).join('|');

const sendable: ReadonlyArray<readonly [string, string]> = [
  ['every plane of Unicode', everyPlane],
  ['10,000 characters', 'x'.repeat(10_000)],
  ['10,000 characters of two halves each', '🙂'.repeat(10_000)],
  ['10,000 control characters, the longest when written as JSON', '\u0001'.repeat(10_000)],
  ['newlines of all kinds', 'one\ntwo\r\nthree\rfour\u2028five\u2029six\n\n'],
  ['right to left, and both ways', 'שלום \u202bمرحبا\u202c abc \u2067١٢٣\u2069 \u200f!'],
  [
    'what a person types',
    'Tschüß 👩🏽‍👩🏽‍👧🏽‍👦🏽 🇺🇦 e\u0301 vs é — “quotes”, \\ $HOME `x` {"a":1} %s </script>\t',
  ],
  ['a mark of byte order at the beginning', '\ufeffbom'],
  ['white space around it', '  \t text \n '],
];

const refused: ReadonlyArray<readonly [string, string]> = [
  ['NUL', 'a\0b'],
  ['the first half of a pair', 'a\ud83d'],
  ['the second half of a pair', '\ude42b'],
  ['18,000 characters', 'x'.repeat(18_000)],
  ['10,001 characters', '🙂'.repeat(10_001)],
  ['nothing', ''],
];

describe('POST /v1/messages', () => {
  test.each(sendable)('%s: Messages has it to the byte', { timeout: 240_000 }, async (_name, text) => {
    const { status, body } = await demo().call<ApiMessage>('/v1/messages', { body: { to: READER, text } });
    expect(status, JSON.stringify(body).slice(0, 300)).toBe(202);
    await reached(demo(), body.id, 'read', 120_000);
    const found = ownTexts().filter((own) => Buffer.from(own).equals(Buffer.from(text)));
    expect(found).toHaveLength(1);
    const { body: told } = await demo().call<ApiMessage>(`/v1/messages/${body.id}`);
    expect(Buffer.from(told.text).equals(Buffer.from(text))).toBe(true);
  });

  test.each(refused)('%s: refused with a reason, and nothing is sent', async (_name, text) => {
    const before = ownTexts().length;
    const { status, body } = await demo().call<{ error: { code: string; param: string; message: string } }>(
      '/v1/messages',
      { body: { to: READER, text } },
    );
    expect(status).toBe(400);
    expect(body.error.code).toMatch(/^(invalid_parameter_value|missing_required_parameter)$/);
    expect(body.error).toMatchObject({ param: 'text', message: expect.stringMatching(/text/) });
    expect(ownTexts()).toHaveLength(before);
  });
});

test('what a person writes is told to the byte', { timeout: 240_000 }, async () => {
  const hook = await registerHook(demo());
  try {
    // U+FFFC stands for a file in what Messages writes, and nobody types it.
    const typed = [everyPlane.replaceAll('\ufffc', ''), ...sendable.slice(4).map(([, text]) => text)];
    for (const text of typed) {
      await demo().receive(WRITER, text);
      const isIt = (told: unknown): boolean =>
        typeof told === 'string' && Buffer.from(told).equals(Buffer.from(text));
      await eventually(() => hook.events().some(({ data }) => data.from === WRITER && isIt(data.text)), {
        within: 90_000,
        what: `${JSON.stringify(text.slice(0, 40))} at the webhook`,
      });
    }
  } finally {
    await hook.receiver.close();
  }
});
