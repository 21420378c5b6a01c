import { type MacosRelease, macosReleases } from '../types.ts';

/** The releases in which something stands in the schema; without `since` from the first, without `until` to the last. */
interface Span {
  since?: MacosRelease;
  /** The last release that has it. */
  until?: MacosRelease;
}

/**
 * A column: its name, its type with constraints and default as SQL, and its first and last release.
 * One that changed its declaration or its place stands once for each form, at each place.
 */
type ColumnFact = readonly [name: string, declaration: string, since?: MacosRelease, until?: MacosRelease];

export interface TableFact extends Span {
  name: string;
  columns: readonly ColumnFact[];
  /** Constraints of the table, in SQL. */
  constraints?: readonly string[];
}

/** An index over `columns` (SQL) of `table`, partial where `where` (SQL) is given. */
export interface IndexFact extends Span {
  name: string;
  table: string;
  columns: string;
  where?: string;
  unique?: boolean;
}

/** A trigger: `event` such as `AFTER DELETE ON chat`, and its statements. */
export interface TriggerFact extends Span {
  name: string;
  event: string;
  when?: string;
  body: readonly string[];
}

const rank = (release: MacosRelease): number => macosReleases.indexOf(release);

/** Whether a span covers a release. */
function covers(span: Span, release: MacosRelease): boolean {
  const after = span.since === undefined || rank(span.since) <= rank(release);
  const before = span.until === undefined || rank(release) <= rank(span.until);
  return after && before;
}

function spanOf([, , since, until]: ColumnFact): Span {
  return { ...(since && { since }), ...(until && { until }) };
}

const tableSql = (table: TableFact, release: MacosRelease): string => {
  const columns = table.columns
    .filter((column) => covers(spanOf(column), release))
    .map(([name, declaration]) => `${name} ${declaration}`.trim());
  return `CREATE TABLE ${table.name} (${[...columns, ...(table.constraints ?? [])].join(', ')})`;
};

const indexSql = (index: IndexFact): string => {
  const where = index.where ? ` WHERE ${index.where}` : '';
  const kind = index.unique ? 'UNIQUE INDEX' : 'INDEX';
  return `CREATE ${kind} ${index.name} ON ${index.table} (${index.columns})${where}`;
};

const triggerSql = (trigger: TriggerFact): string => {
  const when = trigger.when ? ` WHEN ${trigger.when}` : '';
  const body = trigger.body.map((statement) => `${statement};`).join(' ');
  return `CREATE TRIGGER ${trigger.name} ${trigger.event}${when} BEGIN ${body} END`;
};

/** The statements that make those facts that stand in a release: tables, then indexes, then triggers. */
export function schemaSql(
  facts: {
    tables: readonly TableFact[];
    indexes: readonly IndexFact[];
    triggers: readonly TriggerFact[];
  },
  release: MacosRelease,
): string[] {
  const here = <T extends Span>(list: readonly T[]): T[] => list.filter((fact) => covers(fact, release));
  return [
    ...here(facts.tables).map((table) => tableSql(table, release)),
    ...here(facts.indexes).map(indexSql),
    ...here(facts.triggers).map(triggerSql),
  ];
}
