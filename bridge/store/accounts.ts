import type { Session } from './database.ts';
import type { Account, StoreOperations } from './types.ts';

export type AccountTable = Account;

type AccountOperations = Pick<StoreOperations, 'insertAccount' | 'listAccounts' | 'lockAccount'>;

export const accountOperations = ({ db, dialect }: Session): AccountOperations => ({
  async insertAccount(account) {
    await db.insertInto('account').values(account).execute();
  },
  listAccounts: () => db.selectFrom('account').selectAll().orderBy('createdAt').orderBy('id').execute(),
  lockAccount: (id) =>
    db
      .selectFrom('account')
      .selectAll()
      .where('id', '=', id)
      .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate())
      .executeTakeFirst(),
});
