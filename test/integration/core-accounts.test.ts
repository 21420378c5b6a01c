import { describe, expect, test } from 'vitest';
import { MAX_WEBHOOKS } from '../../bridge/core/create-webhook.ts';
import { somePublicKey, testAgent, testCore } from '../support/bridge-core.ts';

describe('keys', () => {
  test('name their mode, are stored as hashes, and tell who calls', async () => {
    const { core, store } = await testCore();
    const { account, liveKey, sandboxKey } = await core.createAccount(' Shop ');
    expect(account.name).toBe('Shop');
    expect(liveKey).toMatch(/^sk_live_[\w-]{32,}$/);
    expect(sandboxKey).toMatch(/^sk_sandbox_[\w-]{32,}$/);
    expect(await core.authenticate(liveKey)).toEqual({ accountId: account.id, mode: 'live' });
    expect(await core.authenticate(sandboxKey)).toEqual({ accountId: account.id, mode: 'sandbox' });
    expect(await store.findApiKey(liveKey)).toBeUndefined();
    for (const name of ['', '  ', 'x'.repeat(101), 'a\0'])
      await expect(core.createAccount(name)).rejects.toMatchObject({ param: 'name' });
  });

  test('that are missing or unknown are refused', async () => {
    const { core } = await testCore();
    await expect(core.authenticate(undefined)).rejects.toMatchObject({ code: 'missing_api_key' });
    await expect(core.authenticate('')).rejects.toMatchObject({ code: 'missing_api_key' });
    for (const key of ['sk_live_x', 'x'.repeat(100_000), '\0', '\uD83D'])
      await expect(core.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' });
  });
});

describe('enrolment', () => {
  const request = (token: string, change = {}) => ({
    token,
    publicKey: somePublicKey,
    name: 'Mac',
    handle: '+1 415 555 0100',
    ...change,
  });

  test('takes a token once, within 15 minutes', async () => {
    const { core, live, clock } = await testCore();
    const first = await core.createEnrolmentToken(live.accountId);
    expect(first.token).toMatch(/^enr_/);
    expect(first.expiresAt).toBe(clock.now() + 15 * 60_000);
    const { agentId, line } = await core.enrolAgent(request(first.token));
    expect(line.handle).toBe('+14155550100');
    expect(await core.findAgent(agentId)).toMatchObject({
      name: 'Mac',
      publicKey: somePublicKey,
      commandSeq: 0,
    });
    await expect(core.enrolAgent(request(first.token))).rejects.toMatchObject({
      code: 'invalid_enrolment_token',
    });
    await expect(core.enrolAgent(request('enr_unknown-token'))).rejects.toMatchObject({
      code: 'invalid_enrolment_token',
    });
    const second = await core.createEnrolmentToken(live.accountId);
    await clock.advance(15 * 60_000);
    await expect(core.enrolAgent(request(second.token))).rejects.toMatchObject({
      code: 'invalid_enrolment_token',
    });
    await expect(core.createEnrolmentToken('acc_none')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('does not use a token up for a request that it refuses', async () => {
    const { core, live } = await testCore();
    const { token } = await core.createEnrolmentToken(live.accountId);
    await expect(core.enrolAgent(request(token, { handle: 'me' }))).rejects.toMatchObject({
      param: 'handle',
    });
    await expect(core.enrolAgent(request(token, { publicKey: `${'x'.repeat(42)}!` }))).rejects.toMatchObject({
      param: 'publicKey',
    });
    await core.enrolAgent(request(token));
  });

  test('of a line that has an agent keeps the line and shuts the older agent out', async () => {
    const bridge = await testCore();
    const { core, live } = bridge;
    const older = await testAgent(bridge);
    const closed: unknown[] = [];
    core.wakeups.onSession((...args) => closed.push(args));
    const { token } = await core.createEnrolmentToken(live.accountId);
    const { agentId, line } = await core.enrolAgent(request(token));
    expect(line.id).toBe(older.lineId);
    expect(closed).toEqual([[older.agentId, null]]);
    expect((await core.findAgent(older.agentId))?.revokedAt).not.toBeNull();
    const agents = await core.listAgents(live.accountId);
    expect(agents.filter((agent) => agent.revokedAt === null).map((agent) => agent.id)).toEqual([agentId]);
    expect(agents).toHaveLength(2);
    expect(await core.describeLines(live.accountId)).toHaveLength(1);
    await expect(core.revokeAgent('ag_none')).rejects.toMatchObject({ code: 'not_found' });
    await core.revokeAgent(agentId);
    await core.revokeAgent(agentId);
  });
});

describe('webhooks', () => {
  test('are made, shown and deleted within their account and mode', async () => {
    const { core, live, sandbox } = await testCore();
    const { webhook } = await core.createWebhook(live, {
      url: 'https://example.com/hook',
      description: 'mine',
    });
    expect(webhook).toMatchObject({ events: ['*'], enabled: true, mode: 'live', description: 'mine' });
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await core.getWebhook(live, webhook.id)).toEqual(webhook);
    expect(await core.listWebhooks(live)).toEqual([webhook]);
    expect(await core.listWebhooks(sandbox)).toEqual([]);
    await expect(core.getWebhook(sandbox, webhook.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(core.deleteWebhook(sandbox, webhook.id)).rejects.toMatchObject({ code: 'not_found' });
    await core.deleteWebhook(live, webhook.id);
    await expect(core.deleteWebhook(live, webhook.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of one URL and the same events exist once, in whatever order they are named, also when asked at once', async () => {
    const { core, live, sandbox } = await testCore();
    const url = 'https://example.com/hook';
    const both = ['message.read', 'message.sent'];
    const made = await Promise.allSettled([
      core.createWebhook(live, { url, events: both }),
      core.createWebhook(live, { url, events: [...both].reverse() }),
      core.createWebhook(live, { url, events: [...both, ...both] }),
    ]);
    expect(made.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    for (const one of made)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'webhook_duplicate' });
    await core.createWebhook(live, { url, events: ['message.read'] });
    await core.createWebhook(live, { url });
    await expect(core.createWebhook(live, { url, events: ['message.read', '*'] })).rejects.toMatchObject({
      code: 'webhook_duplicate',
    });
    await core.createWebhook(sandbox, { url });
  });

  test('with a type that does not exist, or too long a description, are refused', async () => {
    const { core, live } = await testCore();
    const url = 'https://example.com/hook';
    await expect(core.createWebhook(live, { url, events: ['message.red'] })).rejects.toMatchObject({
      code: 'invalid_parameter_value',
      param: 'events',
    });
    await expect(core.createWebhook(live, { url, events: ['*', 'nothing.*'] })).rejects.toMatchObject({
      param: 'events',
    });
    await expect(core.createWebhook(live, { url, description: 'x'.repeat(501) })).rejects.toMatchObject({
      param: 'description',
    });
    await expect(core.createWebhook(live, { url: 'http://127.0.0.1/' })).rejects.toMatchObject({
      code: 'invalid_url',
    });
    expect(await core.listWebhooks(live)).toEqual([]);
  });

  test('of an account are 64 at most, both modes together', async () => {
    const { core, live, sandbox } = await testCore({ allowHttpWebhooks: true });
    for (let i = 0; i < MAX_WEBHOOKS; i += 1)
      await core.createWebhook(i % 2 === 0 ? live : sandbox, { url: `http://127.0.0.1:${3_000 + i}/` });
    await expect(core.createWebhook(live, { url: 'https://example.com/' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
