import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import {
  appBalloon,
  LINK_BALLOON,
  linkPayload,
  POLL_BALLOON,
} from '../../agent/virtual-mac/messages-store/payloads.ts';
import type { ChatTarget } from '../../agent/virtual-mac/types.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, type Data, filesOf, inboundDemo, message } from '../support/inbound-demo.ts';
import type { ReceivedEvent } from '../support/webhook-receiver.ts';

const anna: ChatTarget = { handle: ANNA };

const { demo, store, hook, told, write, hear, bytesAt, attach } = inboundDemo();

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
    store().setFiltered(stranger, 1);
    write({ text: 'who are you', chat: stranger, sender: stranger });
    expect(await told('message.received', { text: 'who are you' })).toMatchObject({
      filtered: 'unknown_sender',
    });
  });

  test('the line that it came to, and only the beginning of what is too long', async () => {
    write({ text: 'to my email', ownAddress: 'me@example.com' });
    expect(await told('message.received', { text: 'to my email' })).toMatchObject({ to: 'me@example.com' });
    write({ text: '😀'.repeat(50_000) });
    const { data } = (await hook().receiver.waitFor(({ event }) => event?.data.truncated === true))
      .event as ReceivedEvent;
    const text = String(data.text);
    expect('😀'.repeat(50_000).startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(70_000);
    const { body } = await demo().call<Data>(`/v1/messages/${data.messageId}`);
    expect(body).toMatchObject({ text, truncated: true });
  });

  test('its files in their places, whatever the order of their rows, each to be fetched byte for byte', async () => {
    const row = store().insertMessage(
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
    store().joinChat(row, anna);
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
    const row = store().insertMessage(message({ parts: [{ kind: 'attachment' }], audio: true }));
    const kind = { name: 'Audio Message.caf', uti: 'com.apple.coreaudio-format' };
    const guid = attach(row, 0, kind, Buffer.from('caff'));
    store().joinChat(row, anna);
    const data = await told('message.received', { voiceNote: true }, 90_000);
    const [note] = filesOf(data);
    expect(note).toMatchObject({ kind: 'audio', rendition: { mimeType: 'audio/mp4' } });
    expect((await bytesAt(note?.url ?? '')).toString()).toBe('caff');
    expect((await bytesAt(note?.rendition?.url ?? '')).toString('latin1', 4, 12)).toBe('ftypM4A ');
    // Messages writes what it heard into the body of the row, whenever it has.
    const heard = { __kIMFileTransferGUIDAttributeName: guid, IMAudioTranscription: 'call me back' };
    const body = encodeAttributedBody({
      text: '\uFFFC',
      runs: [{ start: 0, length: 1, attributes: { __kIMMessagePartAttributeName: 0, ...heard } }],
    });
    const db = new Database(store().databasePath);
    db.prepare('UPDATE message SET attributedBody = ? WHERE guid = ?').run(body, row.guid);
    db.close();
    await eventually(async () => {
      const { body: now } = await demo().call<{ attachments: Data[] }>(`/v1/messages/${data.messageId}`);
      return now.attachments[0]?.transcription === 'call me back';
    });
  });

  test('the bubble that a sticker was put on', async () => {
    const target = await hear('put it here');
    const row = store().insertMessage(
      message({ parts: [{ kind: 'attachment' }], associated: { guid: target.guid, type: 1000, part: 0 } }),
    );
    attach(row, 0, { name: 'sticker.png', mime: 'image/png', sticker: true }, Buffer.from('png'));
    store().joinChat(row, anna);
    const { data } = (
      await hook().receiver.waitFor(({ event }) => event?.data.stickerOn !== undefined, 90_000)
    ).event as ReceivedEvent;
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
        (await hook().receiver.waitFor(({ event }) => {
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
    store().setBalloon(row.guid, { bundleId: LINK_BALLOON, payload: linkPayload({ url, title: 'A page' }) });
    const shown = await eventually(
      async () => (await demo().call<{ app: Data | null }>(`/v1/messages/${messageId}`)).body.app,
      { within: 30_000, what: 'the preview' },
    );
    expect(shown).toMatchObject({ name: 'link', url, title: 'A page' });
  });
});
