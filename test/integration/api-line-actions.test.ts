import { expect, test } from 'vitest';
import type { ErrorReply } from '../../bridge/api/error-reply.ts';
import {
  type ActionWorld,
  actionWorld,
  HER,
  type MessageJson,
  type OperationJson,
} from '../support/action-world.ts';

interface GroupJson {
  id: string;
  status: string;
  sameAs: string | null;
  members: { handle: string }[];
  message: MessageJson;
  operation: OperationJson;
}
interface CallJson {
  id: string;
  status: string;
  error: { code: string } | null;
  operation: OperationJson | null;
}
interface LookupJson {
  results: {
    phoneNumber: string;
    valid: boolean;
    imessage: boolean | null;
    source: string;
    seenAt: string | null;
    ageSeconds: number | null;
    checkedAt: string;
    cached: boolean;
    error?: { code: string };
  }[];
}

const HIM = '+14155550102';
const codeOf = (answer: { status: number; json: unknown }): [number, string] => [
  answer.status,
  (answer.json as ErrorReply).error.code,
];
const conversation = (participant: string, what: string): string =>
  `/v1/conversations/${encodeURIComponent(participant)}/${what}`;
const stateOf = async ({ bridge, key }: ActionWorld, id: string): Promise<OperationJson> =>
  (await bridge.ask<OperationJson>('GET', `/v1/operations/${id}`, { key })).json;

test('typing and reading are ordered for a conversation that there is, and followed by their operation', async () => {
  const world = await actionWorld();
  expect(codeOf(await world.post(conversation(HER, 'typing'), { state: 'on' }))).toEqual([404, 'not_found']);
  expect(codeOf(await world.post(conversation('x', 'read')))).toEqual([404, 'not_found']);
  await world.received();
  const { groupId } = await world.received({ group: 'chat77' });
  const direct = { kind: 'direct', identifier: HER };
  const typing = await world.post<OperationJson>(conversation(HER, 'typing'), { state: 'on' });
  expect([typing.status, typing.json.type, typing.json.state]).toEqual([202, 'typing', 'queued']);
  const command = await world.agent.next('conversation.typing');
  expect(command).toMatchObject({ conversation: direct, state: 'on' });
  expect(Date.parse(command.expiresAt) - Date.parse(command.issuedAt)).toBe(30_000);
  await world.agent.tell({ type: 'command.state', commandId: command.id, state: 'uncertain' });
  expect(await stateOf(world, typing.json.id)).toMatchObject({
    state: 'uncertain',
    error: { code: 'uncertain' },
  });
  await world.agent.tell({ type: 'command.state', commandId: command.id, state: 'done' });
  expect(await stateOf(world, typing.json.id)).toMatchObject({ state: 'done', error: null });
  const read = await world.post<OperationJson>(conversation(groupId ?? '', 'read'));
  expect([read.status, read.json.type]).toEqual([202, 'read']);
  expect(await world.agent.next('conversation.read')).toMatchObject({
    conversation: { kind: 'group', identifier: 'chat77' },
  });
  const from = world.agent.line.handle;
  expect((await world.post(conversation(HER, 'read'), { from })).status).toBe(202);
  expect(codeOf(await world.post(conversation(HER, 'read'), { from: HIM }))).toEqual([400, 'invalid_from']);
  expect(codeOf(await world.post(conversation(HER, 'typing'), { state: 'maybe' }))[0]).toBe(400);
  expect(codeOf(await world.post(conversation(HER, 'read'), {}, { key: world.sandboxKey }))[0]).toBe(403);
});

const newGroup = (world: ActionWorld, body: object = {}, headers?: Record<string, string>) =>
  world.post<GroupJson>(
    '/v1/groups',
    { participants: [HER, '+1 (415) 555-0102'], text: 'hi all', ...body },
    headers ? { headers } : {},
  );
const groupAt = async ({ bridge, key }: ActionWorld, id: string): Promise<GroupJson> =>
  (await bridge.ask<GroupJson>('GET', `/v1/groups/${id}`, { key })).json;

test('a group is pending until the Mac names it, and then is one that can be written to', async () => {
  const world = await actionWorld();
  const hook = await world.hook();
  const made = await newGroup(world, {}, { 'idempotency-key': 'g' });
  expect(made.status).toBe(202);
  expect(made.json).toMatchObject({
    status: 'pending',
    sameAs: null,
    members: [{ handle: HER }, { handle: HIM }],
    message: { text: 'hi all', status: 'queued', groupId: made.json.id },
    operation: { type: 'create_group', state: 'queued' },
  });
  const again = await newGroup(world, {}, { 'idempotency-key': 'g' });
  expect([again.status, again.json.id]).toEqual([200, made.json.id]);
  const to = made.json.id;
  expect(codeOf(await world.post('/v1/messages', { to, text: 'x' }))).toEqual([409, 'group_pending']);
  const command = await world.agent.next('group.create');
  expect(command).toMatchObject({ participants: [HER, HIM], text: 'hi all' });
  const about = { commandId: command.id, guid: 'FIRST' };
  const group = { kind: 'group', identifier: 'chat88' } as const;
  await world.agent.tell({ type: 'command.state', ...about, state: 'done', conversation: group });
  await world.agent.tell({ type: 'message.sent', ...about, service: 'iMessage' });
  expect(await groupAt(world, to)).toMatchObject({ status: 'ready', sameAs: null });
  expect((await hook.waitFor('group.created')).data).toMatchObject({ groupId: to, members: [HER, HIM] });
  expect((await world.read(made.json.message.id)).status).toBe('sent');
  const answer = await world.received({ group: 'chat88' });
  expect(answer.groupId).toBe(to);
  expect((await world.post('/v1/messages', { to, text: 'more' })).status).toBe(202);
  expect(await world.agent.next('message.send')).toMatchObject({ conversation: group });
  expect(hook.types().filter((type) => type === 'group.created')).toHaveLength(1);
});

test('a group that Messages had before is named, and both ids write to it', async () => {
  const world = await actionWorld();
  const { groupId: known } = await world.received({ group: 'chat77' });
  const { json } = await newGroup(world);
  const { id: commandId } = await world.agent.next('group.create');
  const identifier = 'chat77';
  await world.agent.tell({
    type: 'command.state',
    commandId,
    state: 'done',
    conversation: { kind: 'group', identifier },
  });
  expect(await groupAt(world, json.id)).toMatchObject({ status: 'ready', sameAs: known });
  const sent = await world.post('/v1/messages', { to: json.id, text: 'x' });
  expect(sent.json.groupId).toBe(known);
});

test('a group that was not made says so, and its first message failed', async () => {
  const world = await actionWorld();
  const { json } = await newGroup(world);
  const { id: commandId } = await world.agent.next('group.create');
  const error = { code: 'screen_locked', message: 'The screen is locked' };
  await world.agent.tell({ type: 'command.state', commandId, state: 'failed', error });
  expect((await groupAt(world, json.id)).status).toBe('failed');
  expect(await stateOf(world, json.operation.id)).toMatchObject({ state: 'failed', error });
  expect(await world.read(json.message.id)).toMatchObject({
    status: 'failed',
    error: { code: 'screen_locked' },
  });
});

test.for([
  [{ participants: [HER] }, 'participants', 'invalid_parameter_value'],
  [{ participants: [HER, HER] }, 'participants', 'invalid_parameter_value'],
  [{ participants: [HER, 'nobody'] }, 'participants[1]', 'invalid_phone_number'],
  [{ participants: [HER, '+14155550100'] }, 'participants', 'invalid_parameter_value'],
  [{ name: 'Friends' }, 'name', 'invalid_parameter_value'],
  [{ text: '' }, 'text', 'invalid_parameter_value'],
] as const)('a group of %j is refused by its field', async ([body, param, code]) => {
  const world = await actionWorld();
  const refused = await newGroup(world, body);
  expect((refused.json as unknown as ErrorReply).error).toMatchObject({ param, code });
  expect(world.agent.count()).toBe(0);
});

const call = (world: ActionWorld, body: object = {}) =>
  world.post<CallJson>('/v1/calls', { to: HER, ...body });
const callAt = async ({ bridge, key }: ActionWorld, id: string): Promise<CallJson> =>
  (await bridge.ask<CallJson>('GET', `/v1/calls/${id}`, { key })).json;
const end = (world: ActionWorld, id: string) => world.post<CallJson>(`/v1/calls/${id}/end`);

test('a call is placed, answered and ended, one at a time for a line', async () => {
  const world = await actionWorld();
  const hook = await world.hook();
  const placed = await call(world, { type: 'video', metadata: { a: 'b' } });
  expect(placed.status).toBe(202);
  expect(placed.json).toMatchObject({ status: 'initiated', type: 'video', to: HER, metadata: { a: 'b' } });
  expect(codeOf(await call(world))).toEqual([409, 'line_busy']);
  const command = await world.agent.next('call.start');
  expect(command).toMatchObject({ to: HER, kind: 'video', ringTimeoutSeconds: 45 });
  const about = { commandId: command.id, direction: 'outbound', kind: 'video', handle: HER } as const;
  await world.agent.tell({ type: 'call.ringing', ...about });
  await world.agent.tell({ type: 'call.answered', ...about });
  expect((await callAt(world, placed.json.id)).status).toBe('answered');
  const ending = await end(world, placed.json.id);
  expect([ending.status, ending.json.operation?.type]).toEqual([202, 'end_call']);
  const hangUp = await world.agent.next('call.end');
  expect(hangUp.callCommandId).toBe(command.id);
  await world.agent.tell({ type: 'call.ended', ...about, endReason: 'api_request', durationSeconds: 3 });
  await world.agent.tell({ type: 'command.state', commandId: hangUp.id, state: 'done' });
  const over = await end(world, placed.json.id);
  expect([over.status, over.json.status, over.json.operation]).toEqual([200, 'ended', null]);
  await hook.waitFor('call.ended');
  expect(hook.types()).toEqual(['call.initiated', 'call.ringing', 'call.answered', 'call.ended']);
  expect((await call(world)).status).toBe(202);
});

test('a call that the Mac could not place has failed, and one that nobody knows of holds the line no more', async () => {
  const world = await actionWorld();
  const hook = await world.hook();
  const { json } = await call(world);
  const first = await world.agent.next('call.start');
  const error = { code: 'accessibility_denied', message: 'no' };
  await world.agent.tell({ type: 'command.state', commandId: first.id, state: 'failed', error });
  expect(await callAt(world, json.id)).toMatchObject({ status: 'failed', error });
  await hook.waitFor('call.failed');
  const { json: other } = await call(world);
  const second = await world.agent.next('call.start');
  await world.agent.tell({ type: 'command.state', commandId: second.id, state: 'uncertain' });
  expect(await callAt(world, other.id)).toMatchObject({ status: 'initiated', error: { code: 'uncertain' } });
  expect((await call(world)).status).toBe(202);
  const record = { commandId: second.id, direction: 'outbound', kind: 'audio', handle: HER } as const;
  await world.agent.tell({ type: 'call.missed', ...record, callUuid: 'U' });
  expect(await callAt(world, other.id)).toMatchObject({ status: 'missed', error: null });
});

test('only calls that a request placed can be ended', async () => {
  const world = await actionWorld();
  const about = { direction: 'inbound', kind: 'audio', handle: HER, callUuid: 'U' } as const;
  await world.agent.tell({ type: 'call.ringing', ...about });
  const { json } = await world.bridge.ask<{ data: CallJson[] }>('GET', '/v1/calls', { key: world.key });
  const { id = '' } = json.data[0] ?? {};
  expect(codeOf(await end(world, id))).toEqual([409, 'action_unavailable']);
  expect(codeOf(await end(world, 'call_none'))).toEqual([404, 'not_found']);
  expect(codeOf(await call(world, { to: 'nobody' }))).toEqual([400, 'invalid_phone_number']);
});

const lookUp = (world: ActionWorld, body: object, headers?: Record<string, string>) =>
  world.post<LookupJson>('/v1/lookup', body, headers ? { headers } : {});

test('a lookup waits for what the Mac knows, with its source and age, and names what is no number', async () => {
  const world = await actionWorld();
  const body = { phoneNumbers: [HER, 'nobody', '+1 (415) 555-0102', HER, 'a@example.com'] };
  const asking = lookUp(world, body, { 'idempotency-key': 'l' });
  const command = await world.agent.next('lookup');
  expect(command.handles).toEqual([HER, HIM, 'a@example.com']);
  const seenAt = new Date(Date.now() - 60_000).toISOString();
  await world.agent.tell({
    type: 'lookup.answered',
    commandId: command.id,
    results: [
      { handle: HER, imessage: 'yes', source: 'history', seenAt },
      { handle: HIM, imessage: 'no', source: 'ids_cache', seenAt },
      { handle: 'a@example.com', imessage: 'unknown', source: 'none', seenAt: null },
    ],
  });
  const { status, json } = await asking;
  expect(status).toBe(200);
  const her = { phoneNumber: HER, valid: true, imessage: true, source: 'history', seenAt, cached: false };
  expect(json.results).toMatchObject([
    her,
    { phoneNumber: 'nobody', valid: false, imessage: null, error: { code: 'invalid_phone_number' } },
    { phoneNumber: HIM, valid: true, imessage: false, source: 'ids_cache' },
    her,
    { phoneNumber: 'a@example.com', imessage: null, source: 'none', ageSeconds: null, cached: false },
  ]);
  expect(json.results[0]?.ageSeconds).toBeGreaterThanOrEqual(60);
  const again = await lookUp(world, body, { 'idempotency-key': 'l' });
  expect([again.status, again.json.results[0]?.imessage]).toEqual([200, true]);
  expect(world.agent.count()).toBe(1);
});

test('a lookup that the Mac refuses ends at once, and one without a Mac knows nothing', async () => {
  const world = await actionWorld();
  const begun = Date.now();
  const asking = lookUp(world, { phoneNumber: HER });
  const { id: commandId } = await world.agent.next('lookup');
  const error = { code: 'action_unavailable', message: 'no' };
  await world.agent.tell({ type: 'command.state', commandId, state: 'failed', error });
  expect((await asking).json.results).toMatchObject([{ phoneNumber: HER, imessage: null, error }]);
  // The wait for an answer is 8 seconds.
  expect(Date.now() - begun).toBeLessThan(6_000);
  const other = await world.bridge.core.createAccount('Nobody');
  const body = { phoneNumbers: [HER] };
  const alone = await world.post<LookupJson>('/v1/lookup', body, { key: other.liveKey });
  expect(alone.json.results).toMatchObject([
    { phoneNumber: HER, valid: true, imessage: null, source: 'none' },
  ]);
  for (const wrong of [{}, { phoneNumber: HER, phoneNumbers: [HER] }, { phoneNumbers: [] }])
    expect((await lookUp(world, wrong)).status).toBe(400);
});

test('what a Mac told lately is not asked again, until a message speaks against it', async () => {
  const world = await actionWorld();
  const seenAt = new Date(Date.now() - 60_000).toISOString();
  const answer = async (imessage: 'yes' | 'no' | 'unknown', handle = HER) => {
    const { id: commandId, handles } = await world.agent.next('lookup');
    const source = imessage === 'unknown' ? 'none' : 'history';
    const result = { handle, imessage, source, seenAt: imessage === 'unknown' ? null : seenAt } as const;
    await world.agent.tell({ type: 'lookup.answered', commandId, results: [result] });
    return handles;
  };
  const ask = async (imessage: 'yes' | 'no' | 'unknown') => {
    const asking = lookUp(world, { phoneNumber: HER });
    await answer(imessage);
    return (await asking).json.results[0];
  };
  expect(await ask('unknown')).toMatchObject({ imessage: null, cached: false });
  const first = await ask('yes');
  expect(first).toMatchObject({ imessage: true, cached: false });
  const again = await lookUp(world, { phoneNumbers: [HER, '+1 (415) 555-0101'] });
  const kept = { imessage: true, source: 'history', seenAt, cached: true, checkedAt: first?.checkedAt };
  expect(again.json.results).toMatchObject([kept, kept]);
  expect(world.agent.count()).toBe(2);
  // Only whom nobody told of is asked for.
  const both = lookUp(world, { phoneNumbers: [HER, HIM] });
  expect(await answer('no', HIM)).toEqual([HIM]);
  expect((await both).json.results).toMatchObject([kept, { imessage: false, cached: false }]);
  // Who writes by iMessage is on it, whatever was told before.
  await world.received({ from: HIM });
  const after = lookUp(world, { phoneNumber: HIM });
  await answer('yes', HIM);
  expect((await after).json.results).toMatchObject([{ imessage: true, cached: false }]);
  const { json } = await world.post('/v1/messages', { to: HER, text: 'x' });
  const { id: commandId } = await world.agent.next('message.send');
  const error = { code: 'recipient_not_imessage', message: 'no', apple: 22 };
  await world.agent.tell({ type: 'message.failed', commandId, guid: 'F', service: 'iMessage', error });
  expect((await world.read(json.id)).status).toBe('failed');
  expect(await ask('no')).toMatchObject({ imessage: false, cached: false });
});

test('a line is asked for so many handles an hour, and no more', async () => {
  const world = await actionWorld();
  const numbers = (batch: number) =>
    Array.from({ length: 100 }, (_one, index) => `+1415555${1000 + batch * 100 + index}`);
  for (let batch = 0; batch < 10; batch += 1) {
    const asking = lookUp(world, { phoneNumbers: numbers(batch) });
    const { id: commandId, handles } = await world.agent.next('lookup');
    const results = handles.map((handle) => ({
      handle,
      imessage: batch === 0 ? ('yes' as const) : ('unknown' as const),
      source: 'none' as const,
      seenAt: null,
    }));
    await world.agent.tell({ type: 'lookup.answered', commandId, results });
    expect((await asking).status).toBe(200);
  }
  const refused = await lookUp(world, { phoneNumber: HER });
  expect(codeOf(refused)).toEqual([429, 'lookup_rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
  expect((refused.json as unknown as ErrorReply).error.details).toMatchObject({ cap: 1_000, used: 1_000 });
  expect((await lookUp(world, { phoneNumbers: numbers(0) })).status).toBe(200);
  expect(world.agent.count()).toBe(10);
});
