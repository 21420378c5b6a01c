import { expect, test } from 'vitest';
import type {
  Attachment,
  Call,
  LineUsage,
  Media,
  StandingReaction,
  Store,
} from '../../bridge/store/types.ts';
import { lineState } from '../support/line-state.ts';
import { id, newCommand, newMessage, T0, type World } from './store-rows.ts';

const newMedia = ({ account, line }: World, change: Partial<Media> = {}): Media => ({
  id: id('med'),
  accountId: account.id,
  mode: 'live',
  lineId: line.id,
  commandId: null,
  filename: 'a.jpg',
  mimeType: 'image/jpeg',
  bytes: 3,
  sha256: null,
  kind: 'image',
  state: 'pending',
  file: null,
  errorCode: null,
  createdAt: T0,
  ...change,
});

const newCall = ({ account, line }: World, change: Partial<Call> = {}): Call => ({
  id: id('call'),
  accountId: account.id,
  mode: 'live',
  lineId: line.id,
  direction: 'inbound',
  kind: 'video',
  from: 'her@example.com',
  to: line.handle,
  status: 'ended',
  endReason: 'unknown',
  errorCode: null,
  errorMessage: null,
  commandId: null,
  callUuid: null,
  metadata: null,
  createdAt: T0,
  ringingAt: null,
  answeredAt: T0,
  endedAt: T0 + 1_500,
  durationSeconds: 1.5,
  ...change,
});

/** What every store keeps of the facts that a Mac tells beside messages. */
export function factsContract(at: () => { store: Store; all: World }): void {
  test('a fact is noted once for a line', async () => {
    const { store, all } = at();
    expect(await store.noteFact(all.line.id, 'k', T0)).toBe(true);
    expect(await store.noteFact(all.line.id, 'k', T0 + 1)).toBe(false);
    expect(await store.noteFact(all.line.id, 'K', T0)).toBe(true);
  });

  test('a row that breaks a rule is refused by its name, and leaves the transaction undone', async () => {
    const { store, all } = at();
    const refused = store.transaction(async (tx) => {
      await tx.noteFact(all.line.id, 'k', T0);
      await tx.noteFact('ln_none', 'k', T0);
    });
    await expect(refused).rejects.toMatchObject({ code: 'row_refused', retry: 'never' });
    expect(await store.noteFact(all.line.id, 'k', T0)).toBe(true);
  });

  test('what was rejected, and what came back for a command, is read as it was kept', async () => {
    const { store, all } = at();
    const event = { type: 'media.uploaded', commandId: 'c', at: '2026-01-01T00:00:00.000Z' } as const;
    const kept = { agentId: all.agent.id, journalId: 'j', type: event.type, code: 'row_refused', event };
    await store.insertRejectedEvent({ ...kept, seq: 1, createdAt: T0 });
    await store.insertRejectedEvent({ ...kept, seq: 2, createdAt: T0 });
    expect((await store.listRejectedEvents(all.agent.id, 1)).map(({ seq }) => seq)).toEqual([2]);
    expect((await store.listRejectedEvents(all.agent.id, 9))[1]).toEqual({ ...kept, seq: 1, createdAt: T0 });

    const command = await store.appendCommand(newCommand(all.agent.id));
    expect(await store.findCommand(command.id)).toEqual(command);
    const result = { commandId: command.id, result: event, at: T0 };
    await store.putCommandResult(result);
    await store.putCommandResult({ ...result, at: T0 + 1 });
    expect(await store.findCommandResult(command.id)).toEqual(result);
    expect(await store.findCommandResult('cmd_none')).toBeUndefined();
    await expect(store.putCommandResult({ ...result, commandId: 'cmd_none' })).rejects.toThrow();
  });

  test('further rows of a message are kept once, in the order of its parts', async () => {
    const { store, all } = at();
    const message = newMessage(all);
    await store.insertMessage(message);
    const second = { lineId: all.line.id, guid: 'g2', messageId: message.id, part: 2 };
    const first = { ...second, guid: 'g1', part: 1 };
    await store.addMessageRow(second);
    await store.addMessageRow(first);
    await store.addMessageRow({ ...first, part: 3 });
    expect(await store.listMessageRows([message.id, 'msg_none'])).toEqual([first, second]);
    expect(await store.listMessageRows([])).toEqual([]);
    expect(await store.findMessageRow(all.line.id, 'g2')).toEqual(second);
    expect(await store.findMessageRow('ln_none', 'g2')).toBeUndefined();
    await expect(store.addMessageRow({ ...second, guid: 'g3' })).rejects.toThrow();
  });

  test('an actor has one tapback on a part, which only its own removal takes away', async () => {
    const { store, all } = at();
    const love: StandingReaction = {
      lineId: all.line.id,
      targetGuid: 'g',
      part: 0,
      actor: 'her@example.com',
      direction: 'inbound',
      reaction: 'love',
      emoji: null,
      at: T0,
    };
    const emoji = { ...love, reaction: 'emoji', emoji: '🦊', at: T0 + 1 } as const;
    await store.putReaction(love);
    await store.putReaction({ ...love, part: 1 });
    await store.putReaction({ ...love, actor: 'him@example.com' });
    await store.putReaction(emoji);
    expect(await store.removeReaction(love)).toBe(false);
    expect(await store.listReactions(all.line.id, ['g', 'h'])).toHaveLength(3);
    expect(await store.removeReaction({ ...emoji, emoji: '🐻' })).toBe(false);
    expect(await store.removeReaction(emoji)).toBe(true);
    expect(await store.removeReaction({ ...love, part: 1 })).toBe(true);
    expect(await store.listReactions(all.line.id, ['g'])).toEqual([{ ...love, actor: 'him@example.com' }]);
    expect(await store.listReactions(all.line.id, [])).toEqual([]);
  });

  test('a conversation has one group, with members', async () => {
    const { store, all } = at();
    const group = {
      id: id('grp'),
      accountId: all.account.id,
      mode: 'live',
      lineId: all.line.id,
      conversationId: all.conversation.id,
      name: null,
      createdAt: T0,
    } as const;
    expect(await store.findOrCreateGroup(group)).toEqual({ group, made: true });
    expect(await store.findOrCreateGroup({ ...group, id: id('grp') })).toEqual({ group, made: false });
    await store.renameGroup(group.id, 'Us');
    expect(await store.findGroup(all.account.id, 'live', group.id)).toEqual({ ...group, name: 'Us' });
    expect(await store.findGroup(all.account.id, 'sandbox', group.id)).toBeUndefined();
    const member = { groupId: group.id, handle: 'b@example.com', addedAt: T0 };
    await store.addMember(member);
    await store.addMember({ ...member, addedAt: T0 + 5 });
    await store.addMember({ ...member, handle: 'a@example.com', addedAt: T0 + 1 });
    await store.removeMember(group.id, 'nobody@example.com');
    expect((await store.listMembers([group.id])).map(({ handle }) => handle)).toEqual([
      member.handle,
      'a@example.com',
    ]);
    await store.removeMember(group.id, 'a@example.com');
    expect(await store.listMembers([group.id])).toEqual([member]);
    const { groups } = await store.listGroups(
      { accountId: all.account.id, mode: 'live' },
      { limit: 5, cursor: undefined },
    );
    expect(groups.map(({ name }) => name)).toEqual(['Us']);
  });

  test('a call comes back as it was kept, by every name it has', async () => {
    const { store, all } = at();
    const one = newCall(all, { callUuid: 'u1', commandId: 'cmd_1', metadata: { a: 'b' } });
    await store.insertCall(one);
    await store.insertCall(newCall(all));
    await store.insertCall(newCall(all, { createdAt: T0 + 1, direction: 'outbound' }));
    expect(await store.findCallByUuid(all.line.id, 'u1')).toEqual(one);
    expect(await store.findCallByCommand(all.line.id, 'cmd_1')).toEqual(one);
    expect(await store.findCallByCommand('ln_other', 'cmd_1')).toBeUndefined();
    const changed = { ...one, status: 'failed', durationSeconds: 0.25 } as const;
    await store.updateCall(changed);
    expect(await store.findCall(all.account.id, 'live', one.id)).toEqual(changed);
    await expect(store.insertCall(newCall(all, { callUuid: 'u1' }))).rejects.toThrow();
    const filter = { accountId: all.account.id, mode: 'live' } as const;
    const first = await store.listCalls(filter, { limit: 2, cursor: undefined });
    expect(first.calls[0]?.direction).toBe('outbound');
    const second = await store.listCalls(filter, { limit: 2, cursor: first.nextCursor ?? '' });
    expect([first.calls.length, second.calls.length, second.nextCursor]).toEqual([2, 1, null]);
    const failed = await store.listCalls({ ...filter, status: 'failed' }, { limit: 9, cursor: undefined });
    expect(failed.calls).toEqual([changed]);
  });

  test('the last report of a line stands', async () => {
    const { store, all } = at();
    const at1 = '2026-01-01T00:00:00.000Z';
    const capabilities = { type: 'line.capabilities', at: at1, macos: '26', actions: [] } as const;
    expect(await store.findLineReport(all.line.id)).toBeUndefined();
    const report = { lineId: all.line.id, state: null, capabilities: null, updatedAt: T0 };
    expect(await store.markOffline(all.line.id, T0)).toBe(false);
    await store.putLineReport(report);
    const later = { ...report, capabilities: { ...capabilities, actions: [] }, updatedAt: T0 + 1 };
    await store.putLineReport(later);
    expect(await store.findLineReport(all.line.id)).toEqual({ ...later, offlineSince: null });
    expect(await store.markOffline(all.line.id, null)).toBe(false);
    expect(await store.markOffline(all.line.id, T0 + 2)).toBe(true);
    expect(await store.markOffline(all.line.id, T0 + 3)).toBe(false);
    await store.putLineReport(later);
    expect(await store.listLineReports(all.account.id)).toEqual([{ ...later, offlineSince: T0 + 2 }]);
    expect(await store.listLineReports('acc_other')).toEqual([]);
    expect(await store.markOffline(all.line.id, null)).toBe(true);
  });

  test('a line turns when no Mac of it was seen for long, or one again', async () => {
    const { store, all } = at();
    const state = lineState('2026-01-01T00:00:00.000Z');
    const report = { lineId: all.line.id, state: null, capabilities: null, updatedAt: T0 };
    const turned = async () => (await store.listTurnedLines(T0, 9)).map(({ id: lineId }) => lineId);
    await store.putLineReport(report);
    expect(await turned()).toEqual([]);
    await store.putLineReport({ ...report, state });
    expect(await turned()).toEqual([all.line.id]);
    await store.touchAgent(all.agent.id, T0);
    expect(await turned()).toEqual([all.line.id]);
    await store.touchAgent(all.agent.id, T0 + 1);
    expect(await turned()).toEqual([]);
    await store.markOffline(all.line.id, T0);
    expect(await store.listTurnedLines(T0, 9)).toEqual([all.line]);
    await store.touchAgent(all.agent.id, T0);
    expect(await turned()).toEqual([]);
  });

  test('the newest word on the use of a day stands', async () => {
    const { store, all } = at();
    const day = (date: string, sent: number, told: number): LineUsage => ({
      lineId: all.line.id,
      date,
      sent,
      received: 1,
      newConversations: 2,
      proactive: 3,
      newConversationCap: 5,
      dailyCap: 20,
      resetsAt: T0 + 4,
      at: told,
    });
    await store.putLineUsage(day('2026-01-02', 1, T0));
    await store.putLineUsage(day('2026-01-01', 9, T0));
    await store.putLineUsage(day('2026-01-02', 2, T0 + 1));
    await store.putLineUsage(day('2026-01-02', 1, T0));
    await store.putLineUsage(day('2026-01-03', 7, T0));
    expect(await store.listLineUsage(all.line.id, { from: '2026-01-01', to: '2026-01-02' })).toEqual([
      day('2026-01-01', 9, T0),
      day('2026-01-02', 2, T0 + 1),
    ]);
    expect(await store.listLineUsage('ln_other', { from: '2026-01-01', to: '2026-01-09' })).toEqual([]);
  });

  test('whether somebody wrote in a conversation of late', async () => {
    const { store, all } = at();
    await store.insertMessage(newMessage(all, { direction: 'outbound', createdAt: T0 + 5 }));
    expect(await store.hasInboundSince(all.conversation.id, T0)).toBe(false);
    await store.insertMessage(newMessage(all, { direction: 'inbound', createdAt: T0 }));
    expect(await store.hasInboundSince(all.conversation.id, T0)).toBe(true);
    expect(await store.hasInboundSince(all.conversation.id, T0 + 1)).toBe(false);
    expect(await store.hasInboundSince('cnv_other', T0)).toBe(false);
  });

  test('a file is stored once, and attachments keep their order', async () => {
    const { store, all } = at();
    const media = newMedia(all, { commandId: 'cmd_m' });
    const message = newMessage(all, { details: { replyTo: { messageId: null, guid: 'g', part: 1 } } });
    await store.insertMessage(message);
    await store.insertMedia(media);
    const stored = { file: 'f', bytes: 4, sha256: 'a'.repeat(64) };
    expect(await store.storeMedia(media.id, stored)).toBe(true);
    expect(await store.storeMedia(media.id, { ...stored, file: 'g' })).toBe(false);
    const whole = { ...media, ...stored, state: 'stored' };
    expect(await store.findMedia(all.account.id, 'live', media.id)).toEqual(whole);
    expect(await store.findMedia('acc_other', 'live', media.id)).toBeUndefined();
    expect(await store.findMediaByCommand('cmd_m')).toEqual(whole);
    await store.updateMedia(media.id, { errorCode: 'e' });
    expect(await store.findMediaById(media.id)).toEqual({ ...whole, errorCode: 'e' });

    const attachment: Attachment = {
      messageId: message.id,
      ordinal: 1,
      guid: 'a1',
      mediaId: media.id,
      name: 'a.jpg',
      mimeType: null,
      bytes: 3,
      kind: 'image',
      state: 'pending',
      place: 4,
      part: 1,
      transcription: null,
      renditionId: null,
      renditionName: null,
      renditionType: null,
    };
    await store.insertAttachment(attachment);
    await store.insertAttachment({ ...attachment, ordinal: 0, guid: null, mediaId: null });
    await expect(store.insertAttachment({ ...attachment, ordinal: 2 })).rejects.toThrow();
    await store.updateAttachment({ ...attachment, state: 'complete' });
    expect(await store.listAttachments([message.id])).toEqual([
      { ...attachment, ordinal: 0, guid: null, mediaId: null },
      { ...attachment, state: 'complete' },
    ]);

    const jpeg = newMedia(all, { bytes: 0 });
    await store.insertMedia(jpeg);
    const rendered = { renditionId: jpeg.id, renditionName: 'a.jpg', renditionType: 'image/jpeg' };
    await store.updateAttachment({ ...attachment, ...rendered });
    await store.storeMedia(jpeg.id, { ...stored, file: 'h', bytes: 9 });
    expect((await store.listAttachments([message.id]))[1]).toEqual({ ...attachment, ...rendered });
    await store.dropRendition(jpeg.id);
    expect((await store.listAttachments([message.id]))[1]).toEqual(attachment);
    const other = newMedia(all);
    await store.insertMedia(other);
    await store.updateAttachment({ ...attachment, mediaId: other.id });
    await store.storeMedia(other.id, { ...stored, file: 'i', bytes: 77 });
    expect((await store.listAttachments([message.id]))[1]).toMatchObject({ bytes: 77 });
    expect(await store.findMessage(all.account.id, 'live', message.id)).toEqual(message);
  });

  test('a search finds every word, whatever case and signs, page by page', async () => {
    const { store, all } = at();
    const texts = ['Blue 100% relay', 'blue relay 1000', 'a_b', 'axb', 'red', 'the relay is BLUE'];
    for (const [i, text] of texts.entries())
      await store.insertMessage(
        newMessage(all, { text, createdAt: T0 + i, groupId: i === 2 ? 'grp_1' : null }),
      );
    const filter = { accountId: all.account.id, mode: 'live' } as const;
    const found = async (words: string[]): Promise<string[]> => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listMessages({ ...filter, words }, { limit: 1, cursor });
        seen.push(...page.messages.map(({ text }) => text));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return seen;
    };
    expect(await found(['relay', 'blue'])).toEqual([texts[5], texts[1], texts[0]]);
    expect(await found(['100%'])).toEqual([texts[0]]);
    expect(await found(['_'])).toEqual(['a_b']);
    expect(await found(['\\'])).toEqual([]);
    const page = await store.listMessages({ ...filter, groupId: 'grp_1' }, { limit: 9, cursor: undefined });
    expect(page.messages.map(({ text }) => text)).toEqual(['a_b']);
  });
}
