import type { EventData, EventType } from '../protocol/customer-events.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Mode, StoreOperations } from '../store/types.ts';
import { wantsEvent } from './event-types.ts';

/** A type of event with its data. */
export type EventContent = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];

/** A fact for a customer, before it has an id. */
export type NewEvent = EventContent & {
  accountId: string;
  mode: Mode;
  /** Events of one key reach an endpoint in order while nothing fails. */
  orderingKey: string;
};

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
