import type { AgentEvent } from '../protocol/events.ts';
import type { Session } from './database.ts';
import type { CommandResult, RejectedEvent, StoreOperations } from './types.ts';

export interface FactTable {
  lineId: string;
  key: string;
  createdAt: number;
}

/** The event as JSON. */
export type RejectedEventTable = Omit<RejectedEvent, 'event'> & { event: string };
export type CommandResultTable = Omit<CommandResult, 'result'> & { result: string };

type FactKeeping = Pick<
  StoreOperations,
  'noteFact' | 'insertRejectedEvent' | 'listRejectedEvents' | 'putCommandResult' | 'findCommandResult'
>;

export const factOperations = ({ db }: Session): FactKeeping => ({
  async noteFact(lineId, key, now) {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('fact')
      .values({ lineId, key, createdAt: now })
      .onConflict((conflict) => conflict.columns(['lineId', 'key']).doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  },
  async insertRejectedEvent(event) {
    await db
      .insertInto('rejected_event')
      .values({ ...event, event: JSON.stringify(event.event) })
      .execute();
  },
  async listRejectedEvents(agentId, limit) {
    const rows = await db
      .selectFrom('rejected_event')
      .selectAll()
      .where('agentId', '=', agentId)
      .orderBy('createdAt', 'desc')
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...row, event: JSON.parse(row.event) as AgentEvent }));
  },
  async putCommandResult(result) {
    await db
      .insertInto('command_result')
      .values({ ...result, result: JSON.stringify(result.result) })
      .onConflict((conflict) => conflict.column('commandId').doNothing())
      .execute();
  },
  async findCommandResult(commandId) {
    const row = await db
      .selectFrom('command_result')
      .selectAll()
      .where('commandId', '=', commandId)
      .executeTakeFirst();
    return row && { ...row, result: JSON.parse(row.result) as AgentEvent };
  },
});
