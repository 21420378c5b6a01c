import { describe, expect, test } from 'vitest';
import { changeFacts } from '../../agent/outbox/facts.ts';
import type { Columns } from '../support/chat-db-writer.ts';
import { ANNA, BEN, GROUP, tailBed } from '../support/tail-bed.ts';

describe('reactions', () => {
  test('added, changed, removed; by others and by the owner', async () => {
    const { messages, told } = await tailBed();
    const target = messages.receive(ANNA, 'hi');
    const tapback = (type: number, more: Columns = {}, fromMe = false): string =>
      messages.db.transaction(() => {
        const guid = messages.message({
          from: ANNA,
          fromMe,
          text: 'Loved “hi”',
          columns: { associated_message_type: type, associated_message_guid: `p:2/${target}`, ...more },
        });
        messages.join(guid, ANNA);
        return guid;
      })();
    const loved = tapback(2000);
    await told(2);
    messages.db.prepare('DELETE FROM message WHERE guid = ?').run(loved);
    tapback(2006, { associated_message_emoji: '🎉' });
    tapback(3006, { associated_message_emoji: '🎉' });
    tapback(2001, { associated_message_guid: `bp:${target}` }, true);
    const changes = (await told(5)).slice(1);
    expect(changes).toMatchObject([
      { kind: 'tapback', action: 'added', tapback: 'love', from: ANNA, target: { guid: target, part: 2 } },
      { action: 'added', tapback: 'emoji', emoji: '🎉', replaces: 'love' },
      { action: 'removed', tapback: 'emoji', emoji: '🎉' },
      { action: 'added', tapback: 'like', from: null, target: { guid: target, part: 0 } },
    ]);
    expect(changes[0]).not.toHaveProperty('replaces');
  });

  test('an emoji that another one replaces, or whose removal does not name it, is named', async () => {
    const { messages, told } = await tailBed();
    const target = messages.receive(ANNA, 'hi');
    const tapback = (type: number, emoji?: string): string =>
      messages.receive(ANNA, 'Reacted', ANNA, {
        columns: {
          ...{ associated_message_type: type, associated_message_guid: `p:0/${target}` },
          associated_message_emoji: emoji ?? null,
        },
      });
    tapback(2006, '😀');
    tapback(2006, '🎉');
    tapback(3006);
    const changes = (await told(4)).slice(1);
    expect(changes).toMatchObject([
      { action: 'added', emoji: '😀' },
      { action: 'added', emoji: '🎉', replaces: 'emoji', replacedEmoji: '😀' },
      { action: 'removed', tapback: 'emoji', emoji: '🎉' },
    ]);
    expect(changes.flatMap((change) => changeFacts(change))).toMatchObject([
      { type: 'reaction.added', emoji: '😀' },
      { type: 'reaction.removed', emoji: '😀' },
      { type: 'reaction.added', emoji: '🎉' },
      { type: 'reaction.removed', emoji: '🎉' },
    ]);
  });

  test('a sticker that was put on a bubble is a message with its target', async () => {
    const { messages, told } = await tailBed();
    const target = messages.receive(ANNA, 'hi');
    messages.receive(ANNA, 'x', ANNA, {
      columns: { associated_message_type: 1000, associated_message_guid: `p:0/${target}` },
    });
    expect((await told(2))[1]).toMatchObject({ kind: 'received', sticker: { guid: target, part: 0 } });
  });

  test('apps by their bundle id, and a vote by the poll it changes', async () => {
    const { messages, told } = await tailBed();
    const apple = 'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:';
    const pay = `${apple}com.apple.PassbookUIService.PeerPaymentMessagesExtension`;
    messages.receive(ANNA, '\uFFFD', ANNA, { columns: { balloon_bundle_id: pay } });
    const poll = messages.receive(ANNA, '\uFFFD', ANNA, {
      columns: { balloon_bundle_id: 'com.apple.messages.Polls', payload_data: Buffer.from('broken') },
    });
    messages.receive(ANNA, '', ANNA, {
      text: null,
      columns: { associated_message_type: 4000, associated_message_guid: poll },
    });
    messages.receive(ANNA, '\uFFFD', ANNA, { columns: { balloon_bundle_id: 'com.unheard.App' } });
    const changes = await told(4);
    expect(changes.map((change) => (change.kind === 'received' ? change.app : null))).toEqual([
      { bundleId: pay, name: 'apple-pay' },
      { bundleId: 'com.apple.messages.Polls', name: 'poll' },
      { bundleId: 'com.apple.messages.Polls', name: 'poll', updates: poll },
      { bundleId: 'com.unheard.App', name: 'app' },
    ]);
  });
});

describe('groups', () => {
  test('every change of a group, and no note about anything else', async () => {
    const { messages, toldBefore } = await tailBed();
    const note = (columns: Columns, fromMe = false): void => {
      messages.db.transaction(() => {
        const guid = messages.message({ from: ANNA, fromMe, text: null, columns });
        messages.join(guid, GROUP);
      })();
    };
    const ben = messages.handle(BEN);
    note({ item_type: 1, group_action_type: 0, other_handle: ben });
    note({ item_type: 1, group_action_type: 1, other_handle: ben });
    note({ item_type: 1, group_action_type: 0, other_handle: messages.handle(ANNA) });
    note({ item_type: 2, group_title: 'Name' });
    note({ item_type: 2, group_title: '' }, true);
    for (const action of [0, 1, 2, 4, 6]) note({ item_type: 3, group_action_type: action });
    for (const type of [4, 5, 6]) note({ item_type: type });
    const changes = await toldBefore();
    const chat = { kind: 'group', identifier: GROUP };
    expect(changes).toMatchObject([
      { kind: 'group', change: 'added', member: BEN, from: ANNA, chat },
      { kind: 'group', change: 'removed', member: BEN, from: ANNA },
      { kind: 'group', change: 'renamed', name: 'Name', from: ANNA },
      { kind: 'group', change: 'renamed', name: null, from: null },
      { kind: 'group', change: 'left', member: ANNA },
      { kind: 'group', change: 'photo-set' },
      { kind: 'group', change: 'photo-removed' },
    ]);
  });
});

describe('own rows', () => {
  test('a downgrade is told with the states after it', async () => {
    const { messages, told } = await tailBed();
    const guid = messages.send(ANNA, 'mine');
    messages.update(guid, { was_downgraded: 1, service: 'SMS', is_sent: 1 });
    expect(await told(1)).toMatchObject([{ state: 'sent', service: 'SMS', downgraded: true }]);
  });

  test('the ghost of a send by script tells nothing', async () => {
    const { messages, toldBefore } = await tailBed();
    messages.message({ fromMe: true, text: null, service: 'SMS', columns: { is_sent: 1 } });
    expect(await toldBefore()).toEqual([]);
  });
});
