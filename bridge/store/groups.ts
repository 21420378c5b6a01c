import type { Session } from './database.ts';
import { pageOf } from './page.ts';
import type { ChatGroup, GroupMember, StoreOperations } from './types.ts';

export type GroupTable = ChatGroup;
export type GroupMemberTable = GroupMember;

type GroupOperations = Pick<
  StoreOperations,
  | 'findOrCreateGroup'
  | 'findGroup'
  | 'listGroups'
  | 'renameGroup'
  | 'addMember'
  | 'removeMember'
  | 'listMembers'
>;

export const groupOperations = ({ db }: Session): GroupOperations => ({
  async findOrCreateGroup(group) {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('chat_group')
      .values(group)
      .onConflict((conflict) => conflict.column('conversationId').doNothing())
      .executeTakeFirst();
    const found = await db
      .selectFrom('chat_group')
      .selectAll()
      .where('conversationId', '=', group.conversationId)
      .executeTakeFirstOrThrow();
    return { group: found, made: numInsertedOrUpdatedRows === 1n };
  },
  findGroup: (accountId, mode, id) =>
    db
      .selectFrom('chat_group')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst(),
  async listGroups({ accountId, mode }, page) {
    const query = db
      .selectFrom('chat_group')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('mode', '=', mode);
    const { rows, nextCursor } = await pageOf(query, page);
    return { groups: rows, nextCursor };
  },
  async renameGroup(id, name) {
    await db.updateTable('chat_group').set({ name }).where('id', '=', id).execute();
  },
  async addMember(member) {
    await db
      .insertInto('group_member')
      .values(member)
      .onConflict((conflict) => conflict.columns(['groupId', 'handle']).doNothing())
      .execute();
  },
  async removeMember(groupId, handle) {
    await db.deleteFrom('group_member').where('groupId', '=', groupId).where('handle', '=', handle).execute();
  },
  async listMembers(groupIds) {
    if (groupIds.length === 0) return [];
    return db
      .selectFrom('group_member')
      .selectAll()
      .where('groupId', 'in', groupIds)
      .orderBy('addedAt')
      .orderBy('handle')
      .execute();
  },
});
