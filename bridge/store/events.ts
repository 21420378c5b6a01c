import type { Session } from './database.ts';
import type { CustomerEvent, StoreOperations } from './types.ts';

export type EventTable = CustomerEvent;

type EventOperations = Pick<StoreOperations, 'insertEvent'>;

export const eventOperations = ({ db }: Session): EventOperations => ({
  async insertEvent(event) {
    await db.insertInto('event').values(event).execute();
  },
});
