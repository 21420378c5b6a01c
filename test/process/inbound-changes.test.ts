import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ChatTarget, MessagesStore } from '../../agent/virtual-mac/types.ts';
import { send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, type Data, type File, filesOf, inboundDemo, message } from '../support/inbound-demo.ts';

const anna: ChatTarget = { handle: ANNA };
/** A row that waits for its chat is told after ten seconds; a message that waits for its files after sixty. */
const ORPHAN_MS = 40_000;
const FILES_MS = 120_000;

const { demo, store, hook, told, write, hear, bytesAt, attach } = inboundDemo();

describe('what becomes of a message', () => {
  test('tapbacks that are put on it, changed and taken away name it and their part', async () => {
    const { guid, id } = await hear('react to me');
    const tap = (
      kind: 'love' | 'laugh' | 'emoji' | 'sticker',
      more: { remove?: true; emoji?: string } = {},
    ): void => {
      const target = { guid, part: 0 };
      const row = store().insertTapback({
        kind,
        target,
        sender: anna as { handle: string },
        at: Date.now(),
        ...more,
      });
      store().joinChat(row, anna);
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
    store().editMessage(guid, { text: 'first', at: Date.now() });
    await told('message.edited', { messageId: id, text: 'first' });
    store().editMessage(guid, { text: 'the first', at: Date.now() });
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
    store().unsendMessage(guid, { parts: [1], at: Date.now() });
    expect(await told('message.unsent', { messageId, text: 'stays' })).toMatchObject({ parts: [1] });
    store().unsendMessage(guid, { at: Date.now() });
    expect(await told('message.unsent', { messageId, text: '' })).toMatchObject({ parts: null });
  });

  test('an own one that left as SMS says so, one that fails has Apple’s number and our name', async () => {
    const rowOf = (text: string): Promise<string> =>
      eventually(
        () =>
          store()
            .reading.bubbles({ handle: '+14155550104' })
            .find((one) => one.text === text)?.guid,
      );
    const { id } = await send(demo(), '+14155550104', 'by the other way');
    await told('message.sent', { messageId: id });
    store().downgrade(await rowOf('by the other way'));
    await told('message.sent', { messageId: id, downgraded: true });
    expect((await demo().call<Data>(`/v1/messages/${id}`)).body).toMatchObject({
      status: 'sent',
      service: 'sms',
      downgraded: true,
    });
    const failing = await send(demo(), '+14155550104', 'no network');
    await told('message.sent', { messageId: failing.id });
    store().markFailed(await rowOf('no network'), 6);
    expect(await told('message.failed', { messageId: failing.id })).toMatchObject({
      error: { code: 'not_delivered', apple: 6, appleName: 'network' },
    });
  });
});

test('a note to oneself is received once, whichever rows it has and whichever sides they take; what the API sent is not', async () => {
  const line = demo().summary.lines[0]?.handle ?? '';
  for (const rows of [1, 2] as const)
    for (const flips of [0, 1, 2]) {
      const written = store().insertSelf({ text: `note ${rows} ${flips}`, at: Date.now(), rows });
      for (const { guid } of written.slice(0, flips)) store().flipFromMe(guid);
    }
  const sent = await send(demo(), line, 'from the API to myself');
  await told('message.sent', { messageId: sent.id });
  await hear('after the notes');
  const notes = hook()
    .events()
    .filter(({ type, data }) => type === 'message.received' && data.toSelf === true);
  expect(notes.map(({ data }) => data.text).sort()).toEqual(
    [1, 2].flatMap((rows) => [0, 1, 2].map((flips) => `note ${rows} ${flips}`)),
  );
  expect(notes[0]?.data).toMatchObject({ from: line, to: line });
  expect(
    hook()
      .events()
      .some(({ type, data }) => type === 'message.received' && data.text === sent.text),
  ).toBe(false);
});

test('a group is told as it changes: its name, its picture, who comes, who is taken out, who leaves, the own user too', async () => {
  const group = { group: store().createGroup({ members: [ANNA, BEN] }) };
  write({ text: 'in a group', chat: group });
  const { groupId } = await told('message.received', { text: 'in a group' });
  const by = { handle: ANNA };
  const note = (...args: Parameters<MessagesStore['insertNote']>): void =>
    store().joinChat(store().insertNote(...args), group);
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
  const late = store().insertMessage(
    message({ parts: [{ kind: 'attachment' }, { kind: 'text', text: ' at last' }] }),
  );
  const guid = attach(late, 0, { name: 'slow.heic', mime: 'image/heic', uti: 'public.heic' });
  store().joinChat(late, anna);
  store().insertMessage(message({ text: 'nowhere', chat: { handle: BEN }, sender: { handle: BEN } }));
  const later = store().insertMessage(
    message({ text: 'tomorrow', sender: 'me', scheduled: true, at: Date.now() + 86_400_000 }),
  );
  store().joinChat(later, anna);

  expect(await told('message.received', { text: 'nowhere' }, ORPHAN_MS)).toMatchObject({ from: BEN });
  const data = await told('message.received', { text: '\uFFFC at last' }, FILES_MS);
  expect(filesOf(data)).toMatchObject([{ state: 'pending', rendition: { mimeType: 'image/jpeg' } }]);
  const bytes = Buffer.alloc(1_000_000, createHash('sha256').update('slow').digest());
  store().setTransfer(guid, 3, bytes.subarray(0, 400_000));
  store().setTransfer(guid, 5, bytes);
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
  expect(
    hook()
      .events()
      .filter(({ data }) => data.text === 'tomorrow'),
  ).toEqual([]);
});
