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

type LineReportOperations = Pick<
  StoreOperations,
  'findLineReport' | 'listLineReports' | 'putLineReport' | 'markOffline' | 'listTurnedLines'
>;

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
    const row: Omit<LineStateTable, 'offlineSince'> = {
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
  async markOffline(lineId, offlineSince) {
    const { numUpdatedRows } = await db
      .updateTable('line_state')
      .set({ offlineSince })
      .where('lineId', '=', lineId)
      .where('offlineSince', offlineSince === null ? 'is not' : 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  listTurnedLines: (seenAfter, limit) =>
    db
      .selectFrom('line_state')
      .innerJoin('line', 'line.id', 'line_state.lineId')
      .selectAll('line')
      .where('line_state.state', 'is not', null)
      .where(({ and, exists, not, or, selectFrom, eb }) => {
        const seen = exists(
          selectFrom('agent')
            .select('agent.id')
            .whereRef('agent.lineId', '=', 'line.id')
            .where('agent.lastSeenAt', '>', seenAfter),
        );
        const marked = eb('line_state.offlineSince', 'is not', null);
        return or([and([not(marked), not(seen)]), and([marked, seen])]);
      })
      .orderBy('line.id')
      .limit(limit)
      .execute(),
});
