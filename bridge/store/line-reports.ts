import type { Selectable } from 'kysely';
import type { CapabilitiesEvent } from '../protocol/events.ts';
import type { LineStateEvent } from '../protocol/line-events.ts';
import type { Session } from './database.ts';
import type { LineReport, StoreOperations } from './types.ts';

/** Both reports as JSON. */
export type LineStateTable = Omit<LineReport, 'state' | 'capabilities'> & {
  state: string | null;
  capabilities: string | null;
};

type LineReportOperations = Pick<StoreOperations, 'findLineReport' | 'listLineReports' | 'putLineReport'>;

const toReport = (row: Selectable<LineStateTable>): LineReport => ({
  ...row,
  state: row.state === null ? null : (JSON.parse(row.state) as LineStateEvent),
  capabilities: row.capabilities === null ? null : (JSON.parse(row.capabilities) as CapabilitiesEvent),
});

export const lineReportOperations = ({ db }: Session): LineReportOperations => ({
  async findLineReport(lineId) {
    const row = await db.selectFrom('line_state').selectAll().where('lineId', '=', lineId).executeTakeFirst();
    return row && toReport(row);
  },
  async listLineReports(accountId) {
    const rows = await db
      .selectFrom('line_state')
      .innerJoin('line', 'line.id', 'line_state.lineId')
      .selectAll('line_state')
      .where('line.accountId', '=', accountId)
      .execute();
    return rows.map(toReport);
  },
  async putLineReport({ lineId, state, capabilities, updatedAt }) {
    const row: LineStateTable = {
      lineId,
      state: state === null ? null : JSON.stringify(state),
      capabilities: capabilities === null ? null : JSON.stringify(capabilities),
      updatedAt,
    };
    await db
      .insertInto('line_state')
      .values(row)
      .onConflict((conflict) => conflict.column('lineId').doUpdateSet(row))
      .execute();
  },
});
