import { sql } from 'kysely';
import type { Session } from './database.ts';
import type { Agent, StoreOperations } from './types.ts';

export type AgentTable = Agent;

type AgentOperations = Pick<
  StoreOperations,
  | 'insertAgent'
  | 'findAgent'
  | 'findAgentOfLine'
  | 'revokeAgentsOfLine'
  | 'revokeAgent'
  | 'listAgents'
  | 'openSession'
  | 'setNextKey'
  | 'closeSession'
  | 'touchAgent'
  | 'advanceEventSeq'
  | 'advanceCommandAck'
>;

export const agentOperations = ({ db }: Session): AgentOperations => ({
  async insertAgent(agent) {
    await db.insertInto('agent').values(agent).execute();
  },
  findAgent: (id) => db.selectFrom('agent').selectAll().where('id', '=', id).executeTakeFirst(),
  findAgentOfLine: (lineId) =>
    db
      .selectFrom('agent')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('revokedAt', 'is', null)
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  async revokeAgentsOfLine(lineId, now) {
    await db
      .updateTable('agent')
      .set({ revokedAt: now, sessionId: null })
      .where('lineId', '=', lineId)
      .where('revokedAt', 'is', null)
      .execute();
  },
  async revokeAgent(id, now) {
    const { numUpdatedRows } = await db
      .updateTable('agent')
      .set({ revokedAt: now, sessionId: null })
      .where('id', '=', id)
      .where('revokedAt', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  listAgents: (accountId) =>
    db
      .selectFrom('agent')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('createdAt')
      .orderBy('id')
      .execute(),
  openSession: (agentId, { sessionId, journalId, publicKey, clockAheadMs, now }) =>
    db
      .updateTable('agent')
      .$if(publicKey !== undefined, (query) =>
        query
          .set({
            publicKey: publicKey ?? '',
            nextPublicKey: sql<
              string | null
            >`case when "nextPublicKey" = ${publicKey} then null else "nextPublicKey" end`,
          })
          .where(({ or, eb }) =>
            or([eb('publicKey', '=', publicKey ?? ''), eb('nextPublicKey', '=', publicKey ?? '')]),
          ),
      )
      .set({
        sessionId,
        eventSeq: sql<number>`case when "journalId" = ${journalId} then "eventSeq" else 0 end`,
        journalId,
        lastSeenAt: now,
        ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
      })
      .where('id', '=', agentId)
      .where('revokedAt', 'is', null)
      .returningAll()
      .executeTakeFirst(),
  async setNextKey(agentId, { present, next }) {
    const { numUpdatedRows } = await db
      .updateTable('agent')
      .set({ nextPublicKey: next })
      .where('id', '=', agentId)
      .where('publicKey', '=', present)
      .where('revokedAt', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  async closeSession(agentId, sessionId) {
    await db
      .updateTable('agent')
      .set({ sessionId: null })
      .where('id', '=', agentId)
      .where('sessionId', '=', sessionId)
      .execute();
  },
  async touchAgent(agentId, now) {
    await db.updateTable('agent').set({ lastSeenAt: now }).where('id', '=', agentId).execute();
  },
  async advanceEventSeq(agentId, sessionId, seq) {
    const { numUpdatedRows } = await db
      .updateTable('agent')
      .set({ eventSeq: seq })
      .where('id', '=', agentId)
      .where('sessionId', '=', sessionId)
      .where('eventSeq', '=', seq - 1)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  async advanceCommandAck(agentId, seq) {
    await db
      .updateTable('agent')
      .set({ commandAck: sql<number>`case when "commandSeq" < ${seq} then "commandSeq" else ${seq} end` })
      .where('id', '=', agentId)
      .where('commandAck', '<', seq)
      .execute();
  },
});
