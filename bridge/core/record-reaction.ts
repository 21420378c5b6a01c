import type { ReactionEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import { handleFromMac } from './handles.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';
import { targetOf } from './targets.ts';

/** Stores a tapback, or that it is gone; returns how many deliveries it made. */
export async function recordReaction(recording: Recording, event: ReactionEvent): Promise<number> {
  const { tx, line } = recording;
  const { type, guid, target, reaction, emoji } = event;
  if (!(await isNew(recording, type, guid, target.guid, target.part, reaction, emoji ?? null, event.at)))
    return 0;
  const found = await targetOf(recording, target.guid, event);
  const at = Date.parse(event.at);
  const direction = event.from === null ? 'outbound' : 'inbound';
  const standing = {
    lineId: line.id,
    targetGuid: target.guid,
    part: target.part,
    actor: event.from === null ? line.handle : handleFromMac(event.from),
    reaction,
    emoji: emoji ?? null,
  };
  if (type === 'reaction.added') await tx.putReaction({ ...standing, direction, at });
  else await tx.removeReaction(standing);
  const told = await tellCustomer(recording, found.orderingKey, {
    type,
    data: {
      ...found.named,
      part: found.firstPart + target.part,
      reaction,
      ...(emoji === undefined ? {} : { emoji }),
      from: standing.actor,
      direction,
      at: isoTime(at),
      ...(found.groupId === null ? {} : { groupId: found.groupId }),
      lineId: line.id,
    },
  });
  return found.deliveries + told;
}
