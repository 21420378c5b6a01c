import type { GroupChangedEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { ChatGroup } from '../store/types.ts';
import { placeOf } from './conversations.ts';
import { handleFromMac } from './handles.ts';
import type { EventContent } from './raise-event.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';

/** Stores what changed in a group; returns how many deliveries it made. */
export async function recordGroupChanged(recording: Recording, event: GroupChangedEvent): Promise<number> {
  const { type, guid, member, name } = event;
  if (!(await isNew(recording, type, guid, member ?? null, name ?? null))) return 0;
  const { conversation, by } = event;
  const place = conversation ? await placeOf(recording, { ...conversation, kind: 'group' }, by) : undefined;
  const content = await change(recording, place?.group ?? null, event);
  const orderingKey = place?.conversation.id ?? recording.line.id;
  return (place?.deliveries ?? 0) + (await tellCustomer(recording, orderingKey, content));
}

/** A note that Messages never joined to its group is told without one, and changes none. */

async function change(
  { tx, line, now }: Recording,
  group: ChatGroup | null,
  event: GroupChangedEvent,
): Promise<EventContent> {
  const by = event.by === null ? line.handle : handleFromMac(event.by);
  const where = { groupId: group?.id ?? null, at: isoTime(Date.parse(event.at)), lineId: line.id };
  switch (event.type) {
    case 'group.name_changed': {
      const newName = event.name || null;
      if (group) await tx.renameGroup(group.id, newName);
      return { type: event.type, data: { ...where, oldName: group?.name ?? null, newName, changedBy: by } };
    }
    case 'group.icon_changed':
      return { type: event.type, data: { ...where, iconUrl: null, changedBy: by } };
    default: {
      const member = event.member === undefined ? line.handle : handleFromMac(event.member);
      if (group && event.type === 'group.member_added' && member !== line.handle)
        await tx.addMember({ groupId: group.id, handle: member, addedAt: now });
      if (group && event.type === 'group.member_removed') await tx.removeMember(group.id, member);
      return { type: event.type, data: { ...where, member, by } };
    }
  }
}
