import type { GroupChangedEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { ChatGroup } from '../store/types.ts';
import { placeOf } from './conversations.ts';
import { handleFromMac } from './handles.ts';
import type { EventContent } from './raise-event.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';
import { requestError } from './request-error.ts';

/** Stores what changed in a group; returns how many deliveries it made. */
export async function recordGroupChanged(recording: Recording, event: GroupChangedEvent): Promise<number> {
  const { type, guid, member, name } = event;
  if (!(await isNew(recording, type, guid, member ?? null, name ?? null))) return 0;
  const place = await placeOf(recording, { ...event.conversation, kind: 'group' }, event.by);
  if (!place?.group) throw new Error('a conversation that is named as a group has one');
  const content = await change(recording, place.group, event);
  return place.deliveries + (await tellCustomer(recording, place.conversation.id, content));
}

async function change(
  { tx, line, now }: Recording,
  group: ChatGroup,
  event: GroupChangedEvent,
): Promise<EventContent> {
  const by = event.by === null ? line.handle : handleFromMac(event.by);
  const where = { groupId: group.id, at: isoTime(Date.parse(event.at)), lineId: line.id };
  switch (event.type) {
    case 'group.name_changed': {
      const newName = event.name || null;
      await tx.renameGroup(group.id, newName);
      return { type: event.type, data: { ...where, oldName: group.name, newName, changedBy: by } };
    }
    case 'group.icon_changed':
      return { type: event.type, data: { ...where, iconUrl: null, changedBy: by } };
    default: {
      if (event.member === undefined)
        throw requestError('invalid_request', 'A change of members names no member');
      const member = handleFromMac(event.member);
      if (event.type === 'group.member_added' && member !== line.handle)
        await tx.addMember({ groupId: group.id, handle: member, addedAt: now });
      if (event.type === 'group.member_removed') await tx.removeMember(group.id, member);
      return { type: event.type, data: { ...where, member, by } };
    }
  }
}
