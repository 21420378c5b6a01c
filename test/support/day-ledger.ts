import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CallChange } from '../../agent/calls-db/types.ts';
import type { MessageChange, ReceivedChange } from '../../agent/messages-db/types.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';

type AnyChange = MessageChange | CallChange;

/** A change that was told, and how many operations of the day had been played by then. */
export interface Told {
  change: AnyChange;
  played: number;
}

type Kind = LedgerLine['kind'];
type Line<K extends Kind> = Extract<LedgerLine, { kind: K }>;
type Change<K extends AnyChange['kind']> = Extract<AnyChange, { kind: K }>;

/** What makes a fact one fact, whoever tells it. */
const keyOfFact = (fact: LedgerLine): string => {
  switch (fact.kind) {
    case 'own-state':
      return `own-state ${fact.guid} ${fact.state}`;
    case 'edited':
      return `edited ${fact.guid} ${fact.part} ${fact.version}`;
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
      return `edited ${change.guid} ${change.part} ${change.version}`;
    case 'unsent':
      return `unsent ${change.guid} ${change.parts}`;
    case 'attachment':
      return `attachment ${change.attachment.guid} ${change.attachment.state}`;
    default:
      return `${change.kind} ${change.guid}`;
  }
};

/** What a message tells besides itself: its files, as far as their fate is known, and the preview of its link. */
function within(change: AnyChange): MessageChange[] {
  if (change.kind !== 'received') return [];
  const { guid, at, attachments = [], link } = change;
  return [
    ...attachments
      .filter(({ state }) => state !== 'pending')
      .map((attachment): MessageChange => ({ kind: 'attachment', guid, attachment, at })),
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
    const unlike = differences(fact, told.change, this.#ledger);
    this.wrong.push(...unlike.map((how) => `differs: ${what}: ${how}`));
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

const sha256Of = (file: string | null): string | null =>
  file === null ? null : createHash('sha256').update(readFileSync(file)).digest('hex');

const unlike = (name: string, expected: unknown, given: unknown): string[] =>
  JSON.stringify(expected) === JSON.stringify(given)
    ? []
    : [`${name} is ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`];

function differences(fact: LedgerLine, change: AnyChange, ledger: readonly LedgerLine[]): string[] {
  switch (change.kind) {
    case 'received':
      return receivedDifferences(fact as Line<'received'>, change, ledger);
    case 'own-state':
      return ownStateDifferences(fact as Line<'own-state'>, change);
    case 'attachment': {
      const file = fact as Line<'file'>;
      return [
        ...unlike('guid', file.guid, change.guid),
        ...(file.sha256 ? unlike('content', file.sha256, sha256Of(change.attachment.path)) : []),
      ];
    }
    case 'link': {
      const { url, title } = fact as Line<'link'>;
      return [...unlike('url', url, change.link.url), ...unlike('title', title, change.link.title)];
    }
    case 'call':
      return callDifferences(fact as Line<'call'>, change);
    default:
      return restDifferences(fact, change);
  }
}

function receivedDifferences(
  fact: Line<'received'>,
  change: ReceivedChange,
  ledger: readonly LedgerLine[],
): string[] {
  const left = ledger.flatMap((line) =>
    line.kind === 'unsent' && line.guid === fact.guid ? [line.whole] : [],
  );
  return [
    ...(fact.late && change.chat === null ? [] : unlike('chat', fact.chat, change.chat)),
    ...unlike('from', fact.from, change.from),
    ...unlike('line', fact.line, change.line),
    ...unlike('service', fact.service, change.service),
    ...(left.length > 0 ? [] : unlike('text', fact.text, change.text)),
    ...(left.length > 0 ? [] : unlike('files', [...fact.files].sort(), filesOf(change))),
    ...unlike('replyTo', fact.replyTo, change.replyTo),
    ...unlike('effect', fact.effect, change.effect),
    ...unlike('audio', fact.audio ?? false, change.audio !== undefined),
    ...unlike('sticker', fact.sticker, change.sticker),
    ...unlike('app', fact.app, change.app?.bundleId),
    ...(change.chat === null ? [] : unlike('filtered', fact.filtered, change.filtered)),
    ...unlike('toSelf', fact.toSelf, change.toSelf),
  ];
}

const filesOf = (change: ReceivedChange): string[] =>
  (change.attachments ?? []).map(({ guid }) => guid).sort();

const ownStateDifferences = (fact: Line<'own-state'>, change: Change<'own-state'>): string[] => [
  ...unlike('error', fact.error ?? null, change.error),
  ...unlike('service', fact.service, change.service),
  ...unlike('downgraded', fact.downgraded, change.downgraded),
];

function callDifferences(fact: Line<'call'>, change: CallChange): string[] {
  const { answered, declined, direction } = fact;
  const unanswered = declined ? 'declined' : direction === 'in' ? 'missed' : 'unanswered';
  return [
    ...unlike('direction', direction === 'in' ? 'inbound' : 'outbound', change.direction),
    ...unlike('medium', fact.media.replace('facetime-', ''), change.medium),
    ...unlike('handles', fact.handles, change.handles),
    ...unlike('duration', fact.durationMs / 1_000, change.durationSeconds),
    ...unlike('result', answered ? 'answered' : unanswered, change.result),
  ];
}

function restDifferences(
  fact: LedgerLine,
  change: Change<'tapback'> | Change<'edited'> | Change<'unsent'> | Change<'group'>,
): string[] {
  if (fact.kind === 'tapback' && change.kind === 'tapback')
    return [
      ...unlike('action', fact.action, change.action),
      ...unlike('tapback', fact.tapback, change.tapback),
      ...unlike('emoji', fact.emoji, change.emoji),
      ...unlike('from', fact.from, change.from),
      ...unlike('target', fact.target, change.target),
    ];
  if (fact.kind === 'edited' && change.kind === 'edited')
    return [...unlike('text', fact.text, change.text), ...unlike('from', fact.from, change.from)];
  if (fact.kind === 'unsent' && change.kind === 'unsent')
    return [...unlike('whole', fact.whole, change.whole), ...unlike('from', fact.from, change.from)];
  if (fact.kind === 'group' && change.kind === 'group')
    return [
      ...unlike('change', fact.change, change.change),
      ...unlike('chat', fact.chat, change.chat),
      ...unlike('by', fact.by, change.from),
      ...unlike('member', fact.member, change.member),
      ...unlike('name', fact.name, change.name),
    ];
  return [`it is a ${change.kind}, not a ${fact.kind}`];
}
