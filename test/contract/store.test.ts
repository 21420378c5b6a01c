import path from 'node:path';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../support/postgres.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { storeContract } from './store.contract.ts';

async function open(url: string): Promise<Store> {
  const store = await openStore({ url, clock: systemClock });
  onTestFinished(() => store.close());
  return store;
}

storeContract('SQLite', {
  newUrl: () => Promise.resolve(`sqlite:${path.join(tempFolder(), 'bridge.db')}`),
  open,
});

const binaries = await postgresBinaries();

describe.skipIf(binaries === undefined)('with the Postgres of this platform', () => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = binaries && (await startPostgres(binaries));
  });
  afterAll(() => server?.stop());

  storeContract('Postgres', {
    async newUrl() {
      if (!server) throw new Error('Postgres is not up');
      return server.newDatabase();
    },
    open,
  });
});
