import type { AgentEvent } from '../../bridge/protocol/events.ts';
import type { Journal, KeptState } from '../journal/types.ts';
import type { ChangeBatch, MessageChange, OwnStateChange } from '../messages-db/types.ts';
import { changeFacts, stateFact } from './facts.ts';
import { outcomesOf } from './outcomes.ts';
import { isOwnNote } from './own-notes.ts';
import type { RenditionOffer } from './ports.ts';

/** From which conversation a message came, and when; nothing for a note to oneself. A date ahead counts as now. */
function receivedFrom(change: MessageChange, now: number): Array<{ at: number; conversation: string }> {
  if (change.kind !== 'received' || change.toSelf) return [];
  const conversation = (change.chat?.identifier ?? change.from).toLowerCase();
  return [{ at: Math.min(Math.round(change.at), now), conversation }];
}

/**
 * Journals a batch of changes with the tail's memory, in one transaction. States of own rows are told for rows that a
 * command claimed; while a command still awaits its row they are kept, since the row may turn out to be its own.
 * `claim` looks for such rows now.
 */
export function takeBatch(
  batch: ChangeBatch,
  journal: Journal,
  { at, claim, rendition }: { at: number; claim: () => void; rendition: RenditionOffer | undefined },
): void {
  if (batch.changes.some((change) => mayBeOwn(change) && !journal.proofOf(change.guid))) claim();

  // Without a command that awaits its row no row up to here can ever be claimed: later acts have a higher mark.
  const awaiting = journal.commandsIn(['acting', 'confirming', 'uncertain'], 1).length > 0;
  const events: AgentEvent[] = [];
  const keep: KeptState[] = [];
  for (const change of batch.changes) {
    if (change.kind === 'own-state') {
      const state = stateOf(change);
      const proof = journal.proofOf(change.guid);
      if (!proof && awaiting) keep.push(state);
      if (proof && (proof.tells === 'all' || proof.tells === state.state))
        events.push(stateFact(proof.commandId, state));
    } else if (change.kind !== 'received' || !isOwnNote(change, journal)) {
      events.push(...changeFacts(change, rendition));
    }
  }
  const received = batch.changes.flatMap((change) => receivedFrom(change, at));
  const outcomes = batch.changes.flatMap(outcomesOf);
  const { memory } = batch;
  journal.record({ at, events, memory, received, outcomes, keep, ...(awaiting ? {} : { drop: 'all' }) });
}

/** Whether the row may be what an act of ours wrote: a note to oneself is told as received. */
const mayBeOwn = (change: MessageChange): boolean =>
  change.kind === 'own-state' || (change.kind === 'received' && change.toSelf === true);

const stateOf = ({ guid, state, service, error, at, downgraded }: OwnStateChange): KeptState => ({
  guid,
  state,
  service,
  error,
  at,
  downgraded: downgraded === true,
});
