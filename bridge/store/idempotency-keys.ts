import type { Session } from './database.ts';
import type { IdempotencyKey, StoreOperations } from './types.ts';

export type IdempotencyKeyTable = IdempotencyKey;

type IdempotencyKeyOperations = Pick<StoreOperations, 'reserveIdempotencyKey'>;

/** Each reservation removes so many that are over, so that the table stays as small as a day's keys. */
const SWEEP = 20;

export const idempotencyKeyOperations = ({ db, dialect }: Session): IdempotencyKeyOperations => ({
  async reserveIdempotencyKey(reservation) {
    await db
      .deleteFrom('idempotency_key')
      .where('id', 'in', (old) =>
        old
          .selectFrom('idempotency_key')
          .select('id')
          .where('expiresAt', '<=', reservation.createdAt)
          .orderBy('expiresAt')
          .limit(SWEEP)
          .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked()),
      )
      .execute();
    await db
      .insertInto('idempotency_key')
      .values(reservation)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet(reservation)
          .where('idempotency_key.expiresAt', '<=', reservation.createdAt),
      )
      .execute();
    return db
      .selectFrom('idempotency_key')
      .selectAll()
      .where('id', '=', reservation.id)
      .executeTakeFirstOrThrow();
  },
});
