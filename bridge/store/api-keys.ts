import type { Session } from './database.ts';
import type { ApiKey, StoreOperations } from './types.ts';

export type ApiKeyTable = ApiKey;

type ApiKeyOperations = Pick<StoreOperations, 'insertApiKey' | 'findApiKey'>;

export const apiKeyOperations = ({ db }: Session): ApiKeyOperations => ({
  async insertApiKey(key) {
    await db.insertInto('api_key').values(key).execute();
  },
  findApiKey: (hash) => db.selectFrom('api_key').selectAll().where('hash', '=', hash).executeTakeFirst(),
});
