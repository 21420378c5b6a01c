import path from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import { postgresBinaries, startPostgres } from '../support/postgres.ts';
import { tempFolder } from '../support/temp-folder.ts';

const migrated = async (url: string): Promise<void> => (await openStore({ url, clock: systemClock })).close();

test('the schema of SQLite is the one on file: a released step never changes', async () => {
  const file = path.join(tempFolder(), 'bridge.db');
  await migrated(`sqlite:${file}`);
  const db = new Sqlite(file);
  onTestFinished(() => void db.close());
  const rows = db
    .prepare(`select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by name`)
    .all() as { sql: string }[];
  const text = rows.map(({ sql }) => `${sql.replace(/\s+/g, ' ')};`).join('\n');
  await expect(`${text}\n`).toMatchFileSnapshot('../fixtures/store-schema.sqlite.sql');
});

const binaries = await postgresBinaries();

test.skipIf(binaries === undefined)('Postgres has the columns and indexes that SQLite has', async () => {
  const file = path.join(tempFolder(), 'bridge.db');
  await migrated(`sqlite:${file}`);
  const db = new Sqlite(file);
  onTestFinished(() => void db.close());
  const inSqlite = db
    .prepare(
      `select t.name || '.' || c.name as name from sqlite_master t join pragma_table_info(t.name) c
       where t.type = 'table' and t.name not like 'sqlite_%'
       union all select name from sqlite_master where type = 'index' and sql is not null`,
    )
    .all() as { name: string }[];

  if (!binaries) throw new Error('no binaries');
  const server = await startPostgres(binaries);
  onTestFinished(() => server.stop());
  const url = await server.newDatabase();
  await migrated(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const inPostgres = await client.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public'
     union all select indexname from pg_indexes
       where schemaname = 'public' and indexname not like '%_pkey' and indexname not like '%_key'`,
  );
  await client.end();
  const names = (rows: { name: string }[]) => rows.map(({ name }) => name).sort();
  expect(names(inPostgres.rows)).toEqual(names(inSqlite).filter((name) => !name.endsWith('_key')));
});
