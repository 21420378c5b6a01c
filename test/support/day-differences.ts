import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CallChange } from '../../agent/calls-db/types.ts';
import type { MessageChange, ReceivedChange } from '../../agent/messages-db/types.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';

export type AnyChange = MessageChange | CallChange;

type Kind = LedgerLine['kind'];
export type Line<K extends Kind> = Extract<LedgerLine, { kind: K }>;
type Change<K extends AnyChange['kind']> = Extract<AnyChange, { kind: K }>;

/** When a change was told: what had happened by then. */
export interface Then {
  ledger: readonly LedgerLine[];
  /** Operations played so far. */
  played: number;
}

const sha256Of = (file: string | null): string | null =>
  file === null ? null : createHash('sha256').update(readFileSync(file)).digest('hex');

/** In words, that a value is not what it should be; nothing when it is. */
export const unlike = (name: string, expected: unknown, given: unknown): string[] =>
  JSON.stringify(expected) === JSON.stringify(given)
    ? []
    : [`${name} is ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`];

const oneOf = (name: string, expected: readonly string[], given: string): string[] =>
  expected.includes(given) ? [] : unlike(name, expected, given);

/** How what was told of a fact differs from it. */
export function differences(fact: LedgerLine, change: AnyChange, then: Then): string[] {
  if (fact.kind === 'received' && change.kind === 'received') return receivedDifferences(fact, change, then);
  if (fact.kind === 'own-state' && change.kind === 'own-state') return ownStateDifferences(fact, change);
  if (fact.kind === 'file' && change.kind === 'attachment') return fileDifferences(fact, change);
  if (fact.kind === 'call' && change.kind === 'call') return callDifferences(fact, change);
  if (fact.kind === 'group' && change.kind === 'group') return groupDifferences(fact, change);
  if (fact.kind === 'tapback' && change.kind === 'tapback') return tapbackDifferences(fact, change);
  if (fact.kind === 'link' && change.kind === 'link')
    return [...unlike('url', fact.url, change.link.url), ...unlike('title', fact.title, change.link.title)];
  if (fact.kind === 'edited' && change.kind === 'edited')
    return [
      ...unlike('version', fact.version, change.version),
      ...unlike('from', fact.from, change.from),
      ...unlike('at', fact.at, change.at),
      ...oneOf('whole', wholes(fact.guid, then), change.whole),
      ...unlike('history', historyOf(fact, then), change.history.slice(1)),
    ];
  if (fact.kind === 'unsent' && change.kind === 'unsent')
    return [
      ...unlike('from', fact.from, change.from),
      ...oneOf('whole', wholes(fact.guid, then), change.whole),
    ];
  return [`it is a ${change.kind}, not a ${fact.kind}`];
}

/** Versions of a part up to one, without the original. */
const historyOf = (
  { guid, part, version }: Line<'edited'>,
  { ledger }: Then,
): { text: string; at: number }[] =>
  ledger.flatMap((line) =>
    line.kind === 'edited' && line.guid === guid && line.part === part && line.version <= version
      ? [{ text: line.text, at: line.at }]
      : [],
  );

/** Every text that a message had once it was changed for the first time. */
const wholes = (guid: string, { ledger, played }: Then): string[] =>
  ledger.flatMap((line) =>
    (line.kind === 'edited' || line.kind === 'unsent') && line.guid === guid && line.since < played
      ? [line.whole]
      : [],
  );

/** Which parts of a message were left after each unsend so far, that there was none among them. */
function standing(fact: Line<'received'>, { ledger, played }: Then): number[][] {
  let left = fact.parts.map((_, part) => part);
  const all = [left];
  for (const line of ledger) {
    if (line.kind !== 'unsent' || line.guid !== fact.guid || line.since >= played) continue;
    left = line.parts === null ? [] : left.filter((part) => !line.parts?.includes(part));
    all.push(left);
  }
  return all;
}

function receivedDifferences(fact: Line<'received'>, change: ReceivedChange, then: Then): string[] {
  const left = standing(fact, then);
  const texts = left.map((parts) => parts.map((part) => fact.parts[part]).join(''));
  const isWhole = change.text === texts[0];
  return [
    ...(fact.late && change.chat === null ? [] : unlike('chat', fact.chat, change.chat)),
    ...unlike('from', fact.from, change.from),
    ...unlike('line', fact.line, change.line),
    ...unlike('service', fact.service, change.service),
    ...unlike('at', fact.at, change.at),
    ...oneOf('text', texts, change.text),
    ...(isWhole ? unlike('files', [...fact.files].sort(), filesOf(change)) : []),
    ...(isWhole ? unlike('marks', fact.marks ?? [], change.marks ?? []) : []),
    ...(change.parts ?? []).flatMap(({ part, attachment }) =>
      attachment === undefined ? [] : unlike(`file of part ${part}`, fact.files[part], attachment),
    ),
    ...unlike('subject', fact.subject, change.subject),
    ...unlike('replyTo', fact.replyTo, change.replyTo),
    ...unlike('effect', fact.effect, change.effect),
    ...unlike('audio', fact.audio ?? false, change.audio !== undefined),
    ...unlike('sticker', fact.sticker, change.sticker),
    ...unlike('app', fact.app, change.app?.bundleId),
    ...unlike('updates', fact.updates, change.app?.updates),
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

const fileDifferences = (fact: Line<'file'>, { guid, attachment }: Change<'attachment'>): string[] => [
  ...unlike('guid', fact.guid, guid),
  ...unlike('name', fact.name, attachment.name),
  ...unlike('mime', fact.mime, attachment.mime),
  ...unlike('sticker', fact.sticker, attachment.sticker),
  ...(fact.sha256 ? unlike('content', fact.sha256, sha256Of(attachment.path)) : []),
];

function callDifferences(fact: Line<'call'>, change: CallChange): string[] {
  const { answered, declined, direction } = fact;
  const unanswered = declined ? 'declined' : direction === 'in' ? 'missed' : 'unanswered';
  return [
    ...unlike('direction', direction === 'in' ? 'inbound' : 'outbound', change.direction),
    ...unlike('medium', fact.media.replace('facetime-', ''), change.medium),
    ...unlike('handles', fact.handles, change.handles),
    ...unlike('startedAt', fact.at, change.startedAt),
    ...unlike('duration', fact.durationMs / 1_000, change.durationSeconds),
    ...unlike('result', answered ? 'answered' : unanswered, change.result),
  ];
}

const tapbackDifferences = (fact: Line<'tapback'>, change: Change<'tapback'>): string[] => [
  ...unlike('action', fact.action, change.action),
  ...unlike('tapback', fact.tapback, change.tapback),
  ...unlike('emoji', fact.emoji, change.emoji),
  ...unlike('from', fact.from, change.from),
  ...unlike('at', fact.at, change.at),
  ...unlike('target', fact.target, change.target),
];

const groupDifferences = (fact: Line<'group'>, change: Change<'group'>): string[] => [
  ...unlike('change', fact.change, change.change),
  ...unlike('chat', fact.chat, change.chat),
  ...unlike('by', fact.by, change.from),
  ...unlike('at', fact.at, change.at),
  ...unlike('member', fact.member, change.member),
  ...unlike('name', fact.name, change.name),
];
