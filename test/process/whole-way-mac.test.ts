import { expect, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { sharedDemo } from '../support/demo.ts';
import { type ApiMessage, reached, registerHook, send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';

const TALKER = '+14155550101';
const DECLINER = '+14155550102';
const STRANGER = '+14155550149';

const demo = sharedDemo(['--json', '--pacing', 'off', '--macos', '15']);

interface Line {
  capabilities: { macos: string; actions: { action: string; method: string; reason: string }[] } | null;
}

interface Call {
  id: string;
  status: string;
  durationSeconds: number;
  endReason: string | null;
}

const lineOf = async (): Promise<Line> =>
  (await demo().call<Line>(`/v1/lines/${demo().summary.lines[0]?.id}`)).body;

const macHome = (): string => {
  const home = demo().summary.virtualMac?.home;
  if (!home) throw new Error('there is no virtual Mac');
  return home;
};

test('a line shows what its Mac can do as the agent told it, and an action without a way is refused with the reason', async () => {
  const { actions = [], macos } =
    (await eventually(async () => (await lineOf()).capabilities ?? undefined, {
      within: 30_000,
      what: 'the capabilities of the line',
    })) ?? {};
  expect(macos).toMatch(/^15\./);
  const row = (action: string) => actions.find((candidate) => candidate.action === action);
  expect(row('send_text')).toMatchObject({ method: 'scripting' });
  expect(row('call_audio')).toMatchObject({ method: 'ui' });
  expect(row('react_emoji')).toMatchObject({ method: 'unavailable' });

  const { id } = await send(demo(), TALKER, 'well?');
  await reached(demo(), id, 'read');
  const refused = await demo().call<{ error: { code: string; details: { reason: string } } }>(
    '/v1/messages/react',
    { body: { messageId: id, reaction: 'emoji', emoji: '🎉' } },
  );
  expect(refused.status, JSON.stringify(refused.body)).toBe(409);
  expect(refused.body.error).toMatchObject({
    code: 'action_unavailable',
    details: { reason: row('react_emoji')?.reason },
  });
  expect(JSON.parse(await demo().agent('status', '--json'))).toMatchObject({
    mac: { virtual: true, macos, sendingAllowed: true, recovery: 'well' },
  });
});

test('a ring timeout is refused, before anybody is called, where no window says that a call still rings', async () => {
  const body = { to: TALKER, ringTimeoutSeconds: 20 };
  const refused = await demo().call<{ error: { code: string; details: object } }>('/v1/calls', { body });
  expect(refused.status).toBe(409);
  expect(refused.body.error).toMatchObject({
    code: 'action_unavailable',
    details: { action: 'call_ring_timeout', macos: '12', reason: expect.stringContaining('on a guess') },
  });
});

test('a call that a request placed ends as the call history tells, each time once, through a killed agent too', async () => {
  const hook = await registerHook(demo());
  const place = async (to: string): Promise<string> => {
    const { status, body } = await demo().call<Call>('/v1/calls', { body: { to, type: 'audio' } });
    expect(status, JSON.stringify(body)).toBe(202);
    return body.id;
  };
  const toldOf = (id: string): string[] =>
    hook
      .events()
      .filter(({ data }) => data.callId === id)
      .map(({ type }) => type);
  try {
    const taken = await place(TALKER);
    const { event } = await hook.receiver.waitFor(
      (request) => request.event?.type === 'call.ended' && request.event.data.callId === taken,
      45_000,
    );
    expect(event?.data).toMatchObject({ direction: 'outbound', type: 'audio', to: TALKER });
    const call = (await demo().call<Call>(`/v1/calls/${taken}`)).body;
    expect(call).toMatchObject({ status: 'ended', durationSeconds: event?.data.durationSeconds });
    expect(Math.round(call.durationSeconds)).toBe(5);

    await demo().kill('agent');
    const declined = await place(DECLINER);
    await hook.receiver.waitFor(
      (request) => request.event?.type === 'call.declined' && request.event.data.callId === declined,
      45_000,
    );
    // A call may be over before the screen was looked at.
    const withoutRinging = (id: string) => toldOf(id).filter((type) => type !== 'call.ringing');
    expect(withoutRinging(taken)).toEqual(['call.initiated', 'call.answered', 'call.ended']);
    expect(withoutRinging(declined)).toEqual(['call.initiated', 'call.declined']);
  } finally {
    await hook.receiver.close();
  }
});

test('a call of a person that nobody took is told as missed', async () => {
  const hook = await registerHook(demo());
  try {
    await askVirtualMac(macHome(), {
      call: 'received-call',
      ...{ from: STRANGER, medium: 'video', end: 'missed', durationMs: 0 },
    });
    const { event } = await hook.receiver.waitFor((request) => request.event?.type === 'call.missed', 30_000);
    expect(event?.data).toMatchObject({ direction: 'inbound', type: 'video', from: STRANGER });
  } finally {
    await hook.receiver.close();
  }
});

test('a lookup is answered by the Mac from what it knows', async () => {
  const { status, body } = await demo().call<{ results: { phoneNumber: string; imessage: boolean }[] }>(
    '/v1/lookup',
    { body: { phoneNumbers: [TALKER, '+14155550190'] } },
  );
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.results).toMatchObject([
    { phoneNumber: TALKER, imessage: true, source: 'history' },
    { phoneNumber: '+14155550190', imessage: null, source: 'none' },
  ]);
});

test('a group that was asked for gets the id that the Mac has for it, and takes messages', async () => {
  const made = await demo().call<{ id: string; operation: { id: string } }>('/v1/groups', {
    body: { participants: [TALKER, DECLINER], text: 'hello, you two' },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(202);
  const group = await eventually(
    async () => {
      const { body } = await demo().call<{ id: string; status: string }>(`/v1/groups/${made.body.id}`);
      if (body.status === 'pending') throw new Error(JSON.stringify(body));
      return body;
    },
    { within: 45_000, what: 'the end of making a group' },
  );
  expect(group).toMatchObject({ status: 'ready', id: made.body.id });
  const sent = await demo().call<{ id: string }>('/v1/messages', {
    body: { to: made.body.id, text: 'one more for both' },
  });
  expect(sent.status, JSON.stringify(sent.body)).toBe(202);
  await eventually(
    async () => {
      const { body } = await demo().call<ApiMessage>(`/v1/messages/${sent.body.id}`);
      if (!['sent', 'delivered', 'read'].includes(body.status))
        throw new Error(`its status is ${body.status}`);
      return body;
    },
    { within: 30_000, what: 'a message to the group that left' },
  );
});
