import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import type { Columns } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, tailBed } from '../support/tail-bed.ts';

const PART = '__kIMMessagePartAttributeName';

describe('attachments', () => {
  const withFile = (guid: string, name: string): Columns => ({
    guid,
    cache_has_attachments: 1,
    attributedBody: encodeAttributedBody({
      text: '\uFFFClook',
      runs: [
        { start: 0, length: 1, attributes: { __kIMFileTransferGUIDAttributeName: name, [PART]: 0 } },
        { start: 1, length: 4, attributes: { [PART]: 1 } },
      ],
    }),
  });

  test('a message is told when its files are there and stand still', async () => {
    const { messages, attach, told, keeper } = await tailBed();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    const absolute = attach('M1', { guid: 'at_0_M1', transfer_state: 3 }, 'half');
    await new Promise((resolve) => setTimeout(resolve, 60));
    messages.db.prepare('UPDATE attachment SET transfer_state = 5').run();
    await new Promise((resolve) => setTimeout(resolve, 30));
    appendFileSync(absolute, ' and half');
    expect(keeper.changes).toEqual([]);
    const [change] = await told(1);
    expect(change).toMatchObject({
      kind: 'received',
      text: '\uFFFClook',
      parts: [
        { part: 0, start: 0, length: 1, attachment: 'at_0_M1' },
        { part: 1, start: 1, length: 4 },
      ],
      attachments: [
        {
          guid: 'at_0_M1',
          state: 'complete',
          name: 'IMG_1.heic',
          mime: 'image/heic',
          bytes: 13,
          path: absolute,
        },
      ],
    });
    expect(readFileSync(absolute, 'utf8')).toBe('half and half');
  });

  test('files that do not come in a minute are told as pending, and when they come', async () => {
    const { messages, attach, keeper, clock, toldBefore } = await tailBed();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    const absolute = attach('M1', { guid: 'at_0_M1', transfer_state: 3, total_bytes: 9 });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 61_000);
    await eventually(async () => (await toldBefore()).length === 1);
    writeFileSync(absolute, 'content');
    messages.db.prepare('UPDATE attachment SET transfer_state = 5').run();
    const found = await eventually(() => keeper.changes.find(({ kind }) => kind === 'attachment'));
    expect((await toldBefore())[0]).toMatchObject({
      attachments: [{ state: 'pending', bytes: 9, path: null }],
    });
    expect(found).toMatchObject({
      guid: 'M1',
      attachment: { guid: 'at_0_M1', state: 'complete', bytes: 7, path: absolute },
    });
  });

  test('files that have no row in a minute are told when they get one', async () => {
    const { messages, attach, keeper, clock, toldBefore } = await tailBed();
    messages.receive(ANNA, 'look', ANNA, { columns: { guid: 'M1', cache_has_attachments: 1 } });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 61_000);
    await eventually(async () => (await toldBefore()).length === 1);
    attach('M1', { guid: 'one', transfer_state: 5 }, 'content');
    attach('M1', { guid: 'two', transfer_state: 3 });
    const files = (): unknown[] =>
      keeper.changes.flatMap((change) => (change.kind === 'attachment' ? [change.attachment] : []));
    await eventually(() => files().length === 1);
    messages.db.prepare("UPDATE attachment SET transfer_state = 6 WHERE guid = 'two'").run();
    await eventually(() => files().length === 2);
    expect(files()).toMatchObject([
      { guid: 'one', state: 'complete', bytes: 7 },
      { guid: 'two', state: 'failed' },
    ]);
  });

  test('a message that is nothing but files which do not come is told, and they when they come', async () => {
    const { messages, attach, keeper, clock, toldBefore } = await tailBed();
    messages.receive(ANNA, '', ANNA, { text: null, columns: { guid: 'M1', cache_has_attachments: 1 } });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 61_000);
    await eventually(async () => (await toldBefore()).length === 1);
    expect((await toldBefore())[0]).toMatchObject({ kind: 'received', guid: 'M1', text: '\uFFFC' });
    attach('M1', { guid: 'one', transfer_state: 5 }, 'content');
    await eventually(() => keeper.changes.some(({ kind }) => kind === 'attachment'));
  });

  test('a file that failed, one outside of Messages, and hidden ones', async () => {
    const { messages, attach, told, clock } = await tailBed();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    attach('M1', { guid: 'at_0_M1', transfer_state: 6 });
    attach('M1', { guid: 'hidden', transfer_state: 5, hide_attachment: 1 }, 'x');
    expect(await told(1)).toMatchObject([{ attachments: [{ guid: 'at_0_M1', state: 'failed' }] }]);
    messages.receive(ANNA, '', ANNA, { columns: withFile('M2', 'at_0_M2') });
    attach('M2', { guid: 'at_0_M2', transfer_state: 5, filename: '/etc/hostname' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.skipTo(clock.now() + 61_000);
    expect((await told(2))[1]).toMatchObject({ attachments: [{ state: 'pending', path: null }] });
  });

  const voiceNote = (heard: Record<string, string>): Buffer =>
    Buffer.from(
      encodeAttributedBody({
        text: '\uFFFC',
        runs: [
          {
            start: 0,
            length: 1,
            attributes: { [PART]: 0, __kIMFileTransferGUIDAttributeName: 'at_0_A1', ...heard },
          },
        ],
      }),
    );
  const audio = { guid: 'A1', is_audio_message: 1, cache_has_attachments: 1 };

  test('an audio message with what Messages heard', async () => {
    const { messages, attach, told } = await tailBed();
    const attributedBody = voiceNote({ IMAudioTranscription: 'call me back' });
    messages.db.transaction(() => {
      messages.receive(ANNA, '', ANNA, { columns: { ...audio, attributedBody } });
      attach('A1', { guid: 'at_0_A1', transfer_state: 5, mime_type: null }, 'caff');
    })();
    expect(await told(1)).toMatchObject([
      { audio: { transcription: 'call me back' }, attachments: [{ state: 'complete', mime: null }] },
    ]);
    messages.update('A1', { index_state: 1 });
    messages.receive(ANNA, 'the next');
    expect(await told(2)).toHaveLength(2);
  });

  test('what Messages hears later is told once, with its file', async () => {
    const { messages, attach, told, toldBefore } = await tailBed();
    messages.db.transaction(() => {
      messages.receive(ANNA, '', ANNA, { columns: { ...audio, attributedBody: voiceNote({}) } });
      attach('A1', { guid: 'at_0_A1', transfer_state: 5, mime_type: null }, 'caff');
    })();
    expect(await told(1)).toMatchObject([{ audio: { transcription: null } }]);
    messages.update('A1', { attributedBody: voiceNote({ IMAudioTranscription: 'call me back' }) });
    expect((await told(2))[1]).toMatchObject({
      ...{ kind: 'attachment', guid: 'A1', transcription: 'call me back' },
      attachment: { guid: 'at_0_A1', state: 'complete' },
    });
    messages.update('A1', { attributedBody: voiceNote({ IMAudioTranscription: 'call me back now' }) });
    expect(await toldBefore()).toHaveLength(2);
  });

  test('the picture of a link is no file that somebody sent, hidden or not', async () => {
    const { messages, attach, told } = await tailBed();
    messages.db.transaction(() => {
      const guid = messages.receive(ANNA, 'https://example.com', ANNA, {
        columns: { balloon_bundle_id: 'com.apple.messages.URLBalloonProvider', cache_has_attachments: 1 },
      });
      attach(guid, { guid: 'P1', transfer_name: 'B7.pluginPayloadAttachment', mime_type: null });
      attach(guid, { guid: 'P2', transfer_name: 'picture', hide_attachment: 1 });
    })();
    const [change] = await told(1);
    expect(change).toMatchObject({ kind: 'received', text: 'https://example.com' });
    expect(change).not.toHaveProperty('attachments');
  });
});
