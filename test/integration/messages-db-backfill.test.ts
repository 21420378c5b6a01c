import { expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { binaryPlist } from '../../agent/virtual-mac/messages-store/binary-plist.ts';
import { LINK_BALLOON, linkPayload } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { restartableTail } from '../support/tail-bed.ts';

const ANNA = '+14155550101';
const OWN = '+14155550100';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const secondOf = (time: number): number => time - (time % 1_000);

async function fixture() {
  const bed = restartableTail();
  const { clock, keeper, messages, start } = bed;
  await start();
  return {
    ...bed,
    texts: () => keeper.changes.flatMap((change) => (change.kind === 'received' ? [change.text] : [])),
    /** Old messages in one transaction, some of them own ones. */
    backfill(count: number, ageOf: (index: number) => number, text = 'old'): void {
      messages.db.transaction(() => {
        for (let i = 0; i < count; i += 1) {
          const fromMe = i % 5 === 0;
          const guid = messages.message({
            from: ANNA,
            fromMe,
            text: `${text} ${i}`,
            at: clock.now() - ageOf(i),
            columns: fromMe ? { is_sent: 1, is_delivered: 1 } : {},
          });
          messages.join(guid, ANNA);
        }
      })();
    },
    /** Waits until the tail took everything that stands in the database, late rows included. */
    async settled(): Promise<void> {
      clock.skipTo(clock.now() + 11_000);
      const last = messages.receive(ANNA, 'end', ANNA, { at: clock.now() });
      await eventually(() => keeper.changes.some((change) => 'guid' in change && change.guid === last));
      clock.skipTo(clock.now() + 11_000);
      const next = messages.receive(ANNA, 'end', ANNA, { at: clock.now() });
      await eventually(() => keeper.changes.some((change) => 'guid' in change && change.guid === next));
    },
  };
}

test('a replay of 3,500 old rows tells nothing, and loses none of the new ones among them', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  messages.receive(ANNA, 'before', ANNA, { at: clock.now() });
  for (let burst = 0; burst < 7; burst += 1) {
    day.backfill(500, (i) => (1 + ((i * 7919) % 900)) * DAY);
    messages.receive(ANNA, `new ${burst}`, ANNA, { at: clock.now() });
  }
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual([
    'before',
    ...Array.from({ length: 7 }, (_, burst) => `new ${burst}`),
  ]);
  expect(day.keeper.changes.filter(({ kind }) => kind === 'own-state')).toEqual([]);
}, 120_000);

test('a replay in the order of its dates tells nothing, however its rows fall into crowds', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  messages.receive(ANNA, 'before', ANNA, { at: clock.now() });
  await eventually(() => day.texts().length === 1);
  const hours = 150;
  for (let hour = 0; hour < hours; hour += 30) {
    day.backfill(30, (i) => (hours - hour - i) * HOUR, `old ${hour}`);
    await day.settled();
  }
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['before']);
});

test('what becomes of a row that was passed by is not told either', async () => {
  const day = await fixture();
  const at = day.clock.now() - 40 * DAY;
  const bodyless = { cache_has_attachments: 0, is_audio_message: 1 };
  const link = day.messages.receive(ANNA, 'https://example.com', ANNA, { at });
  const text = day.messages.receive(ANNA, 'old', ANNA, { at, columns: bodyless });
  await day.settled();
  await day.stop();
  await day.start();
  day.messages.update(link, {
    balloon_bundle_id: LINK_BALLOON,
    payload_data: Buffer.from(linkPayload({ url: 'https://example.com', title: 'A page' })),
  });
  day.messages.update(text, {
    attributedBody: encodeAttributedBody({ text: 'new' }),
    date_edited: BigInt(day.clock.now() - 978_307_200_000) * 1_000_000n,
  });
  await day.settled();
  expect(day.keeper.changes.filter((one) => one.kind !== 'received')).toEqual([]);
  expect(new Set(day.texts())).toEqual(new Set(['end']));
});

test('small nightly replays tell nothing', async () => {
  const day = await fixture();
  day.messages.receive(ANNA, 'before', ANNA, { at: day.clock.now() });
  for (let night = 0; night < 5; night += 1) {
    day.clock.skipTo(day.clock.now() + DAY);
    day.messages.receive(ANNA, `day ${night}`, ANNA, { at: day.clock.now() });
    await eventually(() => day.texts().includes(`day ${night}`));
    day.clock.skipTo(day.clock.now() + HOUR);
    day.backfill(40, (i) => ((i * 37) % 60) * DAY + 2 * DAY, `night ${night}`);
    await day.settled();
  }
  expect(day.texts().filter((text) => /^(old|night)/.test(text))).toEqual([]);
});

test('a replay that says again what was told tells nothing, however near it is', async () => {
  const day = await fixture();
  const at = day.clock.now();
  day.messages.receive(ANNA, 'said once', ANNA, { at });
  await eventually(() => day.texts().length === 1);
  day.clock.skipTo(at + HOUR);
  day.messages.receive(ANNA, 'said once', ANNA, { at });
  day.messages.receive(ANNA, 'said late', ANNA, { at: at + 5_000 });
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['said once', 'said late']);
});

test.each([
  ['edited', { text: 'said better', summary: { ec: { 0: ['said once', 'said better'] } } }],
  ['taken back', { text: null, summary: { rp: [0] } }],
] as const)('a message that was %s is known again when it comes back as it was first', async (_, now) => {
  const day = await fixture();
  const at = day.clock.now();
  const guid = day.messages.receive(ANNA, 'said once', ANNA, { at });
  await eventually(() => day.texts().length === 1);
  const versions =
    'ec' in now.summary ? now.summary.ec[0].map((text) => ({ t: encodeAttributedBody({ text }), d: 1 })) : [];
  day.messages.update(guid, {
    attributedBody: now.text === null ? null : encodeAttributedBody({ text: now.text }),
    is_empty: now.text === null ? 1 : 0,
    date_edited: BigInt(at + 60_000 - 978_307_200_000) * 1_000_000n,
    message_summary_info: binaryPlist({
      ...now.summary,
      ...(versions.length > 0 && { ec: { 0: versions } }),
    }),
  });
  await eventually(() => day.keeper.changes.length === 2);
  day.clock.skipTo(at + HOUR);
  day.messages.receive(ANNA, 'said once', ANNA, { at });
  day.messages.receive(ANNA, 'said late', ANNA, { at: at + 300 });
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['said once', 'said late']);
});

test('the same words twice in one second are two messages; under the very same date they are one again', async () => {
  const day = await fixture();
  const at = secondOf(day.clock.now()) - 4_999;
  day.messages.receive(ANNA, 'ha', ANNA, { at });
  day.messages.receive(ANNA, 'ha', ANNA, { at: at + 400 });
  day.messages.receive(ANNA, 'else', ANNA, { at: at + 900 });
  await eventually(() => day.texts().length === 3);
  day.messages.receive(ANNA, 'ha', ANNA, { at });
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['ha', 'ha', 'else']);
});

test('the same words twice at the very same whole second are two messages', async () => {
  const day = await fixture();
  const at = secondOf(day.clock.now()) - 5_000;
  day.messages.receive(ANNA, 'ok', ANNA, { at, service: 'SMS' });
  day.messages.receive(ANNA, 'else', ANNA, { at: at + 500 });
  day.messages.receive(ANNA, 'ok', ANNA, { at, service: 'SMS' });
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['ok', 'else', 'ok']);
});

test('two files of one moment are two messages', async () => {
  const day = await fixture();
  const at = day.clock.now() - 5_000;
  const photo = (name: string): void => {
    day.messages.db.transaction(() => {
      const guid = day.messages.receive(ANNA, '\uFFFC', ANNA, { at, columns: { cache_has_attachments: 1 } });
      const attachment_id = day.messages.insert('attachment', {
        guid: name,
        transfer_name: name,
        transfer_state: 6,
      });
      day.messages.insert('message_attachment_join', { message_id: day.messages.rowid(guid), attachment_id });
    })();
  };
  photo('one.heic');
  day.messages.receive(ANNA, 'newer', ANNA, { at: at + 900 });
  await eventually(() => day.texts().length === 2);
  photo('two.heic');
  await eventually(() => day.texts().length === 3);
});

test('an own message that comes back from the other side is known, and so is one of a group', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  const at = clock.now();
  messages.send(ANNA, 'from here', { at, columns: { is_sent: 1 } });
  const own = messages.message({ fromMe: true, text: 'to all', at, columns: { is_sent: 1 } });
  messages.join(own, 'chat77');
  await day.settled();
  clock.skipTo(at + HOUR);
  messages.receive(ANNA, 'from here', ANNA, { at });
  messages.receive(OWN, 'to all', 'chat77', { at });
  messages.receive(ANNA, 'to all', ANNA, { at: at + 1 });
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['to all']);
});

test('a reaction and a new name of a group that come back are known', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  const at = clock.now();
  const target = messages.receive(ANNA, 'liked', 'chat77', { at });
  const facts = (): void => {
    const like = { associated_message_guid: `p:0/${target}`, associated_message_type: 2001 };
    messages.receive(ANNA, 'Liked', 'chat77', { at: at + 5, columns: like });
    messages.receive(ANNA, '', 'chat77', { at, text: null, columns: { item_type: 2, group_title: 'All' } });
  };
  facts();
  await day.settled();
  clock.skipTo(at + HOUR);
  facts();
  await day.settled();
  const told = day.keeper.changes.filter(({ kind }) => kind !== 'received');
  expect(told.map(({ kind }) => kind)).toEqual(['tapback', 'group']);
});

test.each([
  ['its file later', true],
  ['a file of unknown size', false],
])('a photo that comes back with %s is known', async (_, later) => {
  const day = await fixture();
  const { messages, clock } = day;
  const at = clock.now();
  const file = (message: string, total_bytes: number): void => {
    const columns = { guid: `of ${message}`, transfer_name: 'a.heic', transfer_state: 6, total_bytes };
    const attachment_id = messages.insert('attachment', columns);
    messages.insert('message_attachment_join', { message_id: messages.rowid(message), attachment_id });
  };
  const photo = (): string =>
    messages.receive(ANNA, '\uFFFC', ANNA, { at, columns: { cache_has_attachments: 1 } });
  messages.db.transaction(() => file(photo(), 5))();
  await day.settled();
  clock.skipTo(at + HOUR);
  const again = photo();
  if (later) await day.settled();
  file(again, later ? 5 : 0);
  await day.settled();
  clock.skipTo(clock.now() + 2 * MINUTE);
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['\uFFFC']);
});

test('two photos of one name that come back are known, the size of one of them unknown', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  const at = clock.now();
  const photos = (...sizes: number[]): void => {
    const text = sizes.map(() => '\uFFFC').join('');
    const message = messages.receive(ANNA, text, ANNA, { at, columns: { cache_has_attachments: 1 } });
    for (const [index, total_bytes] of sizes.entries()) {
      const columns = {
        guid: `${message} ${index}`,
        transfer_name: 'a.heic',
        transfer_state: 6,
        total_bytes,
      };
      const attachment_id = messages.insert('attachment', columns);
      messages.insert('message_attachment_join', { message_id: messages.rowid(message), attachment_id });
    }
  };
  messages.db.transaction(() => photos(5, 9))();
  await day.settled();
  clock.skipTo(at + HOUR);
  messages.db.transaction(() => photos(0, 5))();
  await day.settled();
  clock.skipTo(clock.now() + 2 * MINUTE);
  await day.settled();
  expect(day.texts().filter((text) => text !== 'end')).toEqual(['\uFFFC\uFFFC']);
});

test('a Mac that was off for three days tells what came meanwhile', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  messages.receive(ANNA, 'before', ANNA, { at: clock.now() });
  await eventually(() => day.texts().length === 1);
  await day.stop();
  const left = clock.now();
  clock.skipTo(left + 3 * DAY);
  const sent = Array.from({ length: 60 }, (_, i) => `away ${i}`);
  for (const [i, text] of sent.entries()) messages.receive(ANNA, text, ANNA, { at: left + (i + 1) * HOUR });
  await day.start();
  await eventually(() => day.texts().length === 61);
  expect(day.texts().slice(1)).toEqual(sent);
});

test('what Messages fetches after a start of the agent is told, while a replay beside it is not', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  messages.receive(ANNA, 'before', ANNA, { at: clock.now() });
  await eventually(() => day.texts().length === 1);
  await day.stop();
  const left = clock.now();
  clock.skipTo(left + 3 * DAY);
  await day.start();
  day.backfill(400, (i) => (10 + (i % 600)) * DAY);
  for (let i = 0; i < 20; i += 1)
    messages.receive(ANNA, `away ${i}`, ANNA, { at: left + (i + 1) * 3 * HOUR });
  await eventually(() => day.texts().length === 21, { what: 'rows of the absence' });
  await day.settled();
  expect(day.texts().filter((text) => text.startsWith('old'))).toEqual([]);
});

test('rows of the last days that are found at a start are told when they climb to the present', async () => {
  const day = await fixture();
  const { messages, clock } = day;
  messages.receive(ANNA, 'just now', ANNA, { at: clock.now() });
  await eventually(() => day.texts().length === 1);
  await day.stop();
  const begin = clock.now() - 3 * DAY;
  for (let i = 0; i < 24; i += 1) messages.receive(ANNA, `away ${i}`, ANNA, { at: begin + i * 3 * HOUR });
  await day.start();
  await day.settled();
  expect(day.texts().filter((text) => text.startsWith('away'))).toHaveLength(24);
});

test('a crash in the middle of a replay makes no news of it', async () => {
  const day = await fixture();
  day.messages.receive(ANNA, 'before', ANNA, { at: day.clock.now() });
  await eventually(() => day.texts().length === 1);
  for (let round = 0; round < 4; round += 1) {
    day.backfill(200, (i) => (2 + ((i * 31) % 700)) * DAY);
    await day.stop();
    day.backfill(200, (i) => (2 + ((i * 17) % 700)) * DAY);
    await day.start();
  }
  await day.settled();
  expect(day.texts().filter((text) => text.startsWith('old'))).toEqual([]);
});

test('own sends whose rows change sides make no echo, and a note to oneself is told once', async () => {
  const day = await fixture();
  const { messages } = day;
  messages.receive(ANNA, 'names the own address', ANNA, { at: day.clock.now() });
  const count = whole ? 10_000 : 1_000;
  for (let i = 0; i < count; i += 50) {
    const notes = messages.db.transaction(() =>
      Array.from({ length: 50 }, (_, j) => {
        const own = messages.send(OWN, `note ${i + j}`);
        return j % 2 ? [own] : [own, messages.receive(OWN, `note ${i + j}`)];
      }),
    )();
    const sends = messages.db.transaction(() =>
      Array.from({ length: 50 }, (_, j) => messages.send(ANNA, `send ${i + j}`, { columns: { is_sent: 1 } })),
    )();
    if (i % 100 === 0) messages.db.transaction(() => flip(notes.flat(), 0))();
    const last = sends.at(-1);
    await eventually(() => day.keeper.changes.some((change) => 'guid' in change && change.guid === last));
    messages.db.transaction(() => flip([...notes.flat(), ...sends], 0))();
    messages.db.transaction(() => flip([...notes.flat(), ...sends], 1))();
  }
  function flip(guids: string[], fromMe: number): void {
    for (const guid of guids) messages.update(guid, { is_from_me: fromMe });
  }
  messages.receive(ANNA, 'a real one', ANNA, { at: day.clock.now() });
  await eventually(() => day.texts().includes('a real one'), { within: 60_000 });
  const notes = day.texts().filter((text) => text.startsWith('note'));
  expect(notes).toHaveLength(count);
  expect(new Set(notes).size).toBe(count);
  expect(day.texts().filter((text) => text.startsWith('send'))).toEqual([]);
}, 300_000);
