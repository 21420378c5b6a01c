import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  appBalloon,
  LINK_BALLOON,
  linkPayload,
  POLL_BALLOON,
} from '../../agent/virtual-mac/messages-store/payloads.ts';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { ChatTarget, FullMessage, MessagesStore, WrittenRow } from '../../agent/virtual-mac/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { sharedDemo } from '../support/demo.ts';
import { type Hook, registerHook, send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';
import type { ReceivedEvent } from '../support/webhook-receiver.ts';

const ANNA = '+14155550141';
const BEN = '+14155550142';
const anna: ChatTarget = { handle: ANNA };
/** A row that waits for its chat is told after ten seconds; a message that waits for its files after sixty. */
const ORPHAN_MS = 40_000;
const FILES_MS = 120_000;

const demo = sharedDemo(['--json', '--pacing', 'off', '--macos', '27']);
let store: MessagesStore;
let hook: Hook;

beforeAll(async () => {
  store = openMessagesStore({
    home: demo().summary.virtualMac?.home ?? '',
    macos: '27',
    line: demo().summary.lines[0]?.handle ?? '',
    clock: systemClock,
  });
  hook = await registerHook(demo());
});

afterAll(async () => {
  store?.close();
  await hook?.receiver.close();
});

type Data = Record<string, unknown>;
interface File {
  id: string;
  url: string;
  part: number;
  position: number;
  state: string;
  rendition: { url: string; mimeType: string } | null;
}

const filesOf = (data: Data): File[] => data.attachments as File[];

/** The event that a customer gets, signed, of a type and with these words in its data. */
async function told(type: string, words: Data, within = 30_000): Promise<Data> {
  const matches = ({ type: of, data }: ReceivedEvent): boolean =>
    of === type && Object.entries(words).every(([name, value]) => data[name] === value);
  const found = await hook.receiver.waitFor(({ event }) => event !== undefined && matches(event), within);
  expect(found.signed).toBe(true);
  return found.event?.data ?? {};
}

const message = (more: Partial<FullMessage> & { text?: string } = {}): FullMessage => {
  const { text, ...rest } = more;
  return {
    chat: anna,
    sender: anna,
    at: Date.now(),
    ...(text !== undefined ? { parts: [{ kind: 'text', text }] } : { parts: [] }),
    ...rest,
  };
};

/** A message as Messages writes it: its row, then its chat. */
function write(more: Parameters<typeof message>[0]): WrittenRow {
  const full = message(more);
  const row = store.insertMessage(full);
  store.joinChat(row, full.chat);
  return row;
}

/** A text of hers, and the API's id of it. */
async function hear(text: string, more: Partial<FullMessage> = {}): Promise<{ guid: string; id: string }> {
  const { guid } = write({ text, ...more });
  return { guid, id: String((await told('message.received', { text })).messageId) };
}

/** Bytes that the API serves at a path. */
async function bytesAt(url: string): Promise<Buffer> {
  const { bridge, account } = demo().summary;
  const response = await fetch(`${bridge.url}${url}`, { headers: { 'x-api-key': account.liveKey } });
  expect(response.status, url).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** A file row of a message, with its bytes when there are any yet. */
function attach(
  row: WrittenRow,
  part: number,
  more: { name: string; mime?: string; uti?: string; sticker?: true },
  bytes?: Buffer,
) {
  const guid = store.attach(row, { part, totalBytes: bytes?.length ?? 9, at: Date.now(), ...more });
  if (bytes) store.setTransfer(guid, 5, bytes);
  return guid;
}

describe('a message is told with', () => {
  test('its text, what stands in it, its subject, its effect and the message that it answers', async () => {
    const first = await hear('answer me');
    write({
      parts: [
        { kind: 'text', text: 'hey ' },
        { kind: 'text', text: 'Ben', attributes: { __kIMMentionConfirmedMention: BEN } },
        { kind: 'text', text: ' 💥', attributes: { __kIMTextEffectAttributeName: 12 } },
      ],
      subject: 'Subject',
      effect: 'com.apple.messages.effect.CKConfettiEffect',
      replyTo: { guid: first.guid, part: 0 },
    });
    expect(await told('message.received', { text: 'hey Ben 💥' })).toMatchObject({
      from: ANNA,
      subject: 'Subject',
      effect: 'confetti',
      replyTo: { messageId: first.id, part: 0 },
      runs: [
        { start: 4, length: 3, kind: 'mention', value: BEN },
        { start: 7, length: 3, kind: 'effect', value: 'explode' },
      ],
      service: 'imessage',
    });
  });

  test('its service, and what Messages put aside', async () => {
    write({ text: 'by sms', service: 'SMS' });
    write({ text: 'by rcs', service: 'RCS' });
    write({ text: 'you have won', junk: true });
    expect(await told('message.received', { text: 'by sms' })).toMatchObject({ service: 'sms' });
    expect(await told('message.received', { text: 'by rcs' })).toMatchObject({ service: 'rcs' });
    expect(await told('message.received', { text: 'you have won' })).toMatchObject({ filtered: 'junk' });
    const stranger: ChatTarget = { handle: '+14155550149' };
    store.setFiltered(stranger, 1);
    write({ text: 'who are you', chat: stranger, sender: stranger });
    expect(await told('message.received', { text: 'who are you' })).toMatchObject({
      filtered: 'unknown_sender',
    });
  });

  test('the line that it came to, and only the beginning of what is too long', async () => {
    write({ text: 'to my email', ownAddress: 'me@example.com' });
    expect(await told('message.received', { text: 'to my email' })).toMatchObject({ to: 'me@example.com' });
    write({ text: '😀'.repeat(50_000) });
    const { data } = (await hook.receiver.waitFor(({ event }) => event?.data.truncated === true))
      .event as ReceivedEvent;
    const text = String(data.text);
    expect('😀'.repeat(50_000).startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(70_000);
    const { body } = await demo().call<Data>(`/v1/messages/${data.messageId}`);
    expect(body).toMatchObject({ text, truncated: true });
  });

  test('its files in their places, whatever the order of their rows, each to be fetched byte for byte', async () => {
    const row = store.insertMessage(
      message({
        parts: [
          { kind: 'text', text: 'one ' },
          { kind: 'attachment' },
          { kind: 'text', text: ' two ' },
          { kind: 'attachment' },
          { kind: 'attachment' },
        ],
      }),
    );
    const contents = [Buffer.alloc(300_000, 'heic'), Buffer.alloc(0), Buffer.alloc(70_000, 'png')];
    const names = [
      { name: 'IMG_1.HEIC', mime: 'image/heic', uti: 'public.heic' },
      { name: 'empty.txt', mime: 'text/plain' },
      { name: 'b.png', mime: 'image/png' },
    ];
    for (const [index, part] of [
      [2, 4],
      [1, 3],
      [0, 1],
    ] as const)
      attach(row, part, names[index] ?? { name: 'x' }, contents[index]);
    store.joinChat(row, anna);
    const text = 'one \uFFFC two \uFFFC\uFFFC';
    const data = await told('message.received', { text }, 90_000);
    expect(filesOf(data)).toMatchObject([
      { filename: 'IMG_1.HEIC', part: 1, position: 4, state: 'complete', kind: 'image' },
      { filename: 'empty.txt', part: 3, position: 10, state: 'complete', rendition: null },
      { filename: 'b.png', part: 4, position: 11, state: 'complete', rendition: null },
    ]);
    for (const [index, { url }] of filesOf(data).entries())
      expect((await bytesAt(url)).equals(contents[index] ?? Buffer.alloc(1)), url).toBe(true);
    const [photo] = filesOf(data);
    expect(photo?.rendition).toMatchObject({ filename: 'IMG_1.jpg', mimeType: 'image/jpeg' });
    const jpeg = await bytesAt(photo?.rendition?.url ?? '');
    expect(jpeg.subarray(0, 3).toString('hex')).toBe('ffd8ff');
  });

  test('what was said in it, and an M4A of it', async () => {
    const row = store.insertMessage(message({ parts: [{ kind: 'attachment' }], audio: true }));
    attach(row, 0, { name: 'Audio Message.caf', uti: 'com.apple.coreaudio-format' }, Buffer.from('caff'));
    store.joinChat(row, anna);
    const data = await told('message.received', { voiceNote: true }, 90_000);
    const [note] = filesOf(data);
    expect(note).toMatchObject({ kind: 'audio', rendition: { mimeType: 'audio/mp4' } });
    expect((await bytesAt(note?.url ?? '')).toString()).toBe('caff');
    expect((await bytesAt(note?.rendition?.url ?? '')).toString('latin1', 4, 12)).toBe('ftypM4A ');
  });

  test('the bubble that a sticker was put on', async () => {
    const target = await hear('put it here');
    const row = store.insertMessage(
      message({ parts: [{ kind: 'attachment' }], associated: { guid: target.guid, type: 1000, part: 0 } }),
    );
    attach(row, 0, { name: 'sticker.png', mime: 'image/png', sticker: true }, Buffer.from('png'));
    store.joinChat(row, anna);
    const { data } = (await hook.receiver.waitFor(({ event }) => event?.data.stickerOn !== undefined, 90_000))
      .event as ReceivedEvent;
    expect(data).toMatchObject({
      stickerOn: { messageId: target.id, part: 0 },
      attachments: [{ kind: 'sticker' }],
    });
  });

  test('the app that made it, by its bundle id and our name, and the poll that a vote is in', async () => {
    const apps = [
      [appBalloon('com.apple.PassbookUIService.PeerPaymentMessagesExtension'), 'apple_pay'],
      [appBalloon('com.apple.findmy.FindMyMessagesApp'), 'find_my'],
      [appBalloon('com.apple.SafetyMonitorApp.SafetyMonitorMessages'), 'check_in'],
      ['com.apple.Handwriting.HandwritingProvider', 'handwriting'],
      ['com.apple.DigitalTouchBalloonProvider', 'digital_touch'],
      [appBalloon('com.example.Constructor', 'ABCDE12345'), 'other'],
    ] as const;
    for (const [bundleId] of apps) write({ text: '\uFFFD', balloon: { bundleId } });
    const poll = write({ text: '\uFFFD', balloon: { bundleId: POLL_BALLOON } });
    const appEvent = async (bundleId: string, updates: boolean): Promise<Data> =>
      (
        (await hook.receiver.waitFor(({ event }) => {
          const app = event?.data.app as Data | undefined;
          return app?.bundleId === bundleId && (app.updates !== undefined) === updates;
        }, 40_000)) as { event: ReceivedEvent }
      ).event.data;
    for (const [bundleId, name] of apps)
      expect((await appEvent(bundleId, false)).app).toMatchObject({ bundleId, name });
    const asked = await appEvent(POLL_BALLOON, false);
    write({ associated: { guid: poll.guid, type: 4000 } });
    expect((await appEvent(POLL_BALLOON, true)).app).toMatchObject({
      name: 'poll',
      updates: { messageId: asked.messageId },
    });
  });

  test('the page behind a link, in the message itself when its preview comes later', async () => {
    const url = 'https://example.com/page';
    const row = write({ text: url, balloon: { bundleId: LINK_BALLOON } });
    const { messageId } = await told('message.received', { text: url });
    store.setBalloon(row.guid, { bundleId: LINK_BALLOON, payload: linkPayload({ url, title: 'A page' }) });
    const shown = await eventually(
      async () => (await demo().call<{ app: Data | null }>(`/v1/messages/${messageId}`)).body.app,
      { within: 30_000, what: 'the preview' },
    );
    expect(shown).toMatchObject({ name: 'link', url, title: 'A page' });
  });
});

describe('what becomes of a message', () => {
  test('tapbacks that are put on it, changed and taken away name it and their part', async () => {
    const { guid, id } = await hear('react to me');
    const tap = (
      kind: 'love' | 'laugh' | 'emoji' | 'sticker',
      more: { remove?: true; emoji?: string } = {},
    ): void => {
      const target = { guid, part: 0 };
      const row = store.insertTapback({
        kind,
        target,
        sender: anna as { handle: string },
        at: Date.now(),
        ...more,
      });
      store.joinChat(row, anna);
    };
    const reaction = (type: string, name: string) =>
      told(`reaction.${type}`, { messageId: id, reaction: name, from: ANNA, part: 0 });
    tap('love');
    await reaction('added', 'love');
    tap('laugh');
    await reaction('removed', 'love');
    await reaction('added', 'laugh');
    tap('laugh', { remove: true });
    await reaction('removed', 'laugh');
    tap('emoji', { emoji: '🦊' });
    expect(await reaction('added', 'emoji')).toMatchObject({ emoji: '🦊' });
    tap('sticker');
    await reaction('added', 'sticker');
  });

  test('edits are told with every text that the part had', async () => {
    const { guid, id } = await hear('frist');
    store.editMessage(guid, { text: 'first', at: Date.now() });
    await told('message.edited', { messageId: id, text: 'first' });
    store.editMessage(guid, { text: 'the first', at: Date.now() });
    const data = await told('message.edited', { messageId: id, text: 'the first' });
    expect(data).toMatchObject({ direction: 'inbound', part: 0, editCount: 2, previousText: 'first' });
    expect((data.history as Data[]).map(({ text }) => text)).toEqual(['frist', 'first', 'the first']);
  });

  test('parts that are taken back are named; then all of it', async () => {
    const parts = [
      { kind: 'text', text: 'stays' },
      { kind: 'text', text: ' goes' },
    ] as const;
    const { guid } = write({ parts });
    const { messageId } = await told('message.received', { text: 'stays goes' });
    store.unsendMessage(guid, { parts: [1], at: Date.now() });
    expect(await told('message.unsent', { messageId, text: 'stays' })).toMatchObject({ parts: [1] });
    store.unsendMessage(guid, { at: Date.now() });
    expect(await told('message.unsent', { messageId, text: '' })).toMatchObject({ parts: null });
  });

  test('an own one that left as SMS says so, one that fails has Apple’s number and our name', async () => {
    const rowOf = (text: string): Promise<string> =>
      eventually(
        () => store.reading.bubbles({ handle: '+14155550104' }).find((one) => one.text === text)?.guid,
      );
    const { id } = await send(demo(), '+14155550104', 'by the other way');
    await told('message.sent', { messageId: id });
    store.downgrade(await rowOf('by the other way'));
    await told('message.sent', { messageId: id, downgraded: true });
    expect((await demo().call<Data>(`/v1/messages/${id}`)).body).toMatchObject({
      status: 'sent',
      service: 'sms',
      downgraded: true,
    });
    const failing = await send(demo(), '+14155550104', 'no network');
    await told('message.sent', { messageId: failing.id });
    store.markFailed(await rowOf('no network'), 6);
    expect(await told('message.failed', { messageId: failing.id })).toMatchObject({
      error: { code: 'not_delivered', apple: 6, appleName: 'network' },
    });
  });
});

test('a note to oneself is received once, whichever rows it has and whichever sides they take; what the API sent is not', async () => {
  const line = demo().summary.lines[0]?.handle ?? '';
  for (const rows of [1, 2] as const)
    for (const flips of [0, 1, 2]) {
      const written = store.insertSelf({ text: `note ${rows} ${flips}`, at: Date.now(), rows });
      for (const { guid } of written.slice(0, flips)) store.flipFromMe(guid);
    }
  const sent = await send(demo(), line, 'from the API to myself');
  await told('message.sent', { messageId: sent.id });
  await hear('after the notes');
  const notes = hook.events().filter(({ type, data }) => type === 'message.received' && data.toSelf === true);
  expect(notes.map(({ data }) => data.text).sort()).toEqual(
    [1, 2].flatMap((rows) => [0, 1, 2].map((flips) => `note ${rows} ${flips}`)),
  );
  expect(notes[0]?.data).toMatchObject({ from: line, to: line });
  expect(hook.events().some(({ type, data }) => type === 'message.received' && data.text === sent.text)).toBe(
    false,
  );
});

test('a group is told as it changes: its name, its picture, who comes, who is taken out, who leaves, the own user too', async () => {
  const group = { group: store.createGroup({ members: [ANNA, BEN] }) };
  write({ text: 'in a group', chat: group });
  const { groupId } = await told('message.received', { text: 'in a group' });
  const by = { handle: ANNA };
  const note = (...args: Parameters<MessagesStore['insertNote']>): void =>
    store.joinChat(store.insertNote(...args), group);
  note(group, { kind: 'renamed', name: 'Friends' }, by, Date.now());
  expect(await told('group.name_changed', { groupId, newName: 'Friends' })).toMatchObject({
    changedBy: ANNA,
  });
  note(group, { kind: 'photo-set' }, by, Date.now());
  await told('group.icon_changed', { groupId, changedBy: ANNA });
  const CAROL = '+14155550143';
  note(group, { kind: 'added', handle: CAROL }, by, Date.now());
  await told('group.member_added', { groupId, member: CAROL, by: ANNA });
  note(group, { kind: 'removed', handle: CAROL }, by, Date.now());
  await told('group.member_removed', { groupId, member: CAROL, by: ANNA });
  note(group, { kind: 'left' }, { handle: BEN }, Date.now());
  await told('group.member_removed', { groupId, member: BEN, by: BEN });
  const line = demo().summary.lines[0]?.handle;
  note(group, { kind: 'left' }, 'me', Date.now());
  await told('group.member_removed', { groupId, member: line, by: line });
});

test('what is never joined to a chat is told without one, files that do not come are told as pending and come later, and a text for later is not sent', {
  timeout: 240_000,
}, async () => {
  const late = store.insertMessage(
    message({ parts: [{ kind: 'attachment' }, { kind: 'text', text: ' at last' }] }),
  );
  const guid = attach(late, 0, { name: 'slow.heic', mime: 'image/heic', uti: 'public.heic' });
  store.joinChat(late, anna);
  store.insertMessage(message({ text: 'nowhere', chat: { handle: BEN }, sender: { handle: BEN } }));
  const later = store.insertMessage(
    message({ text: 'tomorrow', sender: 'me', scheduled: true, at: Date.now() + 86_400_000 }),
  );
  store.joinChat(later, anna);

  expect(await told('message.received', { text: 'nowhere' }, ORPHAN_MS)).toMatchObject({ from: BEN });
  const data = await told('message.received', { text: '\uFFFC at last' }, FILES_MS);
  expect(filesOf(data)).toMatchObject([{ state: 'pending', rendition: { mimeType: 'image/jpeg' } }]);
  const bytes = Buffer.alloc(1_000_000, createHash('sha256').update('slow').digest());
  store.setTransfer(guid, 3, bytes.subarray(0, 400_000));
  store.setTransfer(guid, 5, bytes);
  const shown = await eventually(
    async () => {
      const { body } = await demo().call<{ attachments: File[] }>(`/v1/messages/${data.messageId}`);
      return body.attachments[0]?.state === 'complete' && body.attachments[0];
    },
    { within: 60_000, what: 'a file that came late' },
  );
  expect(shown).toMatchObject({ part: 0, position: 0, id: filesOf(data)[0]?.id });
  expect((await bytesAt(shown.url)).equals(bytes)).toBe(true);
  expect((await bytesAt(shown.rendition?.url ?? '')).subarray(0, 2).toString('hex')).toBe('ffd8');
  expect(hook.events().filter(({ data }) => data.text === 'tomorrow')).toEqual([]);
});
