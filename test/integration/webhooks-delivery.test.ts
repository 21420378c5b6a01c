import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { ATTEMPT_LIMIT_MS } from '../../bridge/webhooks/client.ts';
import { RETRY_DELAYS_MS } from '../../bridge/webhooks/delivery-states.ts';
import { createWebhookDispatcher } from '../../bridge/webhooks/webhooks.ts';
import { eventually } from '../support/eventually.ts';
import { testWebhooks } from '../support/test-webhooks.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const textOf = (request: { event: { data: Record<string, unknown> } | undefined }): unknown =>
  request.event?.data.text;

test('an event arrives once, signed over its raw bytes and as the re-serialising receiver checks it', async () => {
  const bridge = await testWebhooks();
  await bridge.receive('Grüße "\u2028" 👋 / <b>');
  const request = await bridge.receiver.waitFor(() => true);

  expect(request.signed).toBe(true);
  const again = JSON.stringify(JSON.parse(request.raw.toString('utf8')));
  expect(request.headers['x-bluereplies-signature']).toBe(
    createHmac('sha256', bridge.webhook.secret).update(again).digest('hex'),
  );
  expect(request.method).toBe('POST');
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'BlueRelay-Webhooks',
    'x-bluereplies-event': 'message.received',
    'x-bluereplies-attempt': '1',
    'x-bluereplies-timestamp': String(Math.floor(bridge.clock.now() / 1000)),
  });
  expect(request.headers['x-bluereplies-delivery-id']).toMatch(/^dlv_/);
  expect(request.event).toMatchObject({ type: 'message.received', mode: 'live' });
  expect(textOf(request)).toBe('Grüße "\u2028" 👋 / <b>');
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === undefined);
  await bridge.clock.advance(3_600_000);
  expect(bridge.receiver.requests).toHaveLength(1);
});

test('one conversation arrives in order while many are under way, over few sockets', async () => {
  const bridge = await testWebhooks({
    answer: async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
      return { status: 204 };
    },
  });
  const people = ['+14155550101', '+14155550102', '+14155550103', '+14155550104', '+14155550105'];
  for (let round = 0; round < 20; round += 1) {
    for (const person of people) await bridge.receive(`${round}`, person);
  }
  await eventually(() => bridge.receiver.requests.length === 100);
  for (const person of people) {
    const texts = bridge.receiver.requests
      .filter((request) => request.event?.data.from === person)
      .map((request) => Number(textOf(request)));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => index));
  }
  expect(bridge.receiver.connections()).toBeLessThanOrEqual(16);
});

test('a failing endpoint is tried eight times on schedule with the same event, then no more', async () => {
  const bridge = await testWebhooks({ answer: () => ({ status: 500 }) });
  await bridge.receive('hi');
  for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
    await eventually(() => bridge.receiver.requests.length === index + 1);
    await eventually(async () => (await bridge.store.nextDeliveryAt()) === bridge.clock.now() + delay);
    await bridge.clock.advance(delay - 1);
    expect(bridge.receiver.requests).toHaveLength(index + 1);
    await bridge.clock.advance(1);
  }
  await eventually(() => bridge.receiver.requests.length === 8);
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === undefined);
  await bridge.clock.advance(100 * 3_600_000);
  expect(bridge.receiver.requests).toHaveLength(8);
  expect(new Set(bridge.receiver.requests.map((request) => request.event?.id)).size).toBe(1);
  expect(bridge.receiver.requests.map((request) => request.headers['x-bluereplies-attempt'])).toEqual(
    '12345678'.split(''),
  );
  expect(bridge.receiver.requests.every((request) => request.signed)).toBe(true);
});

test('a failed event does not hold up those behind it', async () => {
  const bridge = await testWebhooks({
    answer: (request) => ({ status: textOf(request) === 'bad' ? 500 : 200 }),
  });
  await bridge.receive('bad');
  await bridge.receive('good');
  await bridge.receiver.waitFor((request) => textOf(request) === 'good');
  expect(bridge.receiver.requests.map(textOf)).toEqual(['bad', 'good']);
});

test('a receiver that was down gets everything once it is up', async () => {
  const bridge = await testWebhooks();
  const port = Number(new URL(bridge.receiver.url).port);
  await bridge.receiver.close();
  for (const text of ['one', 'two', 'three']) await bridge.receive(text);
  const at = bridge.clock.now() + 5_000;
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === at);
  const back = await startWebhookReceiver({ port, secret: bridge.webhook.secret });
  await eventually(async () => {
    await bridge.clock.advance(1_000);
    return back.requests.length >= 3;
  });
  expect(back.requests.map(textOf).sort()).toEqual(['one', 'three', 'two']);
  expect(back.requests.every((request) => request.signed)).toBe(true);
  await back.close();
  bridge.receiver.close = () => Promise.resolve();
});

test('a receiver that does not answer in time has failed, and the rest goes on', async () => {
  const bridge = await testWebhooks({
    answer: (request) => (textOf(request) === 'slow' ? 'hang' : { status: 200 }),
  });
  await bridge.receive('slow');
  await bridge.receive('quick', '+14155550102');
  await bridge.receiver.waitFor((request) => textOf(request) === 'quick');
  await bridge.clock.advance(ATTEMPT_LIMIT_MS);
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === bridge.clock.now() + 5_000);
  bridge.receiver.setAnswer(() => ({ status: 200 }));
  await bridge.clock.advance(5_000);
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === undefined);
  expect(bridge.receiver.requests.filter((request) => textOf(request) === 'slow')).toHaveLength(2);
});

test('one endpoint that hangs leaves room for the others', async () => {
  const bridge = await testWebhooks();
  const hanging = await startWebhookReceiver({ answer: () => 'hang' });
  await bridge.core.createWebhook(bridge.live, { url: hanging.url });
  for (let index = 0; index < 100; index += 1) {
    await bridge.receive(`${index}`, `+141555501${String(index % 100).padStart(2, '0')}`);
  }
  await eventually(() => bridge.receiver.requests.length === 100);
  expect(hanging.requests.length).toBeLessThanOrEqual(16);
  await bridge.dispatcher.stop(AbortSignal.abort());
  await hanging.close();
});

test('a redirect is not followed', async () => {
  const target = await startWebhookReceiver();
  const bridge = await testWebhooks({ answer: () => ({ status: 307, headers: { location: target.url } }) });
  await bridge.receive('hi');
  await bridge.receiver.waitFor(() => true);
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === bridge.clock.now() + 5_000);
  expect(target.requests).toHaveLength(0);
  await target.close();
});

test('a receiver may ask for patience', async () => {
  const bridge = await testWebhooks({
    answer: () => ({ status: 429, headers: { 'retry-after': '120' } }),
  });
  await bridge.receive('hi');
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === bridge.clock.now() + 120_000);
});

test('410 ends the delivery and disables the endpoint', async () => {
  const bridge = await testWebhooks({ answer: () => ({ status: 410 }) });
  await bridge.receive('first');
  await eventually(
    async () => !(await bridge.core.getWebhook(bridge.live, bridge.webhook.id)).enabled && 'disabled',
  );
  await bridge.receive('second');
  await bridge.clock.advance(24 * 3_600_000);
  expect(bridge.receiver.requests).toHaveLength(1);
  expect(await bridge.store.nextDeliveryAt()).toBeUndefined();
});

test('an answer that is too long counts by its status and is cut off', async () => {
  const bridge = await testWebhooks({ answer: () => ({ status: 200, body: Buffer.alloc(5_000_000) }) });
  await bridge.receive('hi');
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === undefined);
  expect(bridge.receiver.requests).toHaveLength(1);
});

test('what a crashed bridge had leased is sent by the next one, with the same event id', async () => {
  const bridge = await testWebhooks({ start: false });
  await bridge.receive('hi');
  const [leased] = await bridge.store.leaseDueDeliveries(bridge.clock.now(), 25_000, 10);
  bridge.dispatcher.start();
  await bridge.clock.advance(24_999);
  expect(bridge.receiver.requests).toHaveLength(0);
  await bridge.clock.advance(1);
  const request = await bridge.receiver.waitFor(() => true);
  expect(request.event?.id).toBe(leased?.event.id);
});

test('what another bridge process left is found without being told', async () => {
  const bridge = await testWebhooks({ start: false, lookEveryMs: 5_000 });
  bridge.dispatcher.start();
  await eventually(async () => (await bridge.store.nextDeliveryAt()) === undefined);
  const { live, clock, store, webhook } = bridge;
  const createdAt = clock.now();
  const event = { id: 'evt_other', type: 'message.read', orderingKey: 'k', payload: '{}', createdAt };
  await store.insertEvent({ ...event, accountId: live.accountId, mode: 'live' });
  await store.insertDelivery({
    id: 'dlv_other',
    webhookId: webhook.id,
    eventId: 'evt_other',
    orderingKey: 'k',
    state: 'pending',
    attempts: 0,
    nextAttemptAt: createdAt,
    leasedUntil: null,
    lastStatus: null,
    createdAt,
  });
  await clock.advance(5_000);
  await bridge.receiver.waitFor((request) => request.headers['x-bluereplies-delivery-id'] === 'dlv_other');
});

test('stopping waits for the attempt under way', async () => {
  let answer = (): void => undefined;
  const bridge = await testWebhooks({
    answer: () =>
      new Promise((resolve) => {
        answer = () => resolve({ status: 200 });
      }),
  });
  await bridge.receive('hi');
  await bridge.receiver.waitFor(() => true);
  let stopped = false;
  const stopping = bridge.dispatcher.stop(new AbortController().signal).then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stopped).toBe(false);
  answer();
  await stopping;
  expect(await bridge.store.nextDeliveryAt()).toBeUndefined();
});

test('hurrying gives up the attempt under way without counting it', async () => {
  const bridge = await testWebhooks({ answer: () => 'hang' });
  await bridge.receive('hi');
  await bridge.receiver.waitFor(() => true);
  await bridge.dispatcher.stop(AbortSignal.abort());
  bridge.receiver.setAnswer(() => ({ status: 200 }));
  const { store, clock, core } = bridge;
  const next = createWebhookDispatcher({
    store,
    clock,
    wakeups: core.wakeups,
    logger: createLogger('test', 'silent'),
    allowHttpWebhooks: true,
  });
  next.start();
  const again = await bridge.receiver.waitFor((request) => request !== bridge.receiver.requests[0]);
  expect(again.headers['x-bluereplies-attempt']).toBe('1');
  await next.stop(new AbortController().signal);
});

test('the log tells ids, status and time, and nothing that is private', async () => {
  const lines: string[] = [];
  const bridge = await testWebhooks({ logger: pino({}, { write: (line: string) => lines.push(line) }) });
  await bridge.receive('a private text');
  await eventually(() => lines.length > 0);
  const [line = ''] = lines;
  expect(JSON.parse(line)).toMatchObject({ webhookId: bridge.webhook.id, status: 200, attempt: 1 });
  expect(line).not.toContain('private');
  expect(line).not.toContain('http');
  expect(line).not.toContain('whsec_');
});
