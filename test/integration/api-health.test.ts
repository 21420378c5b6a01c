import { request } from 'undici';
import { expect, test } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { eventually } from '../support/eventually.ts';
import { runningBridge } from '../support/running-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const openTempStore = (): Promise<Store> =>
  openStore({ url: `sqlite:${tempFolder()}/bridge.db`, clock: systemClock });

test('a bridge that serves is healthy and ready', async () => {
  const bridge = await runningBridge();
  expect(await bridge.ask('GET', '/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
  expect(await bridge.ask('GET', '/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
});

test('a bridge whose store does not answer is healthy but not ready', async () => {
  const store = await openTempStore();
  const bridge = await runningBridge({
    overrides: { store: { ...store, check: () => Promise.reject(new Error('down')) } },
  });
  expect(await bridge.ask('GET', '/healthz')).toMatchObject({ status: 200 });
  expect(await bridge.ask('GET', '/readyz')).toMatchObject({
    status: 503,
    json: { status: 'store_unavailable' },
  });
});

test('a request under way is answered while the bridge stops, and the store closes after it', async () => {
  const inner = await openTempStore();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = false;
  let closed = false;
  const bridge = await runningBridge({
    overrides: {
      store: {
        ...inner,
        findApiKey: async (hash) => {
          asked = true;
          await held;
          return inner.findApiKey(hash);
        },
        close: () => {
          closed = true;
          return inner.close();
        },
      },
    },
  });
  const answer = bridge.ask('GET', '/v1/messages', { key: 'sk_live_0000000000000000000000000000' });
  await eventually(() => asked, { what: 'the request to be under way' });
  const stopped = bridge.stop();
  await eventually(
    () =>
      request(`${bridge.url}/healthz`).then(
        () => false,
        () => true,
      ),
    { what: 'the bridge to take no more connections' },
  );
  expect(closed).toBe(false);
  const began = performance.now();
  release();
  expect(await answer).toMatchObject({ status: 401, json: { error: { code: 'invalid_api_key' } } });
  await stopped;
  expect(closed).toBe(true);
  expect(performance.now() - began, 'it waits for the request, not for the idle connection').toBeLessThan(
    5_000,
  );
});

for (const when of ['before', 'while'] as const) {
  test(`a stop that is in a hurry ${when} it drains does not wait for a request that hangs`, async () => {
    const inner = await openTempStore();
    let asked = false;
    const bridge = await runningBridge({
      overrides: {
        store: {
          ...inner,
          findApiKey: () => {
            asked = true;
            return new Promise(() => undefined);
          },
        },
      },
    });
    const answer = bridge.ask('GET', '/v1/messages', { key: 'sk_live_0000000000000000000000000000' });
    const cut = expect(answer).rejects.toThrow();
    await eventually(() => asked, { what: 'the request to be under way' });
    const hurry = new AbortController();
    if (when === 'before') hurry.abort();
    const began = performance.now();
    const stopped = bridge.stop(hurry.signal);
    if (when === 'while') setImmediate(() => hurry.abort());
    await stopped;
    await cut;
    expect(performance.now() - began).toBeLessThan(5_000);
  });
}
