import type { Selectable } from 'kysely';
import type { Command } from '../protocol/commands.ts';
import type { Session } from './database.ts';
import type { StoredCommand, StoreOperations } from './types.ts';

export type CommandTable = Omit<StoredCommand, 'command'> & {
  /** The command as JSON, as the agent gets it. */
  command: string;
};

type CommandOperations = Pick<StoreOperations, 'appendCommand' | 'findCommand' | 'listCommands'>;

const toCommand = (row: Selectable<CommandTable>): StoredCommand => ({
  ...row,
  command: JSON.parse(row.command) as Command,
});

export const commandOperations = ({ db }: Session): CommandOperations => ({
  async appendCommand(command) {
    // The update locks the agent's row until the end of the transaction, so that numbers have no gap and no repeat.
    const { commandSeq: seq } = await db
      .updateTable('agent')
      .set((set) => ({ commandSeq: set('commandSeq', '+', 1) }))
      .where('id', '=', command.agentId)
      .returning('commandSeq')
      .executeTakeFirstOrThrow();
    await db
      .insertInto('command')
      .values({ ...command, seq, command: JSON.stringify(command.command) })
      .execute();
    return { ...command, seq };
  },
  async findCommand(id) {
    const row = await db.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toCommand(row);
  },
  async listCommands(agentId, afterSeq, limit) {
    const rows = await db
      .selectFrom('command')
      .selectAll()
      .where('agentId', '=', agentId)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(toCommand);
  },
});
