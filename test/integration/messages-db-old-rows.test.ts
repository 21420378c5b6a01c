import { expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { LINK_BALLOON, linkPayload } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { eventually } from '../support/eventually.ts';
import { restartableTail } from '../support/tail-bed.ts';

const ANNA = '+14155550101';
const DAY = 24 * 3_600_000;

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms) - 978_307_200_000) * 1_000_000n;

function fixture() {
  const bed = restartableTail();
  const { clock, keeper, messages } = bed;
  return {
    ...bed,
    /** A text that was edited, and a link with its preview, both of so long ago. */
    past(ago: number): void {
      const at = clock.now() - ago;
      messages.receive(ANNA, 'a better text', ANNA, { at, columns: { date_edited: nanoseconds(at) } });
      const payload = Buffer.from(linkPayload({ url: 'https://example.com/a', title: 'A page' }));
      const preview = { balloon_bundle_id: LINK_BALLOON, payload_data: payload };
      messages.receive(ANNA, 'https://example.com/a', ANNA, { at, columns: preview });
    },
    /** All that is told until a message that comes now is. */
    async toldBefore(): Promise<string[]> {
      const guid = messages.receive(ANNA, 'the end', ANNA, { at: clock.now() });
      const isEnd = (one: object): boolean => 'guid' in one && one.guid === guid;
      await eventually(() => keeper.changes.some(isEnd));
      // What changed in place is compared by the look after the one that found something.
      messages.update(guid, { index_state: 1 });
      const other = messages.receive(ANNA, 'the end', ANNA, { at: clock.now() + 1 });
      await eventually(() => keeper.changes.some((one) => 'guid' in one && one.guid === other));
      return keeper.changes.flatMap((one) =>
        one.kind === 'received' && one.text === 'the end' ? [] : [one.kind],
      );
    },
  };
}

test.each([0, 1, 6, 8, 300])('a first start tells nothing of what changed %i days ago', async (days) => {
  const { past, start, toldBefore } = fixture();
  past(days * DAY + 60_000);
  await start();
  expect(await toldBefore()).toEqual([]);
});

test.each([1, 8, 40])(
  'what was told of a message is not told again after %i days and a restart',
  async (days) => {
    const { past, start, stop, toldBefore, clock } = fixture();
    await start();
    past(0);
    const told = await toldBefore();
    expect(told).toEqual(['received', 'edited', 'received']);
    clock.skipTo(clock.now() + days * DAY);
    expect(await toldBefore()).toEqual(told);
    await stop();
    await start();
    expect(await toldBefore()).toEqual(told);
  },
);

test.each([
  [0.02, 0, true],
  [2, 320, true],
  [6.9, 320, true],
  [7.1, 320, false],
  [60, 0, true],
])(
  'an edit that shows %f days after its message, %i newer rows between, is told: %s',
  async (days, newer, isTold) => {
    const { keeper, messages, start, toldBefore, clock } = fixture();
    await start();
    const at = clock.now();
    const guid = messages.receive(ANNA, 'as it was', ANNA, { at });
    messages.db.transaction(() => {
      for (let i = 0; i < newer; i += 1) messages.receive(ANNA, `text ${i}`, ANNA, { at: at + i });
    })();
    await toldBefore();
    clock.skipTo(at + days * DAY);
    await toldBefore();
    // Made in time on another device, however late this Mac hears of it.
    messages.update(guid, {
      attributedBody: encodeAttributedBody({ text: 'as it is' }),
      date_edited: nanoseconds(at + 60_000),
    });
    const edits = (): string[] =>
      keeper.changes.flatMap((one) => (one.kind === 'edited' ? [`${one.guid} ${one.whole}`] : []));
    if (isTold) await eventually(() => edits().length > 0);
    clock.skipTo(clock.now() + 60_000);
    await toldBefore();
    expect(edits()).toEqual(isTold ? [`${guid} as it is`] : []);
  },
);

test('own messages are followed in a database whose rows took the ROWIDs of others', async () => {
  const { keeper, messages, start, toldBefore, clock } = fixture();
  await start();
  const own = [0, 1, 2].map((n) => messages.send(ANNA, `mine ${n}`, { at: clock.now() }));
  await toldBefore();
  // Each row after the first of them has the number of the one that came behind it.
  const first = messages.rowid(own[0] ?? '');
  messages.db.transaction(() => {
    messages.db.exec('PRAGMA defer_foreign_keys = ON');
    messages.db.prepare('UPDATE message SET ROWID = -(ROWID + 1) WHERE ROWID >= ?').run(first);
    messages.db.exec('UPDATE message SET ROWID = -ROWID WHERE ROWID < 0');
    messages.db
      .prepare('UPDATE chat_message_join SET message_id = -(message_id + 1) WHERE message_id >= ?')
      .run(first);
    messages.db.exec('UPDATE chat_message_join SET message_id = -message_id WHERE message_id < 0');
  })();
  await toldBefore();
  for (const guid of own) messages.sent(guid);
  const sent = (): string[] => keeper.changes.flatMap((one) => (one.kind === 'own-state' ? [one.guid] : []));
  await eventually(() => sent().length === own.length);
  expect(sent()).toEqual(own);
});

test('an own message that is read after weeks is told so, and one beyond a month is let go', async () => {
  const { keeper, messages, start, stop, toldBefore, clock } = fixture();
  await start();
  const guid = messages.send(ANNA, 'for your holidays', { at: clock.now(), columns: { is_sent: 1 } });
  const other = messages.send(ANNA, 'never read', { at: clock.now(), columns: { is_sent: 1 } });
  // So many that came since that the two are not among the newest.
  messages.db.transaction(() => {
    for (let i = 0; i < 320; i += 1) messages.receive(ANNA, `text ${i}`, ANNA, { at: clock.now() + i });
  })();
  await toldBefore();
  clock.skipTo(clock.now() + 20 * DAY);
  await toldBefore();
  await stop();
  await start();
  await toldBefore();
  messages.read(guid, clock.now());
  clock.skipTo(clock.now() + 31_000);
  const states = (): string[] =>
    keeper.changes.flatMap((one) => (one.kind === 'own-state' ? [`${one.state} ${one.guid}`] : []));
  const expected = [`sent ${guid}`, `sent ${other}`, `delivered ${guid}`, `read ${guid}`];
  await eventually(() => states().length === 4);
  expect(states()).toEqual(expected);
  clock.skipTo(clock.now() + 20 * DAY);
  await toldBefore();
  clock.skipTo(clock.now() + 31_000);
  messages.read(other, clock.now());
  await toldBefore();
  expect(states()).toEqual(expected);
  expect([...keeper.memory.entries.keys()].filter((key) => key.startsWith('own:'))).toEqual([]);
});
