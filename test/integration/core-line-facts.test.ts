import { describe, expect, test } from 'vitest';
import { AT, factBed, HER, IN_GROUP, LATER, LINE } from '../support/fact-bed.ts';
import { lineState, suspected } from '../support/line-state.ts';

test('a group is known by its first fact, and each change is told once', async () => {
  const { bridge, agent, told } = await factBed();
  const change = { ...IN_GROUP, by: HER, at: AT };
  await agent.tell({ ...change, type: 'group.name_changed', guid: 'G1', name: 'Us' });
  await agent.tell({ ...change, type: 'group.name_changed', guid: 'G1', name: 'Us' });
  await agent.tell({ ...change, type: 'group.member_added', guid: 'G2', by: null, member: '+14155550102' });
  await agent.tell({ ...change, type: 'group.icon_changed', guid: 'G3' });
  await agent.tell({ ...change, type: 'group.member_removed', guid: 'G4', member: HER });
  await agent.tell({ ...change, type: 'group.name_changed', guid: 'G5', by: null, name: null });
  const events = await told();
  const groupId = events[0]?.data.groupId;
  expect(events).toMatchObject([
    { type: 'group.created', data: { groupId, name: null, members: [HER] } },
    { type: 'group.name_changed', data: { groupId, oldName: null, newName: 'Us', changedBy: HER } },
    { type: 'group.member_added', data: { groupId, member: '+14155550102', by: LINE } },
    { type: 'group.icon_changed', data: { groupId, iconUrl: null } },
    { type: 'group.member_removed', data: { groupId, member: HER, by: HER } },
    { type: 'group.name_changed', data: { groupId, oldName: 'Us', newName: null } },
  ]);
  const { group, members } = await bridge.core.getGroup(bridge.live, String(groupId));
  expect([group.name, members.map(({ handle }) => handle)]).toEqual([null, ['+14155550102']]);
});

describe('a call', () => {
  const call = { direction: 'outbound', kind: 'audio', handle: HER, at: AT } as const;

  test('goes from its start to one end, whatever comes twice or late', async () => {
    const { bridge, agent, told } = await factBed();
    const steps = { ...call, commandId: 'cmd_1' };
    await agent.tell({ ...steps, type: 'call.initiated' });
    await agent.tell({ ...steps, type: 'call.ringing' });
    await agent.tell({ ...steps, type: 'call.initiated' });
    await agent.tell({ ...steps, type: 'call.answered' });
    await agent.tell({ ...steps, type: 'call.ended', callUuid: 'U1', at: LATER, endReason: 'api_request' });
    await agent.tell({ ...call, type: 'call.missed', callUuid: 'U1' });
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual([
      'call.initiated',
      'call.ringing',
      'call.answered',
      'call.ended',
    ]);
    expect(events[3]?.data).toMatchObject({
      from: LINE,
      to: HER,
      type: 'audio',
      durationSeconds: 300,
      endReason: 'api_request',
      endedAt: LATER,
    });
    const { calls } = await bridge.core.listCalls(bridge.live, {}, { limit: 9, cursor: undefined });
    expect(calls).toMatchObject([
      { id: events[0]?.data.callId, status: 'ended', callUuid: 'U1', answeredAt: Date.parse(AT) },
    ]);
  });

  test('of the history comes with its end alone', async () => {
    const { bridge, agent, told } = await factBed();
    const inbound = { ...call, direction: 'inbound', kind: 'video' } as const;
    await agent.tell({ ...inbound, type: 'call.ended', callUuid: 'U1', durationSeconds: 90.5 });
    await agent.tell({ ...inbound, type: 'call.missed', callUuid: 'U2', handle: null });
    await agent.tell({ ...inbound, type: 'call.declined', callUuid: 'U3' });
    await agent.tell({ ...inbound, type: 'call.failed', error: { code: 'x', message: 'y' } });
    await agent.tell({ ...inbound, type: 'call.failed', error: { code: 'x', message: 'y' } });
    const events = await told();
    expect(events).toMatchObject([
      { type: 'call.ended', data: { from: HER, to: LINE, type: 'video', durationSeconds: 90.5 } },
      { type: 'call.missed', data: { from: null, to: LINE } },
      { type: 'call.declined' },
      { type: 'call.failed', data: { error: { code: 'x', message: 'y' } } },
    ]);
    const ended = await bridge.core.getCall(bridge.live, String(events[0]?.data.callId));
    expect(ended.answeredAt).toBe(Date.parse(AT) - 90_500);
    await expect(bridge.core.getCall(bridge.sandbox, ended.id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a line is reported when its condition changes, and when a cap is reached for the first time', async () => {
  const { bridge, agent, told } = await factBed();
  const state = {
    type: 'line.state',
    at: AT,
    status: 'warming',
    health: 'healthy',
    ban: { status: 'none', since: null, reason: null },
    warmup: { day: 1, completed: false, newConversationCap: 5, dailyCap: 20 },
    usage: { date: '2026-01-01', sent: 0, received: 0, newConversations: 0, proactive: 0, resetsAt: LATER },
    lastInboundAt: null,
  } as const;
  await agent.tell(state);
  await agent.tell({ ...state, usage: { ...state.usage, sent: 1 } });
  await agent.tell({ ...state, ban: { status: 'banned', since: AT, reason: 'x' }, health: 'critical' });
  const limit = {
    type: 'line.limit_reached',
    rule: 'daily',
    cap: 20,
    used: 20,
    resetsAt: LATER,
    at: AT,
  } as const;
  await agent.tell(limit);
  await agent.tell(limit);
  await agent.tell({ type: 'line.capabilities', at: AT, macos: '26.0', actions: [] });
  expect(await told()).toMatchObject([
    {
      type: 'line.status_changed',
      data: {
        status: 'warming',
        health: 'healthy',
        ban: 'none',
        previous: { status: 'provisioning', health: null },
      },
    },
    {
      type: 'line.status_changed',
      data: {
        status: 'banned',
        health: 'critical',
        ban: 'banned',
        previous: { status: 'warming', ban: 'none' },
      },
    },
    {
      type: 'line.limit_reached',
      data: { kind: 'daily', cap: 20, used: 20, resetsAt: LATER, lineId: agent.lineId },
    },
  ]);
  expect(await bridge.core.describeLines(bridge.live.accountId)).toMatchObject([
    {
      line: { id: agent.lineId },
      report: { state: { health: 'critical' }, capabilities: { macos: '26.0' } },
    },
  ]);
});

test('a paused line answers whoever wrote within 24 hours, and nobody else', async () => {
  const { bridge, agent, hear } = await factBed();
  const { clock, core, live } = bridge;
  await hear('M1');
  await agent.tell(lineState(AT, suspected(AT)));
  const send = (input: object) =>
    core.sendMessage(live, { to: HER, text: 'hi', ...input }).then(
      () => 'taken',
      (error: { code: string }) => error.code,
    );
  const from = LINE;
  expect([await send({ from }), await send({ to: '+14155550102', from })]).toEqual([
    'taken',
    'line_unavailable',
  ]);
  await clock.advance(24 * 3_600_000);
  expect(await send({ from })).toBe('taken');
  await clock.advance(1);
  expect([await send({ from }), await send({})]).toEqual(['line_unavailable', 'no_line_available']);
});
