import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, lineOf, senderOf, serviceOf, targetOf } from './message-row.ts';
import type { Attachment, TapbackChange, TapbackName } from './types.ts';
import { tapbackNames } from './types.ts';

const ADDED = 2000;
const REMOVED = 3000;

/** What stands of the same person on the same part, as far as it was told. */
export interface StandingTapback {
  tapback: TapbackName;
  emoji?: string;
}

/**
 * A row of a reaction: 2000 and up adds one, 3000 and up takes it away. Null for one that names no target or sender.
 * Whether the row of a removal names the emoji is not known: where it does not, the standing one tells.
 */
export function tapbackChange(
  row: StoredMessage,
  more: { now: number; standing: StandingTapback | undefined; attachments: Attachment[] },
): TapbackChange | null {
  const type = row.associatedType ?? 0;
  const removed = type >= REMOVED;
  const tapback = tapbackNames[type - (removed ? REMOVED : ADDED)];
  const target = targetOf(row.associatedGuid);
  const from = row.fromMe === 1 ? null : senderOf(row);
  if (!tapback || !target || (row.fromMe !== 1 && !from)) return null;
  const { standing, attachments } = more;
  const emoji = row.associatedEmoji || (removed && standing?.tapback === tapback && standing.emoji);
  return {
    kind: 'tapback',
    guid: row.guid,
    chat: chatOf(row),
    from,
    line: lineOf(row),
    service: serviceOf(row),
    at: dateOf(row) ?? more.now,
    action: removed ? 'removed' : 'added',
    tapback,
    target,
    ...(emoji && { emoji }),
    ...(!removed && standing && { replaces: standing.tapback }),
    ...(!removed && standing?.emoji && { replacedEmoji: standing.emoji }),
    ...(attachments.length > 0 && { attachments }),
  };
}
