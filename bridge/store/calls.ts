import type { Selectable } from 'kysely';
import type { Session } from './database.ts';
import { pageOf } from './page.ts';
import type { Call, StoreOperations } from './types.ts';

export type CallTable = Omit<Call, 'metadata'> & {
  /** JSON object of strings, or null. */
  metadata: string | null;
};

type CallOperations = Pick<
  StoreOperations,
  | 'insertCall'
  | 'updateCall'
  | 'findCall'
  | 'findCallByCommand'
  | 'findCallByUuid'
  | 'findActiveCall'
  | 'listCalls'
>;

const toRow = (call: Call): CallTable => ({
  ...call,
  metadata: call.metadata === null ? null : JSON.stringify(call.metadata),
});

const toCall = (row: Selectable<CallTable>): Call => ({
  ...row,
  metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>),
});

export const callOperations = ({ db }: Session): CallOperations => ({
  async insertCall(call) {
    await db.insertInto('call').values(toRow(call)).execute();
  },
  async updateCall(call) {
    await db.updateTable('call').set(toRow(call)).where('id', '=', call.id).execute();
  },
  async findCall(accountId, mode, id) {
    const row = await db
      .selectFrom('call')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst();
    return row && toCall(row);
  },
  async findCallByCommand(lineId, commandId) {
    const row = await db
      .selectFrom('call')
      .selectAll()
      .where('commandId', '=', commandId)
      .where('lineId', '=', lineId)
      .executeTakeFirst();
    return row && toCall(row);
  },
  async findCallByUuid(lineId, callUuid) {
    const row = await db
      .selectFrom('call')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('callUuid', '=', callUuid)
      .executeTakeFirst();
    return row && toCall(row);
  },
  async findActiveCall(lineId, since) {
    const row = await db
      .selectFrom('call')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('endedAt', 'is', null)
      .where('errorCode', 'is', null)
      .where('commandId', 'is not', null)
      .where('createdAt', '>=', since)
      .orderBy('createdAt', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && toCall(row);
  },
  async listCalls({ accountId, mode, direction, status, lineId, participant }, page) {
    let query = db.selectFrom('call').selectAll().where('accountId', '=', accountId).where('mode', '=', mode);
    if (direction !== undefined) query = query.where('direction', '=', direction);
    if (status !== undefined) query = query.where('status', '=', status);
    if (lineId !== undefined) query = query.where('lineId', '=', lineId);
    if (participant !== undefined)
      query = query.where((where) =>
        where.or([where('from', '=', participant), where('to', '=', participant)]),
      );
    const { rows, nextCursor } = await pageOf(query, page);
    return { calls: rows.map(toCall), nextCursor };
  },
});
