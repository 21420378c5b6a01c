import type { MessageChange } from '../../agent/messages-db/types.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';

/** A change that was told, and how many operations of the day had been played by then. */
export interface Told {
  change: MessageChange;
  played: number;
}

/** What makes a fact one fact, whoever tells it. */
const keyOfFact = (fact: LedgerLine): string => {
  switch (fact.kind) {
    case 'own-state':
      return `own-state ${fact.guid} ${fact.state}`;
    case 'received':
      return `received ${fact.guid}`;
    default:
      return `${fact.kind} ${'guid' in fact ? fact.guid : fact.id}`;
  }
};

const keyOfChange = (change: MessageChange): string =>
  change.kind === 'own-state'
    ? `own-state ${change.guid} ${change.state}`
    : `${change.kind} ${'guid' in change ? change.guid : ''}`;

/** A ledger, and what of it was told. */
class Comparison {
  readonly wrong: string[] = [];
  readonly #ledger: readonly LedgerLine[];
  readonly #facts = new Map<string, LedgerLine>();
  readonly #silent = new Map<string, string>();
  readonly #seen = new Map<LedgerLine, Told>();

  constructor(ledger: readonly LedgerLine[]) {
    this.#ledger = ledger;
    for (const fact of ledger) {
      if (fact.kind === 'silent') this.#silent.set(fact.guid, fact.why);
      else this.#facts.set(keyOfFact(fact), fact);
      if (fact.kind === 'received' && fact.orGuid) this.#facts.set(`received ${fact.orGuid}`, fact);
    }
  }

  tell(told: Told): void {
    const { change, played } = told;
    const key = keyOfChange(change);
    const what = `${key} after ${played} operations`;
    const fact = this.#facts.get(key);
    if (!fact) {
      const why = 'guid' in change ? this.#silent.get(change.guid) : undefined;
      this.wrong.push(`false: ${what}${why ? ` (${why})` : ''}`);
      return;
    }
    const before = this.#seen.get(fact);
    if (before) this.wrong.push(`twice: ${what}, and after ${before.played}`);
    this.#seen.set(fact, told);
    if (played <= fact.since) this.wrong.push(`early: ${what}`);
    this.wrong.push(
      ...differences(fact, change, this.#ledger).map((unlike) => `differs: ${what}: ${unlike}`),
    );
  }

  end(looked: readonly number[]): void {
    for (const fact of new Set(this.#facts.values())) {
      const { due, until = Infinity } = fact;
      const must = until === Infinity || looked.some((played) => due < played && played <= until);
      if (must && !this.#seen.has(fact))
        this.wrong.push(`missing: ${keyOfFact(fact)}, due with operation ${due}`);
    }
  }
}

/**
 * Compares what was told with the ledger. `looked` holds the numbers of operations after which the observer had all
 * the time it needs; a fact that could be seen at none of them may be told or not. Returns what is wrong, in words.
 */
export function compareWithLedger(
  ledger: readonly LedgerLine[],
  told: readonly Told[],
  looked: readonly number[],
): string[] {
  const comparison = new Comparison(ledger);
  for (const one of told) comparison.tell(one);
  comparison.end(looked);
  return comparison.wrong;
}

function differences(fact: LedgerLine, change: MessageChange, ledger: readonly LedgerLine[]): string[] {
  const unlike = (name: string, one: unknown, other: unknown): string[] =>
    JSON.stringify(one) === JSON.stringify(other)
      ? []
      : [`${name} is ${JSON.stringify(other)}, not ${JSON.stringify(one)}`];
  if (fact.kind === 'received' && change.kind === 'received') {
    const versions = ledger.flatMap((line) =>
      (line.kind === 'edited' || line.kind === 'unsent') && line.guid === fact.guid ? [line.whole] : [],
    );
    return [
      ...(fact.late && change.chat === null ? [] : unlike('chat', fact.chat, change.chat)),
      ...unlike('from', fact.from, change.from),
      ...unlike('line', fact.line, change.line),
      ...unlike('service', fact.service, change.service),
      ...(versions.includes(change.text) ? [] : unlike('text', fact.text, change.text)),
    ];
  }
  if (fact.kind === 'own-state' && change.kind === 'own-state')
    return [
      ...unlike('error', fact.error ?? null, change.error),
      ...unlike('service', fact.service, change.service),
    ];
  return [];
}
