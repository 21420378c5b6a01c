import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../bridge/store/types.ts';
import { actionsContract } from './store-actions.contract.ts';
import { commandsContract } from './store-commands.contract.ts';
import { concurrencyContract } from './store-concurrency.contract.ts';
import { deliveryContract } from './store-deliveries.contract.ts';
import { factsContract } from './store-facts.contract.ts';
import { id, newAgent, newCommand, newMessage, newWebhook, T0, type World, world } from './store-rows.ts';

/** How the suite gets at databases of one kind. */
export interface StoreUnderTest {
  /** Makes an empty database and returns its URL. */
  newUrl(): Promise<string>;
  /** Opens a store that is closed when the test ends. */
  open(url: string): Promise<Store>;
}

/** What every store keeps, whatever its database. */
export function storeContract(kind: string, under: StoreUnderTest): void {
  describe(`store over ${kind}`, () => {
    let store: Store;
    let all: World;
    beforeEach(async () => {
      store = await under.open(await under.newUrl());
      all = await world(store);
    });

    accountsContract(() => store);
    agentsContract(() => ({ store, all }));
    commandsContract(() => ({ store, all }));
    messagesContract(() => ({ store, all }));
    idempotencyContract(() => ({ store, all }));
    transactionsContract(() => ({ store, all }));
    factsContract(() => ({ store, all }));
    actionsContract(() => ({ store, all }));
    deliveryContract(() => ({ store, all }));
    concurrencyContract(under);
  });
}

function accountsContract(store: () => Store): void {
  test('keys are found by their hash, and lines by handle or id within their account alone', async () => {
    const [account] = await store().listAccounts();
    const accountId = account?.id ?? '';
    const key = {
      id: id('key'),
      accountId,
      mode: 'live',
      hash: 'h1',
      createdAt: T0,
      revokedAt: null,
    } as const;
    await store().insertApiKey(key);
    expect(await store().findApiKey('h1')).toEqual(key);
    expect(await store().findApiKey('h2')).toBeUndefined();

    const [line] = await store().listLines(accountId);
    expect(await store().findLineByHandle(accountId, '+14155550100')).toEqual(line);
    expect(await store().findLine(accountId, line?.id ?? '')).toEqual(line);
    expect(await store().findLine('acc_other', line?.id ?? '')).toBeUndefined();
    expect(await store().findLineByHandle('acc_other', '+14155550100')).toBeUndefined();
    await expect(
      store().insertLine({
        id: id('ln'),
        accountId,
        handle: '+14155550100',
        createdAt: T0,
        bannedAt: null,
        banReason: null,
      }),
    ).rejects.toThrow();
  });

  test('an enrolment token works once, and not when its time is over', async () => {
    const [account] = await store().listAccounts();
    const token = {
      hash: 't1',
      accountId: account?.id ?? '',
      createdAt: T0,
      expiresAt: T0 + 100,
      usedAt: null,
    };
    await store().insertEnrolmentToken(token);
    await store().insertEnrolmentToken({ ...token, hash: 't2' });
    expect(await store().useEnrolmentToken('t1', T0 + 99)).toEqual({ ...token, usedAt: T0 + 99 });
    expect(await store().useEnrolmentToken('t1', T0 + 99)).toBeUndefined();
    expect(await store().useEnrolmentToken('t2', T0 + 100)).toBeUndefined();
    expect(await store().useEnrolmentToken('t3', T0)).toBeUndefined();
  });
}

function agentsContract(at: () => { store: Store; all: World }): void {
  test('a session counts events without gap or repeat, and fences the one before it', async () => {
    const { store, all } = at();
    const { id: agentId } = all.agent;
    const first = await store.openSession(agentId, { sessionId: 's1', journalId: 'j1', now: T0 + 1 });
    expect(first).toMatchObject({ sessionId: 's1', journalId: 'j1', eventSeq: 0, lastSeenAt: T0 + 1 });
    expect(await store.advanceEventSeq(agentId, 's1', 1)).toBe(true);
    expect(await store.advanceEventSeq(agentId, 's1', 1)).toBe(false);
    expect(await store.advanceEventSeq(agentId, 's1', 3)).toBe(false);
    expect(await store.advanceEventSeq(agentId, 's1', 2)).toBe(true);

    expect(await store.openSession(agentId, { sessionId: 's2', journalId: 'j1', now: T0 })).toMatchObject({
      eventSeq: 2,
    });
    expect(await store.advanceEventSeq(agentId, 's1', 3)).toBe(false);
    expect(await store.advanceEventSeq(agentId, 's2', 3)).toBe(true);

    expect(await store.openSession(agentId, { sessionId: 's3', journalId: 'j2', now: T0 })).toMatchObject({
      eventSeq: 0,
    });
    expect(await store.advanceEventSeq(agentId, 's3', 1)).toBe(true);
  });

  test('a session that ends leaves none, unless a newer one began', async () => {
    const { store, all } = at();
    const { id: agentId } = all.agent;
    const sessionOf = async () => (await store.findAgent(agentId))?.sessionId;
    await store.openSession(agentId, { sessionId: 's1', journalId: 'j1', now: T0 });
    await store.openSession(agentId, { sessionId: 's2', journalId: 'j1', now: T0 });
    await store.closeSession(agentId, 's1');
    expect(await sessionOf()).toBe('s2');
    await store.closeSession(agentId, 's2');
    expect(await sessionOf()).toBeNull();
    expect(await store.advanceEventSeq(agentId, 's2', 1)).toBe(false);
    expect(await store.findAgent(agentId)).toMatchObject({
      journalId: 'j1',
      lastSeenAt: T0,
      revokedAt: null,
    });
  });

  test('a revoked agent has no session and gets none, and its line has none until the next is enrolled', async () => {
    const { store, all } = at();
    const { agent, line } = all;
    await store.openSession(agent.id, { sessionId: 's1', journalId: 'j1', now: T0 });
    expect(await store.findAgentOfLine(line.id)).toMatchObject({ id: agent.id });
    expect(await store.revokeAgent(agent.id, T0 + 5)).toBe(true);
    expect(await store.revokeAgent(agent.id, T0 + 6)).toBe(false);
    expect(await store.revokeAgent('ag_none', T0)).toBe(false);
    expect(await store.findAgent(agent.id)).toMatchObject({ revokedAt: T0 + 5, sessionId: null });
    expect(await store.advanceEventSeq(agent.id, 's1', 1)).toBe(false);
    expect(await store.openSession(agent.id, { sessionId: 's2', journalId: 'j1', now: T0 })).toBeUndefined();
    expect(await store.findAgentOfLine(line.id)).toBeUndefined();

    const second = newAgent(line, { createdAt: T0 + 7 });
    const third = newAgent(line, { createdAt: T0 + 8 });
    await store.insertAgent(second);
    await store.insertAgent(third);
    expect(await store.findAgentOfLine(line.id)).toEqual(third);
    await store.revokeAgentsOfLine(line.id, T0 + 9);
    const revoked = (await store.listAgents(all.account.id)).map((one) => one.revokedAt);
    expect(revoked).toEqual([T0 + 5, T0 + 9, T0 + 9]);
  });

  test('commands are numbered from 1 and acknowledged upwards, never beyond what was given out', async () => {
    const { store, all } = at();
    const { id: agentId } = all.agent;
    const made = [];
    for (let i = 0; i < 3; i += 1) made.push(await store.appendCommand(newCommand(agentId)));
    expect(made.map((command) => command.seq)).toEqual([1, 2, 3]);
    expect(await store.listCommands(agentId, 1, 1)).toEqual([made[1]]);
    expect(await store.listCommands(agentId, 0, 10)).toEqual(made);
    await store.advanceCommandAck(agentId, 2);
    await store.advanceCommandAck(agentId, 1);
    expect(await store.findAgent(agentId)).toMatchObject({ commandAck: 2, commandSeq: 3 });
    await store.advanceCommandAck(agentId, 99);
    expect(await store.findAgent(agentId)).toMatchObject({ commandAck: 3 });
    await store.touchAgent(agentId, T0 + 50);
    expect(await store.findAgent(agentId)).toMatchObject({ lastSeenAt: T0 + 50 });
    await expect(store.appendCommand(newCommand('ag_none'))).rejects.toThrow();
  });
}

function messagesContract(at: () => { store: Store; all: World }): void {
  test('a conversation is made once for a participant, and the newest one tells the line', async () => {
    const { store, all } = at();
    const { conversation, account, line } = all;
    expect(await store.findOrCreateConversation({ ...conversation, id: id('cnv') })).toEqual(conversation);
    const find = () => store.findLineOfParticipant(account.id, 'live', conversation.participant);
    expect(await find()).toEqual(line);
    const other = {
      id: id('ln'),
      accountId: account.id,
      handle: 'me@example.com',
      createdAt: T0,
      bannedAt: null,
      banReason: null,
    };
    await store.insertLine(other);
    const newer = { ...conversation, id: id('cnv'), lineId: other.id, createdAt: T0 + 1 };
    expect(await store.findOrCreateConversation(newer)).toEqual(newer);
    expect(await find()).toEqual(other);
    expect(
      await store.findLineOfParticipant(account.id, 'sandbox', conversation.participant),
    ).toBeUndefined();
  });

  test('a message comes back as it was stored, is found in every way, and only by its account and mode', async () => {
    const { store, all } = at();
    const text = '\u{1F468}\u200D\u{1F469} ünïcode\r\n\ttab "quote" \\ \u202Ertl \uFFFF';
    const message = newMessage(all, { text, metadata: { order: '7', __proto__x: 'é' }, guid: 'g1' });
    await store.insertMessage(message);
    await store.appendCommand({ ...newCommand(all.agent.id, message.id), id: 'cmd_known' });
    expect(await store.findMessage(all.account.id, 'live', message.id)).toEqual(message);
    expect(await store.findMessageByGuid(all.line.id, 'g1')).toEqual(message);
    expect(await store.findMessageByCommand('cmd_known')).toEqual(message);
    expect(await store.findMessage(all.account.id, 'sandbox', message.id)).toBeUndefined();
    expect(await store.findMessage('acc_other', 'live', message.id)).toBeUndefined();
    expect(await store.findMessageByGuid('ln_other', 'g1')).toBeUndefined();
    expect(await store.findMessageByCommand('cmd_unknown')).toBeUndefined();
    await expect(store.insertMessage(newMessage(all, { guid: 'g1' }))).rejects.toThrow();

    await store.updateMessage(message.id, {});
    await store.updateMessage(message.id, { status: 'sent', sentAt: T0 + 1 });
    expect(await store.findMessage(all.account.id, 'live', message.id)).toEqual({
      ...message,
      status: 'sent',
      sentAt: T0 + 1,
    });
  });

  test('a list is newest first, filtered, and its pages neither overlap nor leave out, also within one millisecond', async () => {
    const { store, all } = at();
    const messages = Array.from({ length: 25 }, (_, i) =>
      newMessage(all, {
        createdAt: T0 + Math.floor(i / 10),
        direction: i % 5 === 0 ? 'inbound' : 'outbound',
        status: i % 5 === 0 ? 'received' : 'queued',
        from: i % 5 === 0 ? 'her@example.com' : '+14155550100',
      }),
    );
    for (const message of messages) await store.insertMessage(message);
    const filter = { accountId: all.account.id, mode: 'live' } as const;
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listMessages(filter, { limit: 7, cursor });
      seen.push(...page.messages.map((message) => message.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(messages.map((message) => message.id).reverse());

    const countOf = async (change: object) =>
      (await store.listMessages({ ...filter, ...change }, { limit: 100, cursor: undefined })).messages.length;
    expect(await countOf({ direction: 'inbound' })).toBe(5);
    expect(await countOf({ status: 'queued' })).toBe(20);
    expect(await countOf({ participant: 'her@example.com' })).toBe(5);
    expect(await countOf({ participant: '+14155550101' })).toBe(25);
    expect(await countOf({ since: T0 + 1 })).toBe(15);
    expect(await countOf({ until: T0 + 1 })).toBe(10);
    expect(await countOf({ lineId: 'ln_other' })).toBe(0);
    expect(await countOf({ mode: 'sandbox' })).toBe(0);
    for (const bad of ['', '%%', 'bm8', 'MS4yOw', `${'9'.repeat(400)}`]) {
      await expect(store.listMessages(filter, { limit: 1, cursor: bad })).rejects.toMatchObject({
        code: 'invalid_parameter_value',
        param: 'cursor',
      });
    }
  });

  test('a timeline keeps the order of appending, whatever the times say', async () => {
    const { store, all } = at();
    const message = newMessage(all);
    await store.insertMessage(message);
    const entries = (['accepted', 'queued', 'sent'] as const).map((step, i) => ({
      messageId: message.id,
      step,
      source: 'bridge' as const,
      at: T0 - i,
      errorCode: null,
    }));
    for (const entry of entries) await store.appendTimeline(entry);
    expect(await store.listTimeline(message.id)).toEqual(entries);
  });
}

function idempotencyContract(at: () => { store: Store; all: World }): void {
  test('an idempotency key is held by the first until its time is over, unless its transaction fails', async () => {
    const { store, all } = at();
    const first = {
      id: 'i1',
      accountId: all.account.id,
      fingerprint: 'f1',
      resourceId: 'r1',
      createdAt: T0,
      expiresAt: T0 + 100,
    };
    const failed = store.transaction(async (tx) => {
      await tx.reserveIdempotencyKey(first);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const second = { ...first, fingerprint: 'f2', resourceId: 'r2' };
    expect(await store.reserveIdempotencyKey(second)).toEqual(second);
    expect(await store.reserveIdempotencyKey({ ...first, createdAt: T0 + 99 })).toEqual(second);
    expect(await store.reserveIdempotencyKey({ ...first, id: 'i2' })).toMatchObject({ resourceId: 'r1' });
    const late = { ...first, createdAt: T0 + 100, expiresAt: T0 + 200 };
    expect(await store.reserveIdempotencyKey(late)).toEqual(late);
  });
}

function transactionsContract(at: () => { store: Store; all: World }): void {
  test('a transaction that fails leaves nothing behind and the store goes on', async () => {
    const { store, all } = at();
    const failed = store.transaction(async (tx) => {
      await tx.appendCommand(newCommand(all.agent.id));
      await tx.insertWebhook(newWebhook(all.account.id));
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await store.listWebhooks(all.account.id, 'live')).toEqual([]);
    expect((await store.appendCommand(newCommand(all.agent.id))).seq).toBe(1);
    await store.check();
  });

  test('statements from outside wait for a transaction and see all of it or nothing', async () => {
    const { store, all } = at();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writing = store.transaction(async (tx) => {
      await tx.insertWebhook(newWebhook(all.account.id));
      await held;
      await tx.insertWebhook(newWebhook(all.account.id));
    });
    const outside = store.listWebhooks(all.account.id, 'live');
    release();
    await writing;
    expect([0, 2]).toContain((await outside).length);
    expect(await store.listWebhooks(all.account.id, 'live')).toHaveLength(2);
  });
}
