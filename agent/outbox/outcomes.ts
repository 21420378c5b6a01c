import type { JournalChange, KeptState } from '../journal/types.ts';
import type { MessageChange } from '../messages-db/types.ts';

type Outcome = NonNullable<JournalChange['outcomes']>[number];

/** Whether chat.db names a service of which nothing is ever told as delivered, and which says nothing of iMessage. */
const isOther = (service: string): boolean => /^(sms|rcs)$/i.test(service);

/** What the health of the line goes by when the row of a message is found, with what Messages made of it meanwhile. */
export function firstOutcomes(
  row: { guid: string; service: string },
  kept: readonly KeptState[],
  { at, error }: { at: number; error: number },
): Outcome[] {
  const { guid } = row;
  // What Messages put into an SMS row by itself and did not send is a failure as any other.
  if (isOther(row.service) && error === 0) return [];
  return [
    { guid, at, state: 'sent', error },
    ...kept.flatMap((state) => outcomeOf({ ...state, guid, at, error: state.error ?? 0 })),
  ];
}

/** What Messages made of a row, whoever wrote it: the journal keeps it for rows that it knows. */
export function outcomesOf(change: MessageChange): Outcome[] {
  if (change.kind !== 'own-state') return [];
  const { guid, at, state, service, error } = change;
  return outcomeOf({ guid, at, state, service, error: error ?? (state === 'failed' ? 1 : 0) });
}

function outcomeOf({
  guid,
  at,
  state,
  service,
  error,
}: Pick<KeptState, 'state' | 'service'> & Omit<Outcome, 'state'>): Outcome[] {
  if (isOther(service) && state !== 'failed') return [{ guid, at, state: 'by_other_service', error: 0 }];
  if (state === 'sent') return [];
  return [
    { guid, at, state: state === 'failed' ? state : 'delivered', error: state === 'failed' ? error : 0 },
  ];
}
