import type { TestCore } from './bridge-core.ts';

/** Takes every delivery that is due, as delivered, and returns the payloads in the order of leasing. */
export async function takeEvents({ store, clock }: TestCore): Promise<string[]> {
  const payloads: string[] = [];
  for (;;) {
    const leased = await store.leaseDueDeliveries(clock.now(), 1_000, 10);
    if (leased.length === 0) return payloads;
    for (const { delivery, event } of leased) {
      payloads.push(event.payload);
      await store.finishDelivery(delivery.id, {
        state: 'delivered',
        attempts: 1,
        nextAttemptAt: delivery.nextAttemptAt,
        lastStatus: 200,
      });
    }
  }
}
