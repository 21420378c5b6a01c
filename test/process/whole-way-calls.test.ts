import { expect, test } from 'vitest';
import { sharedDemo } from '../support/demo.ts';
import { type Hook, registerHook } from '../support/demo-customer.ts';

const LETS_IT_RING = '+14155550103';
const WITHIN_MS = 60_000;

/** macOS 12 is the release whose window says that a call still rings. */
const demo = sharedDemo(['--json', '--pacing', 'off', '--macos', '12']);

interface Call {
  id: string;
  status: string;
  endReason: string | null;
  durationSeconds: number;
  ringingAt: string | null;
  answeredAt: string | null;
  endedAt: string | null;
  operation?: { id: string; state: string } | null;
}

async function place(body: object): Promise<string> {
  const placed = await demo().call<Call>('/v1/calls', { body });
  expect(placed.status, JSON.stringify(placed.body)).toBe(202);
  return placed.body.id;
}

const read = async (id: string): Promise<Call> => (await demo().call<Call>(`/v1/calls/${id}`)).body;

const told = (hook: Hook, id: string, type: string) =>
  hook.receiver.waitFor(({ event }) => event?.type === type && event.data.callId === id, WITHIN_MS);

const typesOf = (hook: Hook, id: string): string[] =>
  hook
    .events()
    .filter(({ data }) => data.callId === id)
    .map(({ type }) => type);

test('what rings for too long is hung up by the Mac, and was missed', { timeout: 180_000 }, async () => {
  const hook = await registerHook(demo());
  try {
    const id = await place({ to: LETS_IT_RING, type: 'audio', ringTimeoutSeconds: 5 });
    await told(hook, id, 'call.ringing');
    await told(hook, id, 'call.missed');
    expect(typesOf(hook, id)).toEqual(['call.initiated', 'call.ringing', 'call.missed']);
    const call = await read(id);
    expect(call).toMatchObject({ status: 'missed', endReason: null, answeredAt: null, durationSeconds: 0 });
    const rang = Date.parse(call.endedAt ?? '') - Date.parse(call.ringingAt ?? '');
    // By itself it would ring for thirty seconds.
    expect([rang >= 5_000, rang < 25_000]).toEqual([true, true]);
  } finally {
    await hook.receiver.close();
  }
});

test('a call that a request ends was ended by it, as the history tells', { timeout: 180_000 }, async () => {
  const hook = await registerHook(demo());
  try {
    const id = await place({ to: LETS_IT_RING, type: 'video' });
    await told(hook, id, 'call.ringing');
    const { status, body } = await demo().call<Call>(`/v1/calls/${id}/end`, { body: {} });
    expect([status, body.operation?.state], JSON.stringify(body)).toEqual([202, 'queued']);
    const { event } = await told(hook, id, 'call.ended');
    expect(event?.data).toMatchObject({ endReason: 'api_request', durationSeconds: 0, to: LETS_IT_RING });
    expect(await read(id)).toMatchObject({
      ...{ status: 'ended', endReason: 'api_request', durationSeconds: 0, answeredAt: null },
    });
    expect(typesOf(hook, id).filter((type) => type === 'call.ended')).toHaveLength(1);
    const again = await demo().call<Call>(`/v1/calls/${id}/end`, { body: {} });
    expect([again.status, again.body.operation]).toEqual([200, null]);
  } finally {
    await hook.receiver.close();
  }
});
