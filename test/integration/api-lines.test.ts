import { expect, onTestFinished, test } from 'vitest';
import { agentKeys, dialBridge } from '../support/agent-link.ts';
import { eventually } from '../support/eventually.ts';
import { banned, lineState, suspected } from '../support/line-state.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';
import { type SpeakingAgent, speakingAgent } from '../support/speaking-agent.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const HER = '+14155550101';
const HOUR_MS = 3_600_000;

interface LineJson {
  id: string;
  status: string;
  health: string | null;
  usage: Record<string, unknown> | null;
  connected: boolean;
  offlineSince: string | null;
}

/** A clock of the test's whose machine can sleep: time passes, and no timer fires for it. */
function sleepingClock() {
  const clock = new ManualClock();
  let slept = 0;
  return {
    now: () => clock.now() + slept,
    after: (ms: number, fn: () => void) => clock.after(ms, fn),
    every: (ms: number, fn: () => void) => clock.every(ms, fn),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    advance: (ms: number) => clock.advance(ms),
    fallAsleep: (ms: number) => {
      slept += ms;
    },
  };
}

/** A bridge on the test's clock with an account that hears of everything. */
async function setUp() {
  const clock = sleepingClock();
  const bridge = await runningBridge({ clock });
  const { account, liveKey: key } = await bridge.core.createAccount('Test');
  const receiver = await startWebhookReceiver();
  onTestFinished(() => receiver.close());
  await bridge.core.createWebhook(
    { accountId: account.id, mode: 'live' },
    { url: receiver.url, events: ['line.*'] },
  );
  const at = (): string => new Date(clock.now()).toISOString();
  const line = async (id: string) => (await bridge.ask<LineJson>('GET', `/v1/lines/${id}`, { key })).json;
  /** The changes of status that the customer got, once there are so many. */
  const told = (count: number) =>
    eventually(() => {
      const changes = receiver.requests.map(
        ({ event }) => event?.data as { status: string; previous: { status: string } },
      );
      return changes.length >= count
        ? changes.map(({ status, previous }) => [previous.status, status])
        : undefined;
    });
  const send = (body: object, path = '/v1/messages') =>
    bridge.ask<{ id: string; lineId: string; error: { code: string } }>('POST', path, { key, body });
  return { clock, bridge, accountId: account.id, key, at, line, told, send };
}

const hears = (agent: SpeakingAgent, at: string, guid: string, group?: string) =>
  agent.tell({
    type: 'message.received',
    guid,
    at,
    conversation: { kind: group === undefined ? 'direct' : 'group', identifier: group ?? HER },
    from: HER,
    service: 'iMessage',
    text: 'hi',
  });

test('a line shows what its Mac told: status, health, ban, warmup, use and what is left', async () => {
  const { bridge, accountId, at, line, clock, key } = await setUp();
  const agent = await speakingAgent(bridge, accountId);
  expect(await line(agent.line.id)).toMatchObject({ status: 'provisioning', health: null, connected: true });
  const lastInboundAt = at();
  await agent.tell(lineState(at(), { lastInboundAt }));
  await agent.tell({
    type: 'line.capabilities',
    at: at(),
    macos: '26.0',
    actions: [
      { action: 'send_text', method: 'scripting', macos: '12-27', reason: '', calibrated: 'works' },
      { action: 'call_audio', method: 'unavailable', macos: '12-27', reason: 'no', calibrated: 'never' },
    ],
  });
  const shown = await line(agent.line.id);
  expect(shown).toMatchObject({
    status: 'warming',
    health: 'healthy',
    ban: { status: 'none', detectedAt: null, reason: null },
    warmup: { day: 1, stage: 1, completed: false, newConversationCap: 5, dailyCap: 20 },
    capabilities: { imessage: true, facetimeAudio: false, facetimeVideo: false },
    mode: 'live',
    lastInboundAt,
    offlineSince: null,
  });
  expect(shown.usage).toEqual({
    date: '2026-01-01',
    sent: 4,
    received: 2,
    newConversations: 3,
    proactive: 4,
    remainingNewConversations: 2,
    remainingTotal: 16,
    resetsAt: new Date(clock.now() + HOUR_MS).toISOString(),
  });
  const all = await bridge.ask<{ data: LineJson[] }>('GET', '/v1/lines', { key });
  expect(all.json.data).toEqual([shown]);
  await agent.tell(lineState(at(), banned(at())));
  expect(await line(agent.line.id)).toMatchObject({
    status: 'banned',
    health: 'critical',
    ban: { status: 'banned', detectedAt: at(), reason: expect.any(String) },
  });
  clock.fallAsleep(HOUR_MS);
  expect((await line(agent.line.id)).usage).toBeNull();
});

test('the use of a line is read day by day, as last told of each', async () => {
  const { bridge, accountId, key } = await setUp();
  const agent = await speakingAgent(bridge, accountId);
  const used = (date: string, sent: number, hour: string) => {
    const told = `${date}T${hour}:00:00.000Z`;
    const { usage } = lineState(told);
    return agent.tell(lineState(told, { usage: { ...usage, sent, proactive: sent } }));
  };
  await used('2025-11-30', 1, '10');
  await used('2025-12-30', 2, '10');
  await used('2025-12-31', 3, '10');
  await used('2025-12-31', 25, '11');
  await used('2025-12-31', 3, '09');
  const ask = (query: string) =>
    bridge.ask<{ data: { date: string; sent: number }[]; error: object }>(
      'GET',
      `/v1/lines/${agent.line.id}/usage${query}`,
      { key },
    );
  expect((await ask('')).json).toMatchObject({
    data: [
      { date: '2025-12-30', sent: 2, dailyCap: 20, remainingTotal: 18, remainingNewConversations: 2 },
      { date: '2025-12-31', sent: 25, remainingTotal: 0, updatedAt: '2025-12-31T11:00:00.000Z' },
    ],
    hasMore: false,
    nextCursor: null,
  });
  const some = await ask('?from=2025-11-01&to=2025-12-30');
  expect(some.json.data.map(({ date }) => date)).toEqual(['2025-11-30', '2025-12-30']);
  for (const wrong of ['?from=2025-12-31&to=2025-12-30', '?from=2020-01-01', '?from=yesterday'])
    expect(await ask(wrong), wrong).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_parameter_value', param: 'from' } },
    });
  const other = await bridge.core.createAccount('Other');
  const target = `/v1/lines/${agent.line.id}/usage`;
  expect((await bridge.ask('GET', target, { key: other.liveKey })).status).toBe(404);
});

/** An agent that can be cut and come again. */
async function enrolledLink(bridge: RunningBridge, accountId: string) {
  const keys = agentKeys();
  const { token } = await bridge.core.createEnrolmentToken(accountId);
  const { agentId, line } = await bridge.core.enrolAgent({
    token,
    publicKey: keys.publicKey,
    name: 'Mac',
    handle: '+14155550100',
  });
  const connect = async () => {
    const link = await dialBridge(bridge.url);
    onTestFinished(() => link.cut());
    link.hello({ agentId, keys });
    await link.waitFor('welcome');
    return link;
  };
  return { agentId, lineId: line.id, connect };
}

/** Lets time pass, and what falls due be done. */
async function pass({ advance }: { advance(ms: number): Promise<void> }, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    await advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a Mac that is away is told as offline after a grace, and at once when it is back', async () => {
  const { bridge, accountId, at, line, told, clock } = await setUp();
  const { lineId, connect } = await enrolledLink(bridge, accountId);
  const gone = () => eventually(async () => !(await line(lineId)).connected, { what: 'the cut' });
  const first = await connect();
  first.send({ type: 'event', seq: 1, event: lineState(at(), { status: 'active' }) });
  await first.waitFor('ack');
  first.cut();
  await gone();
  await pass(clock, 55);
  expect(await line(lineId)).toMatchObject({ status: 'active', connected: false, offlineSince: null });
  const second = await connect();
  second.cut();
  await gone();
  await pass(clock, 120);
  const away = await eventually(
    async () => {
      const now = await line(lineId);
      return now.status === 'offline' ? now : undefined;
    },
    { what: 'the line to be offline' },
  );
  expect(away).toMatchObject({ health: 'healthy', offlineSince: expect.any(String) });
  await connect();
  expect(await line(lineId)).toMatchObject({ status: 'active', connected: true, offlineSince: null });
  expect(await told(3)).toEqual([
    ['provisioning', 'active'],
    ['active', 'offline'],
    ['offline', 'active'],
  ]);
});

test('nobody is told offline while a bridge has just begun, or its machine has slept', async () => {
  const { bridge, accountId, at, line, told, clock } = await setUp();
  const { lineId, agentId } = await enrolledLink(bridge, accountId);
  await bridge.core.openSession(agentId, { sessionId: 's', journalId: 'j', commandAck: 0 });
  await bridge.core.recordEvent(agentId, 's', 1, lineState(at(), { status: 'active' }));
  await bridge.core.closeSession(agentId, 's');
  await bridge.store.touchAgent(agentId, clock.now() - HOUR_MS);
  const status = async () => (await line(lineId)).status;
  await pass(clock, 75);
  expect(await status()).toBe('active');
  await pass(clock, 20);
  await eventually(async () => (await status()) === 'offline', { what: 'the line to be offline' });

  await bridge.store.touchAgent(agentId, clock.now());
  await pass(clock, 20);
  await eventually(async () => (await status()) === 'active', { what: 'the line to be back' });
  clock.fallAsleep(HOUR_MS);
  await pass(clock, 75);
  expect(await status()).toBe('active');
  await pass(clock, 20);
  await eventually(async () => (await status()) === 'offline', { what: 'the line to be offline again' });
  expect(await told(4)).toEqual([
    ['provisioning', 'active'],
    ['active', 'offline'],
    ['offline', 'active'],
    ['active', 'offline'],
  ]);
});

test('nothing leaves from a banned line, and from one that is paused replies alone', async () => {
  const { bridge, accountId, at, send } = await setUp();
  const agent = await speakingAgent(bridge, accountId);
  const from = agent.line.id;
  await hears(agent, at(), 'M1');
  await hears(agent, at(), 'M2', 'chat1');
  const { groups } = await bridge.core.listGroups(
    { accountId, mode: 'live' },
    { limit: 1, cursor: undefined },
  );
  const group = groups[0]?.group.id ?? '';
  await agent.tell(lineState(at(), suspected(at())));
  const cold = '+14155550102';
  expect(await send({ to: cold, text: 'a', from })).toMatchObject({
    status: 409,
    json: { error: { code: 'line_unavailable', param: 'from', details: { lineId: from, status: 'paused' } } },
  });
  expect(await send({ to: cold, text: 'a' })).toMatchObject({
    status: 503,
    json: { error: { code: 'no_line_available', details: { lineId: from, status: 'paused' } } },
  });
  expect(await send({ to: cold, type: 'audio', from }, '/v1/calls')).toMatchObject({ status: 409 });
  expect(await send({ participants: [HER, cold], text: 'a', from }, '/v1/groups')).toMatchObject({
    status: 409,
  });
  for (const body of [{ to: HER }, { to: HER, from }, { to: group }])
    expect((await send({ ...body, text: 'a reply' })).status).toBe(202);

  const other = await speakingAgent(bridge, accountId, '+14155550109');
  expect(await send({ to: cold, text: 'a' })).toMatchObject({ json: { lineId: other.line.id } });
  expect(await send({ to: HER, text: 'a' })).toMatchObject({ json: { lineId: from } });
  await agent.tell(lineState(at(), banned(at())));
  expect(await send({ to: HER, text: 'a', from })).toMatchObject({
    status: 409,
    json: { error: { code: 'line_unavailable', details: { status: 'banned' } } },
  });
  expect(await send({ to: group, text: 'a' })).toMatchObject({
    status: 503,
    json: { error: { code: 'no_line_available' } },
  });
  expect(await send({ to: HER, text: 'a' })).toMatchObject({ json: { lineId: other.line.id } });

  await agent.tell(lineState(at(), { status: 'active' }));
  expect((await send({ to: cold, text: 'a', from })).status).toBe(202);
});

test('a message that is held says why and until when, for as long as it is', async () => {
  const { bridge, accountId, at, send, key, clock } = await setUp();
  const agent = await speakingAgent(bridge, accountId);
  const { json } = await send({ to: HER, text: 'a' });
  const { id: commandId } = await agent.next('message.send');
  const read = async () =>
    (
      await bridge.ask<{
        pacedUntil: string | null;
        pacedRule: string | null;
        timeline: { step: string }[];
      }>('GET', `/v1/messages/${json.id}`, { key })
    ).json;
  const until = new Date(clock.now() + HOUR_MS).toISOString();
  const later = new Date(clock.now() + 2 * HOUR_MS).toISOString();
  const hold = (rule: string, time: string) =>
    agent.tell({
      type: 'command.state',
      commandId,
      at: at(),
      state: 'paced',
      paced: { rule, until: time },
    });
  expect(await read()).toMatchObject({ pacedUntil: null, pacedRule: null });
  await hold('hour', until);
  expect(await read()).toMatchObject({ pacedUntil: until, pacedRule: 'hour' });
  await hold('hour', later);
  expect(await read()).toMatchObject({ pacedUntil: later, pacedRule: 'hour' });
  await hold('quiet_hours', later);
  const held = await read();
  expect(held).toMatchObject({ pacedUntil: later, pacedRule: 'quiet_hours' });
  expect(held.timeline.map(({ step }) => step)).toEqual(['accepted', 'paced', 'paced']);
  await agent.tell({ type: 'command.state', commandId, at: at(), state: 'acting' });
  expect(await read()).toMatchObject({ pacedUntil: null, pacedRule: null });
  await agent.tell({ type: 'message.sent', commandId, guid: 'G', service: 'iMessage', at: at() });
  await hold('hour', until);
  expect(await read()).toMatchObject({ pacedUntil: null, pacedRule: null });
});
