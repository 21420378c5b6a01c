import { expect, test } from 'vitest';
import { type Demo, sharedDemo } from '../support/demo.ts';
import { type ApiMessage, reached, registerHook, send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';
import { messageRows } from '../support/message-rows.ts';

const TALKER = '+14155550101';
const READER = '+14155550102';
const WRITER = '+14155550147';

interface Operation {
  id: string;
  type: string;
  state: string;
  error: { code: string; message: string } | null;
}

interface Followed extends ApiMessage {
  editCount: number;
  effect: string | null;
  unsentAt: string | null;
  replyTo: { messageId: string | null } | null;
  reactions: { reaction: string; direction: string }[];
  operations: Operation[];
  operation: Operation | null;
}

const demo = sharedDemo();

/** Waits until an operation is over; returns it. */
const over = (at: Demo, id: string | undefined): Promise<Operation> =>
  eventually(
    async () => {
      const { body } = await at.call<Operation>(`/v1/operations/${id}`);
      return ['done', 'failed', 'uncertain'].includes(body.state) && body;
    },
    { within: 60_000, every: 100, what: `the end of operation ${id}` },
  );

const read = async (at: Demo, id: string): Promise<Followed> =>
  (await at.call<Followed>(`/v1/messages/${id}`)).body;

/** Asks for something, and waits until the Mac has done it. */
async function done(path: string, body: object, method = 'POST'): Promise<Followed> {
  const { status, body: asked } = await demo().call<Followed & Operation>(path, { method, body });
  expect(status, JSON.stringify(asked)).toBe(202);
  const id = asked.operation?.id ?? asked.id;
  expect(await over(demo(), id)).toMatchObject({ state: 'done', error: null });
  return asked;
}

test('an own message is edited and then taken back on the Mac, and the customer is told of both', async () => {
  const hook = await registerHook(demo());
  try {
    const { id } = await send(demo(), READER, 'helo');
    await reached(demo(), id, 'read');
    await done(`/v1/messages/${id}`, { text: 'hello' }, 'PUT');
    const edited = await hook.receiver.waitFor(({ event }) => event?.type === 'message.edited', 30_000);
    expect(edited.event?.data).toMatchObject({ messageId: id, text: 'hello', direction: 'outbound' });
    expect(await read(demo(), id)).toMatchObject({ text: 'hello', editCount: 1 });
    await done(`/v1/messages/${id}/unsend`, {});
    const unsent = await hook.receiver.waitFor(({ event }) => event?.type === 'message.unsent', 30_000);
    expect(unsent.event?.data).toMatchObject({ messageId: id, direction: 'outbound' });
    const gone = await read(demo(), id);
    expect(gone).toMatchObject({ status: 'unsent', text: '' });
    expect(gone.operations.map(({ type, state }) => `${type} ${state}`)).toEqual([
      'edit done',
      'unsend done',
    ]);
    const steps = gone.timeline?.map(({ step }) => step) ?? [];
    expect(steps).toEqual(expect.arrayContaining(['edit:accepted', 'edit:done', 'edited', 'unsend:done']));
    expect((await demo().call(`/v1/messages/${id}/unsend`, { body: {} })).status).toBe(200);
  } finally {
    await hook.receiver.close();
  }
});

test('a text goes with an effect, and another one by SMS, which the iPhone of the Mac relays', {
  timeout: 240_000,
}, async () => {
  const rows = (text: string) =>
    messageRows(demo().summary.virtualMac?.messagesDb ?? '').filter((row) => row.text === text);
  const effect = await demo().call<Followed>('/v1/messages', {
    body: { to: READER, text: 'well done', effect: 'confetti' },
  });
  expect([effect.status, effect.body.effect], JSON.stringify(effect.body)).toEqual([202, 'confetti']);
  await reached(demo(), effect.body.id, 'read', 60_000);
  expect(rows('well done').map((row) => row.effect)).toEqual(['com.apple.messages.effect.CKConfettiEffect']);

  const sms = await demo().call<Followed>('/v1/messages', {
    body: { to: READER, text: 'in green', service: 'sms' },
  });
  expect(sms.status, JSON.stringify(sms.body)).toBe(202);
  await reached(demo(), sms.body.id, 'sent', 60_000);
  expect(await read(demo(), sms.body.id)).toMatchObject({ service: 'sms' });
  expect(rows('in green')).toHaveLength(1);

  const rcs = await demo().call<Followed>('/v1/messages', {
    body: { to: READER, text: 'by RCS', service: 'rcs' },
  });
  const failed = await eventually(
    async () => {
      const message = await read(demo(), rcs.body.id);
      return message.status === 'failed' && message;
    },
    { within: 60_000, what: 'the failure of a message by a service that is not there' },
  );
  expect(failed.error).toMatchObject({ code: 'service_unavailable' });
  expect(rows('by RCS')).toEqual([]);
});

async function upload(filename: string, mimeType: string, bytes: Buffer): Promise<string> {
  const { bridge, account } = demo().summary;
  const answer = await fetch(`${bridge.url}/v1/media`, {
    method: 'POST',
    headers: { 'x-api-key': account.liveKey, 'content-type': mimeType, 'x-filename': filename },
    body: new Uint8Array(bytes),
  });
  const body = (await answer.json()) as { id: string };
  expect(answer.ok, JSON.stringify(body)).toBe(true);
  return body.id;
}

test('a text goes with a contact card and a picture, in their order, and a Core Audio file as a voice note', {
  timeout: 300_000,
}, async () => {
  const { messagesDb = '' } = demo().summary.virtualMac ?? {};
  const before = messageRows(messagesDb).length;
  const card = Buffer.from('BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n');
  const attachments = [
    { mediaId: await upload('Ann.vcf', 'text/vcard', card) },
    { mediaId: await upload('dot.png', 'image/png', Buffer.from('\x89PNG a dot', 'latin1')) },
  ];
  const sent = await demo().call<Followed>('/v1/messages', {
    body: { to: READER, text: 'her card', attachments },
  });
  expect(sent.status, JSON.stringify(sent.body)).toBe(202);
  await reached(demo(), sent.body.id, 'read', 120_000);
  const caf = await upload('memo.caf', 'audio/x-caf', Buffer.from('caff\0\x01\0\0desc', 'latin1'));
  const voice = await demo().call<Followed>('/v1/messages', {
    body: { to: READER, voiceNote: true, attachments: [{ mediaId: caf }] },
  });
  expect(voice.status, JSON.stringify(voice.body)).toBe(202);
  await reached(demo(), voice.body.id, 'read', 120_000);
  const own = messageRows(messagesDb)
    .slice(before)
    .filter((row) => row.mine === 1);
  expect(own.map((row) => row.file ?? row.text)).toEqual([
    ...['her card', 'Ann.vcf', 'dot.png', 'Audio Message.caf'],
  ]);
  const words = await upload('words.caf', 'audio/x-caf', Buffer.from('no sound'));
  const refused = await demo().call<{ error: { code: string } }>('/v1/messages', {
    body: { to: READER, voiceNote: true, attachments: [{ mediaId: words }] },
  });
  expect([refused.status, refused.body.error.code]).toEqual([400, 'invalid_attachments']);
});

test('a call is made on macOS 26 with Full Keyboard Access, and refused with the reason without', {
  timeout: 300_000,
}, async () => {
  const hook = await registerHook(demo());
  interface Answer {
    id: string;
    error?: { code: string; details: { reason: string } };
  }
  const place = (type = 'video') => demo().call<Answer>('/v1/calls', { body: { to: TALKER, type } });
  try {
    const { status, body } = await place();
    expect(status, JSON.stringify(body)).toBe(202);
    const { event } = await hook.receiver.waitFor((request) => request.event?.type === 'call.ended', 90_000);
    expect(event?.data).toMatchObject({ callId: body.id, to: TALKER, type: 'video' });
    expect(Math.round(Number(event?.data.durationSeconds))).toBe(5);

    const audio = (await place('audio')).body.id;
    const held = await demo().call<Answer>(`/v1/calls/${audio}/end`, { body: {} });
    expect([held.status, held.body.error?.code], JSON.stringify(held.body)).toEqual([
      409,
      'action_unavailable',
    ]);
    expect(held.body.error?.details.reason).toContain('held by Phone');
    await hook.receiver.waitFor(
      (request) => request.event?.type === 'call.ended' && request.event.data.callId === audio,
      90_000,
    );

    await demo().agent('virtual-mac', 'fault', '--make', 'no-full-keyboard-access');
    const refused = await eventually(
      async () => {
        const answer = await place();
        return answer.status === 409 && answer.body.error?.code === 'action_unavailable' && answer;
      },
      // A call that is begun meanwhile ends as the Mac finds that it cannot be placed.
      { within: 120_000, every: 2_000, what: 'the refusal of a call' },
    );
    expect(refused.body.error?.details.reason).toContain('Full Keyboard Access is off');
    expect(await demo().agent('virtual-mac', 'fault', '--clear')).toBe('');
  } finally {
    await hook.receiver.close();
  }
});

test('a message of a person gets a tapback, an inline reply, dots and a receipt', async () => {
  const hook = await registerHook(demo());
  try {
    await demo().receive(WRITER, 'are you there?');
    const { event } = await hook.receiver.waitFor((request) => request.event?.data.from === WRITER, 30_000);
    const messageId = String(event?.data.messageId);
    await done('/v1/messages/react', { messageId, reaction: 'love' });
    const added = await hook.receiver.waitFor((request) => request.event?.type === 'reaction.added', 30_000);
    expect(added.event?.data).toMatchObject({ messageId, reaction: 'love', direction: 'outbound' });
    await done('/v1/messages/react', { messageId, reaction: '-love' });
    await hook.receiver.waitFor((request) => request.event?.type === 'reaction.removed', 30_000);
    expect((await read(demo(), messageId)).reactions).toEqual([]);
    const reply = await demo().call<Followed>('/v1/messages', {
      body: { to: WRITER, text: 'yes, here', replyTo: messageId },
    });
    expect(reply.body.replyTo?.messageId).toBe(messageId);
    await reached(demo(), reply.body.id, 'delivered', 60_000);
    const conversation = `/v1/conversations/${encodeURIComponent(WRITER)}`;
    await done(`${conversation}/typing`, { state: 'on' });
    await done(`${conversation}/typing`, { state: 'off' });
    await done(`${conversation}/read`, {});
  } finally {
    await hook.receiver.close();
  }
});
