import { expect, test } from 'vitest';
import type { Delivery, Store, Webhook } from '../../bridge/store/types.ts';
import { deliver, newWebhook, T0, type World } from './store-rows.ts';

const LEASE = 1_000;

/** Endpoints, and the leasing of what is to be delivered to them. */
export function deliveryContract(at: () => { store: Store; all: World }): void {
  const endpoint = async (change: Partial<Webhook> = {}): Promise<Webhook> => {
    const webhook = newWebhook(at().all.account.id, change);
    await at().store.insertWebhook(webhook);
    return webhook;
  };
  const lease = async (now = T0, limit = 10, skip: string[] = []): Promise<string[]> =>
    (await at().store.leaseDueDeliveries(now, LEASE, limit, skip)).map((due) => due.delivery.id);
  const finish = (delivery: Delivery, change: Partial<Delivery> = {}): Promise<void> => {
    const { state, attempts, nextAttemptAt, lastStatus } = {
      ...delivery,
      state: 'delivered' as const,
      attempts: 1,
      lastStatus: 200,
      ...change,
    };
    return at().store.finishDelivery(delivery.id, { state, attempts, nextAttemptAt, lastStatus });
  };

  test('an endpoint comes back as it was stored, by its account and mode alone, until it is deleted', async () => {
    const { store, all } = at();
    const webhook = await endpoint({ events: ['message.*'], description: 'mine' });
    const { id: accountId } = all.account;
    expect(await store.findWebhook(accountId, 'live', webhook.id)).toEqual(webhook);
    expect(await store.listWebhooks(accountId, 'live')).toEqual([webhook]);
    expect(await store.findWebhook(accountId, 'sandbox', webhook.id)).toBeUndefined();
    expect(await store.deleteWebhook(accountId, 'sandbox', webhook.id)).toBe(false);
    const delivery = await deliver(store, webhook, 'k');
    expect(await store.deleteWebhook(accountId, 'live', webhook.id)).toBe(true);
    expect(await store.deleteWebhook(accountId, 'live', webhook.id)).toBe(false);
    expect(await lease()).toEqual([]);
    expect(await store.nextDeliveryAt()).toBeUndefined();
    await finish(delivery);
  });

  test('a lease brings delivery, endpoint and event, and ends by itself', async () => {
    const { store } = at();
    const webhook = await endpoint();
    const delivery = await deliver(store, webhook, 'k');
    const [due] = await store.leaseDueDeliveries(T0, LEASE, 10);
    expect(due?.delivery).toEqual({ ...delivery, leasedUntil: T0 + LEASE });
    expect(due?.webhook).toEqual(webhook);
    expect(due?.event).toMatchObject({ id: delivery.eventId, payload: '{}' });
    expect(await lease(T0 + LEASE - 1)).toEqual([]);
    expect(await lease(T0 + LEASE)).toEqual([delivery.id]);
  });

  test('of one key the first-born goes first, and the next waits until it has been attempted', async () => {
    const { store } = at();
    const webhook = await endpoint();
    const [a, b, c] = [
      await deliver(store, webhook, 'k'),
      await deliver(store, webhook, 'k'),
      await deliver(store, webhook, 'k'),
    ];
    const other = await deliver(store, webhook, 'other');
    expect(await lease()).toEqual([a.id, other.id]);
    expect(await lease()).toEqual([]);
    await finish(a);
    expect(await lease()).toEqual([b.id]);
    await finish(b, { state: 'pending', nextAttemptAt: T0 + 500 });
    expect(await lease()).toEqual([c.id]);
    await finish(c);
    expect(await lease(T0 + 499)).toEqual([]);
    expect(await lease(T0 + 500)).toEqual([b.id]);
  });

  test('a retry that is due goes before what is newer of its key, one at a time', async () => {
    const { store } = at();
    const webhook = await endpoint();
    const a = await deliver(store, webhook, 'k', { attempts: 1 });
    const b = await deliver(store, webhook, 'k', { attempts: 2 });
    const c = await deliver(store, webhook, 'k');
    expect(await lease()).toEqual([a.id]);
    expect(await lease()).toEqual([b.id]);
    expect(await lease()).toEqual([c.id]);
  });

  test('two endpoints do not wait for each other, and one that is skipped or disabled is left alone', async () => {
    const { store } = at();
    const [one, two] = [await endpoint(), await endpoint()];
    const a = await deliver(store, one, 'k');
    const b = await deliver(store, two, 'k');
    expect(await lease(T0, 10, [one.id])).toEqual([b.id]);
    expect(await lease(T0, 10, [one.id])).toEqual([]);
    await store.disableWebhook(one.id);
    expect(await lease()).toEqual([]);
    expect(await store.findWebhook(one.accountId, 'live', one.id)).toMatchObject({ enabled: false });
    await finish(a);
    expect(await lease(T0 + LEASE)).toEqual([b.id]);
  });

  test('the limit holds, and what waited longest comes first', async () => {
    const { store } = at();
    const webhook = await endpoint();
    const late = await deliver(store, webhook, 'a', { nextAttemptAt: T0 - 1 });
    const later = await deliver(store, webhook, 'b', { nextAttemptAt: T0 - 3 });
    const latest = await deliver(store, webhook, 'c', { nextAttemptAt: T0 - 2 });
    expect(new Set(await lease(T0, 2))).toEqual(new Set([later.id, latest.id]));
    expect(await lease(T0, 2)).toEqual([late.id]);
  });

  test('the next time is that of the earliest that is free or whose lease ends, and of none that waits for another', async () => {
    const { store } = at();
    const webhook = await endpoint();
    expect(await store.nextDeliveryAt()).toBeUndefined();
    const a = await deliver(store, webhook, 'k');
    const b = await deliver(store, webhook, 'k', { nextAttemptAt: T0 - 5 });
    expect(await store.nextDeliveryAt()).toBe(T0);
    await lease();
    expect(await store.nextDeliveryAt()).toBe(T0 + LEASE);
    await finish(a, { state: 'pending', nextAttemptAt: T0 + 300 });
    expect(await store.nextDeliveryAt()).toBe(T0 - 5);
    await finish(b, { state: 'failed' });
    expect(await store.nextDeliveryAt()).toBe(T0 + 300);
    await finish(a, { state: 'failed' });
    expect(await store.nextDeliveryAt()).toBeUndefined();
  });
}
