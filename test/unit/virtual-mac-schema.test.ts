import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { callHistorySchema, messagesSchema } from '../../agent/virtual-mac/schema/schema.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';

const captures = path.resolve(import.meta.dirname, '../../../shared/schemas');
const haveCaptures = existsSync(captures);

/** The captures that make up each release, and whether they tell indexes and triggers. */
const sources: Record<MacosRelease, { files: string[]; whole: boolean }> = {
  '12': { files: ['chatdb-schema-macos-12.sql'], whole: true },
  '13': { files: ['chatdb-schema-macos-13.sql'], whole: true },
  '14': { files: ['chatdb-schema-macos-13.sql', 'chatdb-schema-macos-14-delta.sql'], whole: true },
  '15': { files: ['chatdb-schema-macos-15.sql'], whole: false },
  '26': { files: ['chatdb-schema-macos-26.5.2.sql'], whole: true },
  '27': { files: ['chatdb-schema-macos-26.5.2.sql', 'chatdb-schema-macos-27-delta.sql'], whole: true },
};

interface Named {
  name: string;
  tbl_name: string;
  sql: string | null;
}

const built = (statements: readonly string[]): Database.Database => {
  const db = new Database(':memory:');
  for (const statement of statements) db.exec(statement);
  return db;
};

const captured = (files: readonly string[]): Database.Database =>
  built(files.map((file) => readFileSync(path.join(captures, file), 'utf8')));

const master = (db: Database.Database, type: string): Named[] =>
  db
    .prepare<[string], Named>(
      "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all(type);

const plain = (sql: string | null | undefined): string =>
  (sql ?? '').toLowerCase().replaceAll('==', '=').replace(/\s+/g, '').replace(/;$/, '');

/** Every table with its columns, foreign keys, constraints' indexes and checks, in order. */
const tablesOf = (db: Database.Database): Record<string, unknown> =>
  Object.fromEntries(
    master(db, 'table').map(({ name, sql }) => [
      name,
      {
        columns: db.pragma(`table_xinfo(${name})`),
        foreignKeys: db.pragma(`foreign_key_list(${name})`),
        constraints: (db.pragma(`index_list(${name})`) as { origin: string; name: string }[])
          .filter((index) => index.origin !== 'c')
          .map((index) => db.pragma(`index_info(${index.name})`)),
        autoincrement: /autoincrement/i.test(sql ?? ''),
        check: /check\s*\((.*?)\)/i.exec(sql ?? '')?.[1],
      },
    ]),
  );

const indexesOf = (db: Database.Database): Record<string, unknown> =>
  Object.fromEntries(
    master(db, 'index')
      .filter((index) => index.sql !== null)
      .map(({ name, tbl_name: table, sql }) => [
        name,
        {
          table,
          columns: db.pragma(`index_xinfo(${name})`),
          unique: /create unique/i.test(sql ?? ''),
          where: /\swhere\s(.*)$/is.exec(sql ?? '')?.[1]
            ? plain(/\swhere\s(.*)$/is.exec(sql ?? '')?.[1])
            : null,
        },
      ]),
  );

/** Name, table, event and condition of every trigger. */
const triggersOf = (db: Database.Database): Record<string, string> =>
  Object.fromEntries(
    master(db, 'trigger').map(({ name, sql }) => [
      name,
      plain(/^create\s+trigger\s+\w+\s+(.*?)\sbegin\s/is.exec(sql ?? '')?.[1]),
    ]),
  );

describe.skipIf(!haveCaptures)('against captures of real schemas', () => {
  test.each(macosReleases)('macOS %s has the tables and columns that were captured', (release) => {
    expect(tablesOf(built(messagesSchema(release)))).toEqual(tablesOf(captured(sources[release].files)));
  });

  test.each(macosReleases.filter((release) => sources[release].whole))(
    'macOS %s has the indexes and triggers that were captured',
    (release) => {
      const ours = built(messagesSchema(release));
      const theirs = captured(sources[release].files);
      expect(indexesOf(ours)).toEqual(indexesOf(theirs));
      expect(triggersOf(ours)).toEqual(triggersOf(theirs));
    },
  );

  test('the call history is as captured', () => {
    const ours = built(callHistorySchema());
    const theirs = captured(['callhistory-schema-macos-26.5.2.sql']);
    expect(tablesOf(ours)).toEqual(tablesOf(theirs));
    expect(indexesOf(ours)).toEqual(indexesOf(theirs));
  });
});

test('each release has its count of message columns', () => {
  const counts = macosReleases.map((release) => built(messagesSchema(release)).pragma('table_info(message)'));
  expect(counts.map((columns) => (columns as unknown[]).length)).toEqual([75, 79, 85, 92, 95, 103]);
});

test('indexes and triggers of 14 and 15 are those of 13, those of 27 are those of 26', () => {
  const names = (release: MacosRelease): unknown => {
    const db = built(messagesSchema(release));
    return [indexesOf(db), triggersOf(db)];
  };
  expect(names('14')).toEqual(names('13'));
  expect(names('15')).toEqual(names('13'));
  expect(names('27')).toEqual(names('26'));
});
