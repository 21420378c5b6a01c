import { expect, test } from 'vitest';
import type { Call, ChatGroup, Conversation, LineOperation, Store } from '../../bridge/store/types.ts';
import { id, newCommand, newMessage, T0, type World } from './store-rows.ts';

const newOperation = (
  { account, line }: World,
  commandId: string,
  change: Partial<LineOperation> = {},
): LineOperation => ({
  id: id('op'),
  accountId: account.id,
  mode: 'live',
  lineId: line.id,
  kind: 'edit',
  commandId,
  messageId: null,
  groupId: null,
  callId: null,
  state: 'queued',
  errorCode: null,
  errorMessage: null,
  sameAs: null,
  createdAt: T0,
  updatedAt: T0,
  ...change,
});

const newConversation = ({ account, line }: World, change: Partial<Conversation> = {}): Conversation => ({
  id: id('cnv'),
  accountId: account.id,
  mode: 'live',
  lineId: line.id,
  kind: 'direct',
  participant: id('p'),
  createdAt: T0,
  ...change,
});

const newCall = ({ account, line }: World, change: Partial<Call>): Call => ({
  id: id('call'),
  accountId: account.id,
  mode: 'live',
  lineId: line.id,
  direction: 'outbound',
  kind: 'audio',
  from: line.handle,
  to: 'her@example.com',
  status: 'initiated',
  endReason: null,
  errorCode: null,
  errorMessage: null,
  commandId: id('cmd'),
  callUuid: null,
  metadata: null,
  createdAt: T0,
  ringingAt: null,
  answeredAt: null,
  endedAt: null,
  durationSeconds: 0,
  ...change,
});

/** What every store keeps of what customers ask of lines beside sending. */
export function actionsContract(at: () => { store: Store; all: World }): void {
  const ordered = async (): Promise<string> => {
    const { store, all } = at();
    return (await store.appendCommand(newCommand(all.agent.id))).id;
  };

  test('an operation is found by its id, its command and its message, and follows its states', async () => {
    const { store, all } = at();
    const message = newMessage(all);
    await store.insertMessage(message);
    const first = newOperation(all, await ordered(), { messageId: message.id });
    const second = newOperation(all, await ordered(), { messageId: message.id, createdAt: T0 + 1 });
    await store.insertLineOperation(second);
    await store.insertLineOperation(first);
    expect(await store.listLineOperations(message.id)).toEqual([first, second]);
    expect(await store.findLineOperationByCommand(first.commandId)).toEqual(first);
    const failed = {
      state: 'failed',
      errorCode: 'not_editable',
      errorMessage: 'no',
      updatedAt: T0 + 5,
    } as const;
    await store.updateLineOperation(first.id, failed);
    const { id: accountId } = all.account;
    expect(await store.findLineOperation(accountId, 'live', first.id)).toEqual({ ...first, ...failed });
    expect(await store.findLineOperation(accountId, 'sandbox', first.id)).toBeUndefined();
    expect(await store.findLineOperation('acc_other', 'live', first.id)).toBeUndefined();
    expect(await store.findLineOperationByCommand(second.commandId)).toEqual(second);
  });

  test('an operation of a command that was never stored is refused', async () => {
    const { store, all } = at();
    const refused = store.insertLineOperation(newOperation(all, 'cmd_none'));
    await expect(refused).rejects.toMatchObject({ code: 'row_refused' });
  });

  test('the operations that make groups are found by the groups', async () => {
    const { store, all } = at();
    const conversation = await store.findOrCreateConversation(newConversation(all, { kind: 'group' }));
    const group: ChatGroup = {
      id: id('grp'),
      accountId: all.account.id,
      mode: 'live',
      lineId: all.line.id,
      conversationId: conversation.id,
      name: null,
      createdAt: T0,
    };
    await store.findOrCreateGroup(group);
    const making = newOperation(all, await ordered(), { kind: 'create_group', groupId: group.id });
    await store.insertLineOperation(making);
    expect(await store.listGroupOperations([group.id, 'grp_none'])).toEqual([making]);
    expect(await store.listGroupOperations([])).toEqual([]);
  });

  test('a conversation takes the name that the Mac gives it, unless the line has another of that name', async () => {
    const { store, all } = at();
    const named = await store.findOrCreateConversation(newConversation(all, { kind: 'group' }));
    const other = await store.findOrCreateConversation(newConversation(all, { kind: 'group' }));
    const direct = await store.findOrCreateConversation(newConversation(all));
    expect(await store.nameConversation(named, other.participant)).toBe(false);
    expect((await store.findConversation(named.id))?.participant).toBe(named.participant);
    // A direct conversation of the same name is another one.
    expect(await store.nameConversation(named, direct.participant)).toBe(true);
    expect((await store.findConversation(named.id))?.participant).toBe(direct.participant);
    expect(await store.nameConversation(named, direct.participant)).toBe(true);
    expect(await store.findConversation('cnv_none')).toBeUndefined();
  });

  test('the conversation with somebody is the newest one, or the one of a line', async () => {
    const { store, all } = at();
    const conversation = await store.findOrCreateConversation(newConversation(all));
    const { participant } = conversation;
    const of = { accountId: all.account.id, mode: 'live' } as const;
    expect(await store.findConversationWith(of, participant)).toEqual(conversation);
    expect(await store.findConversationWith({ ...of, lineId: all.line.id }, participant)).toEqual(
      conversation,
    );
    expect(await store.findConversationWith({ ...of, lineId: 'ln_other' }, participant)).toBeUndefined();
    expect(await store.findConversationWith({ ...of, mode: 'sandbox' }, participant)).toBeUndefined();
    await store.findOrCreateConversation(newConversation(all, { kind: 'group', participant: 'chat1' }));
    expect(await store.findConversationWith(of, 'chat1')).toBeUndefined();
  });

  test('a call is active that a command placed, that has no end and that is not too old', async () => {
    const { store, all } = at();
    const ended = newCall(all, { endedAt: T0 + 1, status: 'ended' });
    const seen = newCall(all, { commandId: null, direction: 'inbound', callUuid: id('uuid') });
    await store.insertCall(ended);
    await store.insertCall(newCall(all, { errorCode: 'uncertain', errorMessage: 'who knows' }));
    await store.insertCall(seen);
    expect(await store.findActiveCall(all.line.id, T0)).toBeUndefined();
    const active = newCall(all, { createdAt: T0 + 2 });
    await store.insertCall(active);
    expect(await store.findActiveCall(all.line.id, T0 + 2)).toEqual(active);
    expect(await store.findActiveCall(all.line.id, T0 + 3)).toBeUndefined();
    expect(await store.findActiveCall('ln_other', T0)).toBeUndefined();
  });
}
