import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { WebhookClient } from '../../bridge/webhooks/client.ts';
import type { Resolve } from '../../bridge/webhooks/destination.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

async function setUp(
  resolve: Resolve,
  allowHttpWebhooks: boolean,
): Promise<{
  receiver: WebhookReceiver;
  port: string;
  post(url: string): ReturnType<WebhookClient['post']>;
}> {
  const receiver = await startWebhookReceiver();
  const client = new WebhookClient({ clock: systemClock, allowHttpWebhooks, connections: 2, resolve });
  onTestFinished(async () => {
    await client.close();
    await receiver.close();
  });
  return {
    receiver,
    port: new URL(receiver.url).port,
    post: (url) =>
      client.post({
        url,
        secret: 'whsec_x',
        payload: '{}',
        eventType: 'message.read',
        deliveryId: 'dlv_1',
        attempt: 1,
      }),
  };
}

const here: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

test('a name that leads to this machine is refused before anything is connected', async () => {
  const { receiver, port, post } = await setUp(here, false);
  expect(await post(`https://hook.example:${port}/`)).toEqual({ kind: 'failed', code: 'invalid_url' });
  expect(await post(`https://127.0.0.1:${port}/`)).toEqual({ kind: 'failed', code: 'invalid_url' });
  expect(await post(receiver.url)).toEqual({ kind: 'failed', code: 'invalid_url' });
  expect(receiver.connections()).toBe(0);
});

test('the address that was checked is the one that is connected', async () => {
  let asked = 0;
  const rebinding: Resolve = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
  };
  const { receiver, port, post } = await setUp(rebinding, true);
  expect(await post(`http://hook.example:${port}/`)).toMatchObject({ kind: 'answered', status: 200 });
  expect(asked).toBe(1);
  expect(receiver.requests[0]?.headers.host).toBe(`hook.example:${port}`);
  expect(await post(`http://hook.example:${port}/`)).toEqual({ kind: 'failed', code: 'invalid_url' });
  expect(receiver.connections()).toBe(1);
});

test('sockets are kept open and used again', async () => {
  const { receiver, port, post } = await setUp(here, true);
  for (let round = 0; round < 20; round += 1) await post(`http://hook.example:${port}/`);
  expect(receiver.requests).toHaveLength(20);
  expect(receiver.connections()).toBeLessThanOrEqual(2);
});

test('a name service that fails, or knows nothing, fails the attempt', async () => {
  const failing = await setUp(() => Promise.reject(new Error('SERVFAIL')), true);
  expect(await failing.post('http://hook.example/')).toMatchObject({ kind: 'failed' });
  const empty = await setUp(async () => [], true);
  expect(await empty.post('http://hook.example/')).toEqual({ kind: 'failed', code: 'invalid_url' });
});
