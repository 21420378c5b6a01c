import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, lineOf, senderOf, serviceOf } from './message-row.ts';
import type { GroupChange } from './types.ts';

/** `item_type` of notes about members, about the name, and about the rest of a group. */
const MEMBERS = 1;
const NAME = 2;
const GROUP = 3;

/** A note about a group; null for notes about anything else, such as kept audio or a shared location. */
export function groupChange(row: StoredMessage, now: number): GroupChange | null {
  const what = changeOf(row);
  const from = row.fromMe === 1 ? null : senderOf(row);
  if (!what || (row.fromMe !== 1 && !from)) return null;
  return {
    kind: 'group',
    guid: row.guid,
    chat: chatOf(row),
    from,
    line: lineOf(row),
    service: serviceOf(row),
    at: dateOf(row) ?? now,
    ...what,
    ...(what.change === 'left' && from && { member: from }),
  };
}

function changeOf(row: StoredMessage): Pick<GroupChange, 'change' | 'member' | 'name'> | null {
  const action = row.groupAction ?? 0;
  switch (row.itemType) {
    case MEMBERS:
      return memberChange(row, action);
    case NAME:
      return { change: 'renamed', name: row.groupTitle || null };
    case GROUP:
      if (action === 0) return { change: 'left' };
      if (action === 1) return { change: 'photo-set' };
      return action === 2 ? { change: 'photo-removed' } : null;
    default:
      return null;
  }
}

/** A row that names the same person twice says that they changed their number: no change of the group. */
function memberChange(row: StoredMessage, action: number): Pick<GroupChange, 'change' | 'member'> | null {
  if (action !== 0 && action !== 1) return null;
  if (action === 0 && row.otherHandle && row.otherHandle === row.sender) return null;
  const member = row.otherHandle ? { member: row.otherHandle } : {};
  return { change: action === 0 ? 'added' : 'removed', ...member };
}
