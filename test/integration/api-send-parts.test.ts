import { expect, test } from 'vitest';
import type { ErrorReply } from '../../bridge/api/error-reply.ts';
import { type ActionWorld, actionWorld, HER } from '../support/action-world.ts';

const send = (world: ActionWorld, body: object) => world.post('/v1/messages', { to: HER, ...body });

const refusalOf = (answer: { status: number; json: unknown }) => {
  const { code, param } = (answer.json as ErrorReply).error;
  return [answer.status, code, param];
};

async function upload(
  world: ActionWorld,
  filename: string,
  mimeType = 'image/png',
  content = filename,
): Promise<string> {
  const { json } = await world.bridge.ask<{ id: string }>('POST', '/v1/media', {
    key: world.key,
    headers: { 'content-type': mimeType, 'x-filename': filename },
    body: new Uint8Array(Buffer.from(content)),
  });
  return json.id;
}

test('files go in their order, with text or without, and stand in the message', async () => {
  const world = await actionWorld();
  const [first, second] = [await upload(world, 'one.png'), await upload(world, 'two.pdf', 'application/pdf')];
  const attachments = [{ mediaId: second }, { mediaId: first }];
  const sent = await send(world, { attachments });
  expect(sent.status).toBe(202);
  expect(sent.json).toMatchObject({
    text: '',
    attachments: [
      { id: second, filename: 'two.pdf', kind: 'file', state: 'complete' },
      { id: first, filename: 'one.png', kind: 'image', state: 'complete' },
    ],
  });
  const command = await world.agent.next('message.send');
  expect(command).toMatchObject({
    to: HER,
    files: [{ mediaId: second, name: 'two.pdf' }, { mediaId: first }],
  });
  expect(command.files?.[1]).toMatchObject({ bytes: 7, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(command.text).toBeUndefined();
  const both = await send(world, { text: 'both', attachments });
  expect([both.status, both.json.attachments]).toMatchObject([202, [{ part: 1 }, { part: 2 }]]);
  expect(await world.agent.next('message.send')).toMatchObject({ text: 'both', files: [{}, {}] });
  expect((await world.read(sent.json.id)).attachments).toMatchObject([{ part: 0 }, { part: 1 }]);
});

test('what is no file of the account is refused by its place, and nothing is stored', async () => {
  const world = await actionWorld();
  const mediaId = await upload(world, 'one.png');
  const attach = async (...attachments: object[]) => refusalOf(await send(world, { attachments }));
  const invalid = (param: string) => [400, 'invalid_attachments', param];
  expect(await attach({ mediaId }, { mediaId: 'med_none' })).toEqual(invalid('attachments[1].mediaId'));
  expect(await attach({ url: 'https://example.com/a.png' })).toEqual(invalid('attachments[0].url'));
  expect(await attach({})).toEqual(invalid('attachments[0].mediaId'));
  expect(await attach(...Array.from({ length: 11 }, () => ({ mediaId })))).toEqual(invalid('attachments'));
  expect(refusalOf(await send(world, { attachments: [] }))).toEqual([
    400,
    'missing_required_parameter',
    'text',
  ]);
  expect(refusalOf(await send(world, { text: '' }))).toEqual([400, 'invalid_parameter_value', 'text']);
  const other = await world.bridge.core.createAccount('Other');
  await world.bridge.enrol(other.account.id, '+14155550199');
  const body = { to: HER, attachments: [{ mediaId }] };
  const foreign = await world.post('/v1/messages', body, { key: other.liveKey });
  expect(refusalOf(foreign)).toEqual(invalid('attachments[0].mediaId'));
  expect(world.agent.count()).toBe(0);
});

test('a voice note is one sound alone, of which the Mac makes a Core Audio file', async () => {
  const world = await actionWorld();
  const voice = await upload(world, 'note.caf', 'audio/x-caf', 'caff\0\x01\0\0desc');
  const song = await upload(world, 'song.m4a', 'audio/mp4');
  const sent = await send(world, { voiceNote: true, attachments: [{ mediaId: voice }] });
  expect([sent.status, sent.json.voiceNote]).toEqual([202, true]);
  expect(await world.agent.next('message.send')).toMatchObject({
    voiceNote: true,
    files: [{ name: 'note.caf' }],
  });
  expect((await send(world, { voiceNote: true, attachments: [{ mediaId: song }] })).status).toBe(202);
  expect(await world.agent.next('message.send')).toMatchObject({ files: [{ name: 'song.m4a' }] });
  const recorded = await upload(world, 'recording', 'application/octet-stream', 'caff\0\x01\0\0desc');
  expect((await send(world, { voiceNote: true, attachments: [{ mediaId: recorded }] })).status).toBe(202);
  expect(await world.agent.next('message.send')).toMatchObject({ files: [{ name: 'recording' }] });
  const words = await upload(world, 'note.txt', 'text/plain');
  const named = await upload(world, 'words.caf', 'audio/x-caf');
  const short = await upload(world, 'short.caf', 'audio/x-caf', 'caf');
  for (const body of [
    { attachments: [{ mediaId: words }] },
    { attachments: [{ mediaId: named }] },
    { attachments: [{ mediaId: short }] },
    { attachments: [{ mediaId: voice }, { mediaId: voice }] },
    { attachments: [{ mediaId: voice }], text: 'x' },
    { text: 'x' },
  ])
    expect(refusalOf(await send(world, { voiceNote: true, ...body }))).toEqual([
      400,
      'invalid_attachments',
      'attachments',
    ]);
});

test('a handle is written to by the service that is asked for, as far as it has what is asked', async () => {
  const world = await actionWorld();
  for (const [service, name] of [
    ['sms', 'SMS'],
    ['rcs', 'RCS'],
    ['imessage', 'iMessage'],
  ] as const) {
    expect((await send(world, { text: 'x', service })).status).toBe(202);
    expect(await world.agent.next('message.send')).toMatchObject({ to: HER, service: name });
  }
  expect((await send(world, { text: 'x', effect: 'slam', service: 'imessage' })).status).toBe(202);
  await world.agent.next('message.send');
  const refusal = [400, 'invalid_parameter_value', 'service'];
  expect(refusalOf(await send(world, { text: 'x', service: 'fax' }))).toEqual(refusal);
  expect(refusalOf(await send(world, { text: 'x', effect: 'slam', service: 'sms' }))).toEqual(refusal);
  const { groupId: group } = await world.received({ group: 'chat77' });
  expect(refusalOf(await send(world, { to: group, text: 'x', service: 'sms' }))).toEqual(refusal);
});

test('an effect goes by its name, or by the name that others have for it', async () => {
  const world = await actionWorld();
  for (const [asked, effect] of [
    ['slam', 'slam'],
    ['celebration', 'celebration'],
    ['invisible', 'invisibleInk'],
    ['sparkles', 'celebration'],
    ['hearts', 'love'],
    ['happy_birthday', 'balloons'],
  ] as const) {
    const sent = await send(world, { text: 'x', effect: asked });
    expect([sent.status, sent.json.effect]).toEqual([202, effect]);
    expect(await world.agent.next('message.send')).toMatchObject({ effect });
  }
  expect(refusalOf(await send(world, { text: 'x', effect: 'boom' }))).toEqual([
    400,
    'invalid_parameter_value',
    'effect',
  ]);
});

test('a reply names the message on the Mac, from its line and in its conversation alone', async () => {
  const world = await actionWorld();
  const asked = await world.received();
  const reply = await send(world, { text: 'yes', replyTo: asked.id });
  expect(reply.json).toMatchObject({
    conversationId: asked.conversationId,
    replyTo: { messageId: asked.id, part: 0 },
  });
  expect(await world.agent.next('message.send')).toMatchObject({
    replyTo: { guid: asked.guid, part: 0 },
    to: HER,
  });
  const other = await world.bridge.enrol(world.accountId, '+14155550199');
  expect((await send(world, { text: 'from elsewhere', from: other.line.id })).status).toBe(202);
  const { lineId } = (await send(world, { text: 'again', replyTo: asked.id })).json;
  expect(lineId).toBe(world.agent.line.id);
  const elsewhere = await world.received({ from: '+14155550102' });
  expect(refusalOf(await send(world, { text: 'x', replyTo: elsewhere.id }))).toEqual([
    400,
    'reply_target_conversation_mismatch',
    'replyTo',
  ]);
  const { json: queued } = await send(world, { text: 'still here' });
  for (const replyTo of [queued.id, 'msg_none'])
    expect(refusalOf(await send(world, { text: 'x', replyTo }))).toEqual([
      400,
      'reply_target_invalid',
      'replyTo',
    ]);
});

test('what no Mac can do of one message is refused at once: an effect or a reply without text, or both', async () => {
  const world = await actionWorld();
  const { id: replyTo } = await world.received({});
  const attachments = [{ mediaId: await upload(world, 'one.png') }];
  for (const [body, param] of [
    [{ attachments, effect: 'slam' }, 'effect'],
    [{ attachments, replyTo }, 'replyTo'],
    [{ text: 'x', effect: 'slam', replyTo }, 'effect'],
  ] as const)
    expect(refusalOf(await send(world, body))).toEqual([400, 'invalid_parameter_value', param]);
  expect(world.agent.count()).toBe(0);
});

test('a group is written to by its id, on its own line', async () => {
  const world = await actionWorld();
  const { groupId } = await world.received({ group: 'chat77' });
  const sent = await world.post('/v1/messages', { to: groupId, text: 'all' });
  expect(sent.json).toMatchObject({ to: groupId, groupId, status: 'queued' });
  const command = await world.agent.next('message.send');
  expect(command).toMatchObject({ conversation: { kind: 'group', identifier: 'chat77' }, text: 'all' });
  expect(command.to).toBeUndefined();
  expect(refusalOf(await world.post('/v1/messages', { to: 'grp_none', text: 'x' }))[1]).toBe('not_found');
  const other = await world.bridge.enrol(world.accountId, '+14155550199');
  const body = { to: groupId, text: 'x', from: other.line.id };
  expect(refusalOf(await world.post('/v1/messages', body))).toEqual([400, 'invalid_from', 'from']);
});

test('each part of a send is asked of what the Mac can do', async () => {
  const world = await actionWorld();
  const { groupId, id: inGroup } = await world.received({ group: 'chat77' });
  const mediaId = await upload(world, 'one.png');
  const bodies = {
    send_text: { text: 'x' },
    send_file: { attachments: [{ mediaId }] },
    send_group: { to: groupId, text: 'x' },
    send_effect: { text: 'x', effect: 'slam' },
    reply: { to: groupId, text: 'x', replyTo: inGroup },
  } as const;
  for (const [action, body] of Object.entries(bodies)) {
    const actions = [
      {
        action: action as keyof typeof bodies,
        method: 'unavailable',
        macos: '',
        reason: 'no',
        calibrated: 'never',
      },
    ] as const;
    await world.agent.tell({ type: 'line.capabilities', macos: '26.1', actions: [...actions] });
    const refused = await send(world, body);
    expect(refusalOf(refused).slice(0, 2)).toEqual([409, 'action_unavailable']);
    expect((refused.json as unknown as ErrorReply).error.details).toMatchObject({ action });
  }
  expect(world.agent.count()).toBe(0);
});
