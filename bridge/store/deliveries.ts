import { type Generated, sql } from 'kysely';
import type { Session } from './database.ts';
import type { Delivery, DueDelivery, StoreOperations } from './types.ts';
import { toWebhook } from './webhooks.ts';

export type DeliveryTable = Delivery & {
  /** Order of making: what "earlier" means between two deliveries. */
  position: Generated<number>;
};

type DeliveryOperations = Pick<
  StoreOperations,
  'insertDelivery' | 'leaseDueDeliveries' | 'nextDeliveryAt' | 'finishDelivery'
>;

const COLUMNS = [
  'id',
  'webhookId',
  'eventId',
  'orderingKey',
  'state',
  'attempts',
  'nextAttemptAt',
  'leasedUntil',
  'lastStatus',
  'createdAt',
] as const satisfies (keyof Delivery)[];

/** Written as a literal, since SQLite uses a partial index only for a literal that equals the index's own. */
const PENDING = sql.lit('pending' as const);
const NEVER = sql.lit(0);

/** Pending deliveries of enabled endpoints that do not wait for an earlier one of their key. */
const unblocked = (db: Session['db']) =>
  db
    .selectFrom('delivery as d')
    .innerJoin('webhook as w', 'w.id', 'd.webhookId')
    .where('w.enabled', '=', 1)
    .where('d.state', '=', PENDING)
    .where((where) =>
      where.or([
        where('d.attempts', '>', NEVER),
        where.not(
          where.exists(
            where
              .selectFrom('delivery as e')
              .select('e.id')
              .whereRef('e.webhookId', '=', 'd.webhookId')
              .whereRef('e.orderingKey', '=', 'd.orderingKey')
              .whereRef('e.position', '<', 'd.position')
              .where('e.state', '=', PENDING)
              .where('e.attempts', '=', NEVER),
          ),
        ),
      ]),
    );

const due = ({ db, dialect }: Session, now: number, limit: number, skipWebhooks: readonly string[]) =>
  unblocked(db)
    .select(['d.id', 'd.webhookId', 'd.orderingKey'])
    .where('d.nextAttemptAt', '<=', now)
    .where((where) => where.or([where('d.leasedUntil', 'is', null), where('d.leasedUntil', '<=', now)]))
    // A retry of the same key that is due as well goes first; what it leaves is taken by the next call.
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('delivery as e')
            .select('e.id')
            .whereRef('e.webhookId', '=', 'd.webhookId')
            .whereRef('e.orderingKey', '=', 'd.orderingKey')
            .whereRef('e.position', '<', 'd.position')
            .where('e.state', '=', PENDING)
            .where('e.attempts', '>', NEVER)
            .where('e.nextAttemptAt', '<=', now)
            .where((free) => free.or([free('e.leasedUntil', 'is', null), free('e.leasedUntil', '<=', now)])),
        ),
      ),
    )
    .$if(skipWebhooks.length > 0, (query) => query.where('d.webhookId', 'not in', skipWebhooks))
    .orderBy('d.nextAttemptAt')
    .orderBy('d.position')
    .limit(limit)
    .$if(dialect === 'postgres', (query) => query.forUpdate('d').skipLocked());

export const deliveryOperations = (session: Session): DeliveryOperations => ({
  async insertDelivery(delivery) {
    await session.db.insertInto('delivery').values(delivery).execute();
  },

  async leaseDueDeliveries(now, leaseMs, limit, skipWebhooks = []) {
    const found = await due(session, now, limit, skipWebhooks).execute();
    if (found.length === 0) return [];
    await session.db
      .updateTable('delivery')
      .set({ leasedUntil: now + leaseMs })
      .where(
        'id',
        'in',
        found.map((row) => row.id),
      )
      .execute();
    return load(
      session,
      found.map((row) => row.id),
    );
  },

  async nextDeliveryAt() {
    const free = await unblocked(session.db)
      .select('d.nextAttemptAt as at')
      .where('d.leasedUntil', 'is', null)
      .orderBy('d.nextAttemptAt')
      .limit(1)
      .executeTakeFirst();
    const leased = await unblocked(session.db)
      .select('d.leasedUntil as at')
      .where('d.leasedUntil', 'is not', null)
      .orderBy('d.leasedUntil')
      .limit(1)
      .executeTakeFirst();
    const times = [free?.at, leased?.at].filter((at) => at !== undefined && at !== null);
    return times.length === 0 ? undefined : Math.min(...times);
  },

  async finishDelivery(id, result) {
    await session.db
      .updateTable('delivery')
      .set({ ...result, leasedUntil: null })
      .where('id', '=', id)
      .where('state', '=', PENDING)
      .execute();
  },
});

/** The deliveries with their endpoints and events, first-born first. */
async function load({ db }: Session, ids: string[]): Promise<DueDelivery[]> {
  const deliveries = await db
    .selectFrom('delivery')
    .select(COLUMNS)
    .where('id', 'in', ids)
    .orderBy('position')
    .execute();
  const webhooks = await db
    .selectFrom('webhook')
    .selectAll()
    .where(
      'id',
      'in',
      deliveries.map((delivery) => delivery.webhookId),
    )
    .execute();
  const events = await db
    .selectFrom('event')
    .selectAll()
    .where(
      'id',
      'in',
      deliveries.map((delivery) => delivery.eventId),
    )
    .execute();
  const webhookOf = new Map(webhooks.map((row) => [row.id, toWebhook(row)]));
  const eventOf = new Map(events.map((event) => [event.id, event]));
  return deliveries.flatMap((delivery) => {
    const webhook = webhookOf.get(delivery.webhookId);
    const event = eventOf.get(delivery.eventId);
    return webhook && event ? [{ delivery, webhook, event }] : [];
  });
}
