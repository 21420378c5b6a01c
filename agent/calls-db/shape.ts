import type Database from 'better-sqlite3';
import type { StoredCall } from './calls-file.ts';

/** Statements for the tables and columns that one call history has. */
export interface CallShape {
  /** Selects records as {@link StoredCall}, under the alias `c`. */
  select: string;
  highWater: string;
}

/** What Core Data calls an identifier: nothing else may become SQL. */
const NAME = /^[A-Z0-9_]{1,60}$/;

/**
 * The call history as it stands in this file, or undefined when it is none. Core Data puts numbers of its model into
 * names of tables and columns (`Z_2REMOTEPARTICIPANTHANDLES`), and they differ between releases, so that they are
 * looked for.
 */
export function findShape(db: Database.Database): CallShape | undefined {
  const columns = columnsOf(db, 'ZCALLRECORD');
  if (!['Z_PK', 'ZUNIQUE_ID', 'ZDATE'].every((name) => columns.includes(name))) return undefined;
  const column = (name: string): string => (columns.includes(name) ? `c.${name}` : 'NULL');
  const selected: Record<keyof StoredCall, string> = {
    pk: 'c.Z_PK',
    uuid: "coalesce(c.ZUNIQUE_ID, 'pk:' || c.Z_PK)",
    date: column('ZDATE'),
    duration: column('ZDURATION'),
    originated: column('ZORIGINATED'),
    answered: column('ZANSWERED'),
    type: column('ZCALLTYPE'),
    provider: column('ZSERVICE_PROVIDER'),
    cause: column('ZDISCONNECTED_CAUSE'),
    address: column('ZADDRESS'),
    handles: handlesSql(db) ?? 'NULL',
  };
  const list = Object.entries(selected).map(([name, sql]) => `${sql} AS "${name}"`);
  const largest = 'SELECT coalesce(max(Z_PK), 0) FROM ZCALLRECORD';
  const given = columnsOf(db, 'Z_PRIMARYKEY').includes('Z_MAX')
    ? "SELECT coalesce(max(Z_MAX), 0) FROM Z_PRIMARYKEY WHERE Z_NAME = 'CallRecord'"
    : 'SELECT 0';
  return {
    select: `SELECT ${list.join(', ')} FROM ZCALLRECORD c`,
    highWater: `SELECT max((${largest}), (${given}))`,
  };
}

/** SQL for a JSON array of the handles joined to a record; undefined where no table joins them. */
function handlesSql(db: Database.Database): string | undefined {
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'Z%'")
    .pluck()
    .all()
    .filter((name) => NAME.test(name));
  const join = tables.find((name) => /^Z_\d+REMOTEPARTICIPANTHANDLES$/.test(name));
  if (!join) return undefined;
  const columns = columnsOf(db, join);
  const call = columns.find((name) => /^Z_\d+REMOTEPARTICIPANTCALLS$/.test(name));
  const handle = columns.find((name) => /^Z_\d+REMOTEPARTICIPANTHANDLES$/.test(name));
  const values = columnsOf(db, 'ZHANDLE').filter((name) => ['ZNORMALIZEDVALUE', 'ZVALUE'].includes(name));
  if (!call || !handle || values.length === 0) return undefined;
  const value = `coalesce(${values
    .sort()
    .map((name) => `h.${name}`)
    .join(', ')}, NULL)`;
  return `(SELECT json_group_array(${value}) FROM ${join} j JOIN ZHANDLE h ON h.Z_PK = j.${handle}
           WHERE j.${call} = c.Z_PK)`;
}

function columnsOf(db: Database.Database, table: string): string[] {
  const list = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)');
  return list
    .all(table)
    .map(({ name }) => name)
    .filter((name) => NAME.test(name));
}
