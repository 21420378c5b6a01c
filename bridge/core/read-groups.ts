import type { ChatGroup, Page, Store } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import type { GroupWithMembers } from './fact-types.ts';
import { bounded } from './read-messages.ts';
import { notFound } from './request-error.ts';
import type { Caller } from './types.ts';

/** One group of the caller with its members. */
export async function getGroup(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<GroupWithMembers> {
  const group = await store.findGroup(accountId, mode, id);
  if (!group) throw notFound('group');
  return { group, members: await store.listMembers([id]) };
}

/** Groups of the caller, newest first; a page holds 100 at most. */
export async function listGroups(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  page: Page,
): Promise<{ groups: GroupWithMembers[]; nextCursor: string | null }> {
  const { groups, nextCursor } = await store.listGroups({ accountId, mode }, bounded(page));
  return { groups: await withMembers(store, groups), nextCursor };
}

async function withMembers(store: Store, groups: readonly ChatGroup[]): Promise<GroupWithMembers[]> {
  const members = await store.listMembers(groups.map(({ id }) => id));
  return groups.map((group) => ({
    group,
    members: members.filter(({ groupId }) => groupId === group.id),
  }));
}
