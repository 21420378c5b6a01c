import type { AgentEvent } from '../../bridge/protocol/events.ts';
import type { Journal, KeptState } from '../journal/types.ts';
import type { ChangeBatch, OwnStateChange } from '../messages-db/types.ts';
import { receivedFact, stateFact } from './facts.ts';

/**
 * Journals a batch of changes with the tail's memory, in one transaction. States of own rows are told for rows that a
 * command claimed; while a command still awaits its row they are kept, since the row may turn out to be its own.
 * `claim` looks for such rows now.
 */
export function takeBatch(batch: ChangeBatch, journal: Journal, at: number, claim: () => void): void {
  const unclaimed = (change: OwnStateChange): boolean => journal.commandByGuid(change.guid) === undefined;
  const own = batch.changes.filter((change) => change.kind === 'own-state');
  if (own.some(unclaimed)) claim();

  // Without a command that awaits its row no row up to here can ever be claimed: later acts have a higher mark.
  const awaiting = journal.commandsIn(['acting', 'confirming', 'uncertain'], 1).length > 0;
  const events: AgentEvent[] = [];
  const keep: KeptState[] = [];
  for (const change of batch.changes) {
    if (change.kind === 'received') {
      events.push(receivedFact(change));
      continue;
    }
    if (change.kind !== 'own-state') continue;
    const { kind: _, downgraded: __, ...state } = change;
    const command = journal.commandByGuid(change.guid);
    if (command) events.push(stateFact(command.id, state));
    else if (awaiting) keep.push(state);
  }
  journal.record({ at, events, memory: batch.memory, keep, ...(awaiting ? {} : { drop: 'all' }) });
}
