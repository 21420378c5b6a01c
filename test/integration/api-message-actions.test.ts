import { expect, test } from 'vitest';
import type { ErrorReply } from '../../bridge/api/error-reply.ts';
import { type ActionWorld, actionWorld, HER, type MessageJson } from '../support/action-world.ts';

const MINUTE = 60_000;

const codeOf = (answer: { status: number; json: unknown }): [number, string] => [
  answer.status,
  (answer.json as ErrorReply).error.code,
];

const edit = (world: ActionWorld, id: string, text = 'other', headers?: Record<string, string>) =>
  world.post(`/v1/messages/${id}`, { text }, { method: 'PUT', ...(headers ? { headers } : {}) });
const unsend = (world: ActionWorld, id: string) => world.post(`/v1/messages/${id}/unsend`);
const react = (world: ActionWorld, body: object) => world.post('/v1/messages/react', body);
const stepsOf = ({ timeline }: MessageJson, kind: string): string[] =>
  timeline.filter(({ step }) => step.startsWith(`${kind}:`)).map(({ step, source }) => `${source} ${step}`);

test('an edit is ordered of the Mac, followed by its steps, and told when Messages shows it', async () => {
  const world = await actionWorld();
  const { agent } = world;
  const hook = await world.hook();
  const message = await world.sent({ text: 'helo' });
  const asked = await edit(world, message.id, 'hello');
  expect(asked.status).toBe(202);
  expect(asked.json).toMatchObject({
    id: message.id,
    text: 'helo',
    editCount: 0,
    operation: { type: 'edit', state: 'queued', error: null, messageId: message.id },
  });
  const command = await agent.next('message.edit');
  expect(command).toMatchObject({
    text: 'hello',
    conversation: { kind: 'direct', identifier: HER },
    target: { guid: message.guid, part: 0 },
  });
  await agent.tell({ type: 'command.state', commandId: command.id, state: 'acting' });
  const acting = await world.read(message.id);
  expect(acting.operations).toMatchObject([{ id: asked.json.operation?.id, state: 'acting' }]);
  const where = { conversation: command.conversation, service: 'iMessage', guid: message.guid };
  await agent.tell({ type: 'message.edited', ...where, from: null, part: 0, text: 'hello', history: [] });
  await agent.tell({ type: 'command.state', commandId: command.id, state: 'done', guid: message.guid });
  const done = await world.read(message.id);
  expect(done).toMatchObject({
    text: 'hello',
    editCount: 1,
    status: 'sent',
    operations: [{ state: 'done' }],
  });
  expect(stepsOf(done, 'edit')).toEqual(['api edit:accepted', 'agent edit:acting', 'agent edit:done']);
  expect((await hook.waitFor('message.edited')).data).toMatchObject({ messageId: message.id, text: 'hello' });
  const operation = await world.bridge.ask<{ state: string }>(
    'GET',
    `/v1/operations/${asked.json.operation?.id}`,
    { key: world.key },
  );
  expect(operation.json.state).toBe('done');
});

test('an edit that failed says why, and leaves the message as it was', async () => {
  const world = await actionWorld();
  const message = await world.sent();
  await edit(world, message.id);
  const { id: commandId } = await world.agent.next('message.edit');
  const error = { code: 'not_editable', message: 'Messages does not offer it' };
  await world.agent.tell({ type: 'command.state', commandId, state: 'failed', error });
  const failed = await world.read(message.id);
  expect(failed).toMatchObject({ text: 'hello', status: 'sent', operations: [{ state: 'failed', error }] });
  expect(failed.timeline.at(-1)).toMatchObject({
    step: 'edit:failed',
    source: 'agent',
    error: 'not_editable',
  });
});

test('the windows begin when the message was sent, and 5 edits are the most', async () => {
  const world = await actionWorld();
  const old = await world.sent({ agoMs: 15 * MINUTE + 1_000 });
  expect(codeOf(await edit(world, old.id))).toEqual([409, 'edit_window_expired']);
  const recent = await world.sent({ agoMs: 14 * MINUTE });
  expect(codeOf(await unsend(world, recent.id))).toEqual([409, 'unsend_window_expired']);
  for (let i = 0; i < 5; i += 1) expect((await edit(world, recent.id, `edit ${i}`)).status).toBe(202);
  expect(codeOf(await edit(world, recent.id))).toEqual([409, 'edit_limit_reached']);
  // One that failed was none.
  const { id: commandId } = await world.agent.next('message.edit');
  const error = { code: 'ui_locked', message: 'A sheet is open' };
  await world.agent.tell({ type: 'command.state', commandId, state: 'failed', error });
  expect((await edit(world, recent.id)).status).toBe(202);
});

test('only own messages that left as iMessages and are still there can be changed', async () => {
  const world = await actionWorld();
  const refused = async (id: string) => {
    expect(codeOf(await edit(world, id))).toEqual([409, 'message_not_editable']);
    expect(codeOf(await unsend(world, id))).toEqual([409, 'message_not_editable']);
  };
  await refused((await world.received()).id);
  await refused((await world.sent({ service: 'SMS' })).id);
  const { json: queued } = await world.post('/v1/messages', { to: HER, text: 'waits' });
  await refused(queued.id);
  expect(codeOf(await edit(world, 'msg_none'))).toEqual([404, 'not_found']);
  const other = await world.bridge.core.createAccount('Other');
  const message = await world.sent();
  const foreign = await world.post(`/v1/messages/${message.id}/unsend`, undefined, { key: other.liveKey });
  expect(codeOf(foreign)).toEqual([404, 'not_found']);
  const sandbox = await world.post(`/v1/messages/${message.id}/unsend`, {}, { key: world.sandboxKey });
  expect(codeOf(sandbox)).toEqual([403, 'sandbox_not_activated']);
});

test('a message is taken back once, however often it is asked for', async () => {
  const world = await actionWorld();
  const hook = await world.hook();
  const message = await world.sent();
  const first = await unsend(world, message.id);
  expect([first.status, first.json.operation?.type]).toEqual([202, 'unsend']);
  const again = await unsend(world, message.id);
  expect([again.status, again.json.operation?.id]).toEqual([200, first.json.operation?.id]);
  const command = await world.agent.next('message.unsend');
  expect(command.target).toEqual({ guid: message.guid, part: 0 });
  const { conversation } = command;
  await world.agent.tell({
    type: 'message.unsent',
    guid: message.guid,
    conversation,
    service: 'iMessage',
    from: null,
    parts: null,
    text: '',
  });
  await world.agent.tell({ type: 'command.state', commandId: command.id, state: 'done' });
  const gone = await unsend(world, message.id);
  expect(gone.status).toBe(200);
  expect(gone.json).toMatchObject({ status: 'unsent', text: '', operation: { state: 'done' } });
  expect(gone.json.unsentAt).not.toBeNull();
  expect((await hook.waitFor('message.unsent')).data.messageId).toBe(message.id);
  expect(codeOf(await edit(world, message.id))).toEqual([409, 'message_not_editable']);
  const reaction = await react(world, { messageId: message.id, reaction: 'love' });
  expect(codeOf(reaction)).toEqual([409, 'reaction_target_invalid']);
  expect(world.agent.count()).toBe(2);
});

test('a body that may be left out may be empty where JSON is declared, and one that is needed may not', async () => {
  const world = await actionWorld();
  const message = await world.sent();
  const taken = await world.post(`/v1/messages/${message.id}/unsend`, '');
  expect([taken.status, taken.json.id]).toEqual([202, message.id]);
  await world.received();
  expect((await world.post(`/v1/conversations/${encodeURIComponent(HER)}/read`, '')).status).toBe(202);
  expect(codeOf(await world.post('/v1/messages/react', ''))).toEqual([400, 'invalid_json']);
});

test('a tapback is put on a message of either side, and taken away in both ways of saying so', async () => {
  const world = await actionWorld();
  const hook = await world.hook();
  const message = await world.received();
  const added = await react(world, { messageId: message.id, reaction: 'love', partIndex: 2 });
  expect([added.status, added.json.operation?.state]).toEqual([202, 'queued']);
  const command = await world.agent.next('message.react');
  expect(command).toMatchObject({
    reaction: 'love',
    action: 'add',
    target: { guid: message.guid, part: 2 },
    conversation: { kind: 'direct', identifier: HER },
  });
  const target = { guid: message.guid, part: 2 };
  const where = { conversation: command.conversation, service: 'iMessage', from: null, target };
  await world.agent.tell({ type: 'reaction.added', guid: 'R1', ...where, reaction: 'love' });
  await world.agent.tell({ type: 'command.state', commandId: command.id, state: 'done', guid: 'R1' });
  expect((await hook.waitFor('reaction.added')).data).toMatchObject({
    messageId: message.id,
    direction: 'outbound',
  });
  expect((await world.read(message.id)).reactions).toMatchObject([
    { reaction: 'love', direction: 'outbound' },
  ]);
  for (const body of [
    { messageId: message.id, reaction: '-love' },
    { messageId: message.id, reaction: 'love', action: 'remove' },
  ]) {
    expect((await react(world, body)).status).toBe(202);
    expect(await world.agent.next('message.react')).toMatchObject({ reaction: 'love', action: 'remove' });
  }
});

test('a later part gets no tapback where the Mac says that it cannot tell it from others', async () => {
  const world = await actionWorld();
  const { id: messageId } = await world.received();
  const reason = 'a link to a message selects its first part';
  await world.agent.tell({
    type: 'line.capabilities',
    macos: '26.1',
    actions: [{ action: 'react_part', method: 'unavailable', macos: 'none', reason, calibrated: 'never' }],
  });
  const refused = await react(world, { messageId, reaction: 'love', partIndex: 1 });
  expect(codeOf(refused)).toEqual([409, 'action_unavailable']);
  const { details } = (refused.json as unknown as ErrorReply).error;
  expect(details).toMatchObject({ action: 'react_part', reason, macos: 'none' });
  expect((await react(world, { messageId, reaction: 'love', partIndex: 0 })).status).toBe(202);
  expect(await world.agent.next('message.react')).toMatchObject({ target: { part: 0 } });
});

test('an emoji goes where the Mac does not say that it cannot', async () => {
  const world = await actionWorld();
  const { id: messageId } = await world.received();
  for (const body of [{ reaction: '🎉' }, { reaction: 'emoji', emoji: '🎉' }]) {
    expect((await react(world, { messageId, ...body })).status).toBe(202);
    expect(await world.agent.next('message.react')).toMatchObject({ reaction: 'emoji', emoji: '🎉' });
  }
  const reason = 'Messages has no button for it that can be told from others';
  await world.agent.tell({
    type: 'line.capabilities',
    macos: '26.1',
    actions: [
      { action: 'react', method: 'ui', macos: '13-26', reason: '', calibrated: 'works' },
      { action: 'react_emoji', method: 'unavailable', macos: '', reason, calibrated: 'never' },
    ],
  });
  const refused = await react(world, { messageId, reaction: '🎉' });
  expect(codeOf(refused)).toEqual([409, 'action_unavailable']);
  expect((refused.json as unknown as ErrorReply).error.details).toMatchObject({
    action: 'react_emoji',
    reason,
  });
  expect((await react(world, { messageId, reaction: 'like' })).status).toBe(202);
});

test.for([
  [{ reaction: 'hug' }, 'reaction'],
  [{ reaction: '🎉🎉' }, 'reaction'],
  [{ reaction: 'emoji', emoji: 'x' }, 'emoji'],
  [{ reaction: 'emoji' }, 'emoji'],
  [{ reaction: '-love', action: 'add' }, 'action'],
  [{ reaction: 'love', emoji: '🎉' }, 'emoji'],
  [{ reaction: 'love', action: 'toggle' }, 'action'],
  [{ reaction: 'love', partIndex: -1 }, 'partIndex'],
] as const)('a reaction %j is refused by its field', async ([body, param]) => {
  const world = await actionWorld();
  const { id: messageId } = await world.received();
  const { status, json } = await react(world, { messageId, ...body });
  expect([status, (json as unknown as ErrorReply).error.param]).toEqual([400, param]);
  expect(world.agent.count()).toBe(0);
});

test('a repeat with the same key is the same operation, and another body a conflict', async () => {
  const world = await actionWorld();
  const message = await world.sent();
  const headers = { 'idempotency-key': 'k' };
  const first = await edit(world, message.id, 'a', headers);
  const again = await edit(world, message.id, 'a', headers);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
  expect(again.json.operation).toEqual(first.json.operation);
  expect(codeOf(await edit(world, message.id, 'b', headers))).toEqual([409, 'idempotency_conflict']);
  const reaction = { messageId: message.id, reaction: 'like' };
  const one = await world.post('/v1/messages/react', reaction, { headers });
  const two = await world.post('/v1/messages/react', reaction, { headers });
  expect([two.status, two.json.operation?.id]).toEqual([200, one.json.operation?.id]);
  expect((await world.read(message.id)).operations).toHaveLength(2);
});

test('what the Mac cannot do is refused before anything is stored', async () => {
  const world = await actionWorld();
  const message = await world.sent();
  const reason = 'Messages of this release has no menu for it';
  await world.agent.tell({
    type: 'line.capabilities',
    macos: '12.7',
    actions: [
      { action: 'edit', method: 'unavailable', macos: '13-27', reason, calibrated: 'never' },
      { action: 'unsend', method: 'ui', macos: '13-27', reason: '', calibrated: 'fails' },
    ],
  });
  const headers = { 'idempotency-key': 'k' };
  const refused = await edit(world, message.id, 'x', headers);
  expect(codeOf(refused)).toEqual([409, 'action_unavailable']);
  expect((refused.json as unknown as ErrorReply).error).toMatchObject({
    retry: 'after-fix',
    details: { action: 'edit', reason, macos: '13-27' },
  });
  expect((await world.read(message.id)).operations).toEqual([]);
  const line = await world.bridge.ask<{ capabilities: { macos: string; actions: object[] } }>(
    'GET',
    `/v1/lines/${world.agent.line.id}`,
    { key: world.key },
  );
  expect(line.json.capabilities.macos).toBe('12.7');
  expect(line.json.capabilities.actions).toContainEqual(expect.objectContaining({ action: 'edit', reason }));
  expect((await unsend(world, message.id)).status).toBe(202);
});
