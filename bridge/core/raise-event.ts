import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Mode, StoreOperations } from '../store/types.ts';
import { type EventType, wantsEvent } from './event-types.ts';

/** A fact for a customer, before it has an id. */
export interface NewEvent {
  accountId: string;
  mode: Mode;
  type: EventType;
  /** Events of one key reach an endpoint in order while nothing fails. */
  orderingKey: string;
  /** Whatever JSON can say; undefined fields are left out. */
  data: Record<string, unknown>;
}

/**
 * Stores an event and one delivery for each enabled endpoint of the account and mode that wants it; returns how many.
 * The payload equals `JSON.stringify(JSON.parse(payload))`, so that a receiver which signs what it parsed agrees.
 */
export async function raiseEvent(tx: StoreOperations, event: NewEvent, now: number): Promise<number> {
  const { accountId, mode, type, orderingKey, data } = event;
  const id = newId('evt', now);
  const payload = JSON.stringify({ id, type, timestamp: isoTime(now), mode, data });
  await tx.insertEvent({ id, accountId, mode, type, orderingKey, payload, createdAt: now });
  const endpoints = (await tx.listWebhooks(accountId, mode)).filter(
    (webhook) => webhook.enabled && wantsEvent(webhook.events, type),
  );
  for (const webhook of endpoints) {
    await tx.insertDelivery({
      id: newId('dlv', now),
      webhookId: webhook.id,
      eventId: id,
      orderingKey,
      state: 'pending',
      attempts: 0,
      nextAttemptAt: now,
      leasedUntil: null,
      lastStatus: null,
      createdAt: now,
    });
  }
  return endpoints.length;
}
