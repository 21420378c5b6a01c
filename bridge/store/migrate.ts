import { sql } from 'kysely';
import { operatorErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Engine, Session } from './database.ts';
import { migrations } from './migrations.ts';

/** Any constant: the advisory lock that migrators of one Postgres database share. */
const MIGRATION_LOCK = 7_305_201;

/**
 * Brings a database to the version of this code, all steps in one transaction; several processes may do it at once.
 * Throws `store_too_new` when a newer release has been at this database.
 */
export async function migrateToLatest(engine: Engine, now: number): Promise<void> {
  await engine.transaction(async (session) => {
    const version = await lockVersion(session);
    if (version > migrations.length) {
      throw new AppError(`The database has version ${version}, this program knows ${migrations.length}`, {
        code: 'store_too_new',
        ...operatorErrors.store_too_new,
      });
    }
    for (const [index, step] of migrations.entries()) {
      if (index < version) continue;
      for (const statement of step(session.dialect)) await sql.raw(statement).execute(session.db);
      await session.db
        .insertInto('migration')
        .values({ version: index + 1, appliedAt: now })
        .execute();
    }
  });
}

async function lockVersion({ db, dialect }: Session): Promise<number> {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(db);
  await sql`create table if not exists migration (version integer primary key, "appliedAt" bigint not null)`.execute(
    db,
  );
  const last = await db
    .selectFrom('migration')
    .select((select) => select.fn.max('version').as('version'))
    .executeTakeFirst();
  return last?.version ?? 0;
}
