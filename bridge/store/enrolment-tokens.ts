import type { Session } from './database.ts';
import type { EnrolmentToken, StoreOperations } from './types.ts';

export type EnrolmentTokenTable = EnrolmentToken;

type EnrolmentTokenOperations = Pick<StoreOperations, 'insertEnrolmentToken' | 'useEnrolmentToken'>;

export const enrolmentTokenOperations = ({ db }: Session): EnrolmentTokenOperations => ({
  async insertEnrolmentToken(token) {
    await db.insertInto('enrolment_token').values(token).execute();
  },
  useEnrolmentToken: (hash, now) =>
    db
      .updateTable('enrolment_token')
      .set({ usedAt: now })
      .where('hash', '=', hash)
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', now)
      .returningAll()
      .executeTakeFirst(),
});
