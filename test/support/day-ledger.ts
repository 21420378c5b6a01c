import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import { type AnyChange, differences, type Line, unlike } from './day-differences.ts';

/** A change that was told, and how many operations of the day had been played by then. */
export interface Told {
  change: AnyChange;
  played: number;
}

/** What makes a fact one fact, whoever tells it. */
const keyOfFact = (fact: LedgerLine): string => {
  switch (fact.kind) {
    case 'own-state':
      return `own-state ${fact.guid} ${fact.state}`;
    case 'edited':
      return `edited ${fact.guid} ${fact.part} ${fact.text}`;
    case 'unsent':
      return `unsent ${fact.guid} ${fact.parts}`;
    case 'file':
      return `attachment ${fact.file} ${fact.state}`;
    case 'call':
      return `call ${fact.id}`;
    default:
      return `${fact.kind} ${fact.guid}`;
  }
};

const keyOfChange = (change: AnyChange): string => {
  switch (change.kind) {
    case 'call':
      return `call ${change.callUuid}`;
    case 'own-state':
      return `own-state ${change.guid} ${change.state}`;
    case 'edited':
      return `edited ${change.guid} ${change.part} ${change.text}`;
    case 'unsent':
      return `unsent ${change.guid} ${change.parts}`;
    case 'attachment':
      return `attachment ${change.attachment.guid} ${change.attachment.state}`;
    default:
      return `${change.kind} ${change.guid}`;
  }
};

/** What a message tells besides itself: its files, as far as their fate is known, and the preview of its link. */
function within(change: AnyChange): AnyChange[] {
  if (change.kind !== 'received') return [];
  const { guid, at, attachments = [], link } = change;
  return [
    ...attachments
      .filter(({ state }) => state !== 'pending')
      .map((attachment): AnyChange => ({ kind: 'attachment', guid, attachment, at })),
    ...(link ? [{ kind: 'link', guid, link, at } as const] : []),
  ];
}

/** A ledger, and what of it was told. */
class Comparison {
  readonly wrong: string[] = [];
  readonly #ledger: readonly LedgerLine[];
  readonly #facts = new Map<string, LedgerLine>();
  readonly #silent = new Map<string, string>();
  readonly #seen = new Map<LedgerLine, Told>();
  /** The standing tapback of each person on each part as it was told. */
  readonly #taps = new Map<string, string>();

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
    if (change.kind === 'unsent') {
      this.#tellUnsent({ change, played });
      return;
    }
    const what = `${keyOfChange(change)} after ${played} operations`;
    const fact = this.#facts.get(keyOfChange(change));
    if (fact) this.#tellFact(fact, told, what);
    else {
      const why = 'guid' in change ? this.#silent.get(change.guid) : undefined;
      this.wrong.push(`false: ${what}${why ? ` (${why})` : ''}`);
    }
    for (const inner of within(change)) this.tell({ change: inner, played });
  }

  #tellFact(fact: LedgerLine, told: Told, what: string): void {
    const before = this.#seen.get(fact);
    if (before) this.wrong.push(`twice: ${what}, and after ${before.played}`);
    this.#seen.set(fact, told);
    if (told.played <= fact.since) this.wrong.push(`early: ${what}`);
    const unlikes = [
      ...differences(fact, told.change, { ledger: this.#ledger, played: told.played }),
      ...this.#replaced(told.change),
    ];
    this.wrong.push(...unlikes.map((how) => `differs: ${what}: ${how}`));
  }

  /** What somebody who looked only now and then tells as one: the next unsends of a message, in their order. */
  #tellUnsent(told: { change: Extract<AnyChange, { kind: 'unsent' }>; played: number }): void {
    const { change, played } = told;
    const what = `unsent ${change.guid} ${change.parts} after ${played} operations`;
    const next = this.#ledger.filter(
      (line): line is Line<'unsent'> =>
        line.kind === 'unsent' && line.guid === change.guid && line.since < played && !this.#seen.has(line),
    );
    const parts: number[] = [];
    for (const [index, line] of next.entries()) {
      parts.push(...(line.parts ?? []));
      const same = line.parts === null ? null : [...parts].sort((a, b) => a - b);
      if (JSON.stringify(same) !== JSON.stringify(change.parts && [...change.parts].sort((a, b) => a - b)))
        continue;
      for (const one of next.slice(0, index + 1)) this.#seen.set(one, told);
      const unlikes = differences(line, change, { ledger: this.#ledger, played });
      this.wrong.push(...unlikes.map((how) => `differs: ${what}: ${how}`));
      return;
    }
    this.wrong.push(`false: ${what}`);
  }

  #replaced(change: AnyChange): string[] {
    if (change.kind !== 'tapback') return [];
    const place = `${change.target.guid} ${change.target.part} ${change.from}`;
    const standing = this.#taps.get(place);
    if (change.action === 'removed') this.#taps.delete(place);
    else this.#taps.set(place, change.tapback);
    return change.action === 'added' ? unlike('replaces', standing, change.replaces) : [];
  }

  end(looked: readonly number[]): void {
    for (const fact of new Set(this.#facts.values())) {
      if (this.#seen.has(fact) || !this.#must(fact, looked)) continue;
      this.wrong.push(`missing: ${keyOfFact(fact)}, due with operation ${fact.due}`);
    }
  }

  #must(fact: LedgerLine, looked: readonly number[]): boolean {
    const { due, until = Infinity } = fact;
    if (until !== Infinity && !looked.some((played) => due < played && played <= until)) return false;
    if (fact.kind !== 'unsent' || fact.from === null) return true;
    const taken = this.#facts.get(`received ${fact.guid}`);
    return taken === undefined || this.#seen.has(taken) || this.#must(taken, looked);
  }
}

/**
 * Compares what was told with the ledger, content and all. `looked` holds the numbers of operations after which the
 * observer had all the time it needs; a fact that could be seen at none of them may be told or not. Returns what is
 * wrong, in words.
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
