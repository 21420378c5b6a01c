import { type Selectable, sql } from 'kysely';
import type { Command } from '../protocol/commands.ts';
import { requestErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Session } from './database.ts';
import type { StoredCommand, StoreOperations } from './types.ts';

export type CommandTable = Omit<StoredCommand, 'command'> & {
  /** The command as JSON, as the agent gets it. */
  command: string;
  expiresAt: number;
  /** When the bridge ceased to wait for it: its deadline passed, or its agent was replaced. */
  settledAt: number | null;
};

type CommandOperations = Pick<
  StoreOperations,
  | 'appendCommand'
  | 'findCommand'
  | 'listCommands'
  | 'takeCommands'
  | 'moveUnsentCommands'
  | 'listOpenCommands'
  | 'lockOverdueCommands'
  | 'settleCommand'
>;

const COLUMNS = ['agentId', 'seq', 'id', 'messageId', 'command', 'createdAt'] as const;

const toCommand = (row: Pick<Selectable<CommandTable>, (typeof COLUMNS)[number]>): StoredCommand => ({
  ...row,
  command: JSON.parse(row.command) as Command,
});

const commandsOf = ({ db }: Session, agentId: string, afterSeq: number) =>
  db
    .selectFrom('command')
    .select(COLUMNS)
    .where('agentId', '=', agentId)
    .where('seq', '>', afterSeq)
    .orderBy('seq');

export const commandOperations = (session: Session): CommandOperations => ({
  appendCommand: (command) => appendCommand(session, command),
  async findCommand(id) {
    const row = await session.db
      .selectFrom('command')
      .select(COLUMNS)
      .where('id', '=', id)
      .executeTakeFirst();
    return row && toCommand(row);
  },
  async listCommands(agentId, afterSeq, limit) {
    return (await commandsOf(session, agentId, afterSeq).limit(limit).execute()).map(toCommand);
  },
  takeCommands: (agentId, sessionId, afterSeq, limit) =>
    takeCommands(session, { agentId, sessionId, afterSeq, limit }),
  moveUnsentCommands: (fromAgentId, toAgentId) => moveUnsentCommands(session, fromAgentId, toAgentId),
  listOpenCommands: (agentId) => listOpenCommands(session, agentId),
  async lockOverdueCommands(now, limit) {
    const { db, dialect } = session;
    const rows = await db
      .selectFrom('command')
      .select(COLUMNS)
      .where('expiresAt', '<=', now)
      .where('settledAt', 'is', null)
      .orderBy('expiresAt')
      .limit(limit)
      .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked())
      .execute();
    if (rows.length === 0) return [];
    const agents = await db
      .selectFrom('agent')
      .selectAll()
      .where('id', 'in', [...new Set(rows.map((row) => row.agentId))])
      .orderBy('id')
      .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate())
      .execute();
    const agentOf = new Map(agents.map((agent) => [agent.id, agent]));
    return rows.flatMap((row) => {
      const agent = agentOf.get(row.agentId);
      return agent ? [{ command: toCommand(row), agent }] : [];
    });
  },
  async settleCommand(id, now, command) {
    await session.db
      .updateTable('command')
      .set({ settledAt: now, ...(command && { command: JSON.stringify(command) }) })
      .where('id', '=', id)
      .execute();
  },
});

async function appendCommand({ db }: Session, command: Omit<StoredCommand, 'seq'>): Promise<StoredCommand> {
  // The update locks the agent's row until the end of the transaction, so that numbers have no gap and no repeat.
  const numbered = await db
    .updateTable('agent')
    .set((set) => ({ commandSeq: set('commandSeq', '+', 1) }))
    .where('id', '=', command.agentId)
    .where('revokedAt', 'is', null)
    .returning('commandSeq')
    .executeTakeFirst();
  if (!numbered) {
    const { retry, hint } = requestErrors.no_line_available;
    throw new AppError('The Mac of the line was replaced', { code: 'no_line_available', retry, hint });
  }
  const seq = numbered.commandSeq;
  const expiresAt = Date.parse(command.command.expiresAt);
  await db
    .insertInto('command')
    .values({ ...command, seq, command: JSON.stringify(command.command), expiresAt, settledAt: null })
    .execute();
  return { ...command, seq };
}

async function listOpenCommands({ db }: Session, agentId: string): Promise<StoredCommand[]> {
  const rows = await db
    .selectFrom('command')
    .innerJoin('agent', 'agent.id', 'command.agentId')
    .leftJoin('message', 'message.id', 'command.messageId')
    .leftJoin('line_operation', 'line_operation.commandId', 'command.id')
    .leftJoin('call', 'call.commandId', 'command.id')
    .leftJoin('media', 'media.commandId', 'command.id')
    .select(COLUMNS.map((name) => `command.${name}` as const))
    .where('command.agentId', '=', agentId)
    .whereRef('command.seq', '<=', 'agent.commandSent')
    .where(({ and, eb, or }) =>
      or([
        and([eb('message.status', '=', 'queued'), eb('line_operation.id', 'is', null)]),
        eb('line_operation.state', 'in', ['queued', 'paced', 'acting', 'confirming']),
        and([eb('call.id', 'is not', null), eb('call.endedAt', 'is', null)]),
        eb('media.state', '=', 'pending'),
      ]),
    )
    .orderBy('command.seq')
    .execute();
  return rows.map(toCommand);
}

async function takeCommands(
  session: Session,
  asked: { agentId: string; sessionId: string; afterSeq: number; limit: number },
): Promise<StoredCommand[] | undefined> {
  const { db, dialect } = session;
  const { agentId, sessionId, afterSeq, limit } = asked;
  const agent = await db
    .selectFrom('agent')
    .select('commandSent')
    .where('id', '=', agentId)
    .where('sessionId', '=', sessionId)
    .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
  if (!agent) return undefined;
  const rows = await commandsOf(session, agentId, afterSeq).limit(limit).execute();
  const last = rows.at(-1)?.seq ?? 0;
  if (last > agent.commandSent) {
    await db.updateTable('agent').set({ commandSent: last }).where('id', '=', agentId).execute();
  }
  return rows.map(toCommand);
}

async function moveUnsentCommands({ db }: Session, from: string, to: string): Promise<number> {
  const { commandSeq: base } = await db
    .selectFrom('agent')
    .select('commandSeq')
    .where('id', '=', to)
    .executeTakeFirstOrThrow();
  const { numAffectedRows = 0n } = await sql`
    update command set "agentId" = ${to}, seq = ${base} + waiting.place
    from (
      select command.id, row_number() over (order by seq) as place
      from command join agent on agent.id = command."agentId"
      where agent.id = ${from} and seq > "commandSent" and "settledAt" is null
    ) as waiting
    where command.id = waiting.id`.execute(db);
  const count = Number(numAffectedRows);
  if (count > 0) {
    await db
      .updateTable('agent')
      .set({ commandSeq: base + count })
      .where('id', '=', to)
      .execute();
  }
  return count;
}
