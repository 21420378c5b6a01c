import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Attachment, MessageChange, ReceivedChange } from '../../agent/messages-db/types.ts';
import type { LedgerLine, ReceivedFact } from '../../agent/virtual-mac/days/types.ts';

/** A fact of the ledger and how often it was told. */
interface Account {
  line: LedgerLine;
  told: number;
}

/**
 * Holds what a tail told against what happened: every fact that could still be seen is told once, and nothing else is.
 * Lists what is wrong, in words.
 */
export function compareWithLedger(
  ledger: readonly LedgerLine[],
  changes: readonly MessageChange[],
): string[] {
  const accounts = ledger.map((line): Account => ({ line, told: 0 }));
  const notes = selfNotes(ledger);
  const wrong: string[] = [];
  const claim = (what: string, fits: (line: LedgerLine) => boolean): void => {
    const fitting = accounts.filter(({ line }) => fits(line));
    const account = fitting.find(({ told }) => told === 0) ?? fitting[0];
    if (account) account.told += 1;
    else wrong.push(`false: ${what}`);
  };
  const expected = changes.filter((change) => !(change.kind === 'own-state' && notes.has(change.guid)));
  for (const change of expected) {
    claim(JSON.stringify(change), (line) => isOf(line, change, ledger));
    const link = change.kind === 'received' ? change.link : undefined;
    if (link) claim(`link ${change.guid}`, (line) => line.kind === 'link' && line.guid === change.guid);
    const files = change.kind === 'received' ? (change.attachments ?? []) : [];
    for (const file of files.filter(({ state }) => state !== 'pending')) {
      claim(`file ${file.guid}`, (line) => isFile(line, change.guid, file));
    }
  }
  return [...wrong, ...accounts.flatMap(({ line, told }) => verdict(line, told))];
}

function verdict(line: LedgerLine, told: number): string[] {
  if (line.kind === 'call' || line.kind === 'silent') return [];
  if (told > 1) return [`told ${told} times: ${JSON.stringify(line)}`];
  return told === 0 && line.until === undefined ? [`missing: ${JSON.stringify(line)}`] : [];
}

const selfNotes = (ledger: readonly LedgerLine[]): Set<string> =>
  new Set(
    ledger.flatMap((line) =>
      line.kind === 'received' && line.toSelf ? [line.guid, ...(line.orGuid ? [line.orGuid] : [])] : [],
    ),
  );

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function isOf(line: LedgerLine, change: MessageChange, ledger: readonly LedgerLine[]): boolean {
  switch (change.kind) {
    case 'received':
      return line.kind === 'received' && isReceived(line, change, textsOf(line, ledger));
    case 'own-state':
      return (
        line.kind === 'own-state' &&
        line.guid === change.guid &&
        line.state === change.state &&
        line.service === change.service &&
        (line.error ?? null) === change.error &&
        (line.downgraded ?? false) === (change.downgraded ?? false)
      );
    case 'tapback':
      return (
        line.kind === 'tapback' &&
        line.guid === change.guid &&
        line.action === change.action &&
        line.tapback === change.tapback &&
        line.emoji === change.emoji &&
        line.from === change.from &&
        same(line.target, change.target)
      );
    case 'edited':
      return (
        line.kind === 'edited' &&
        line.guid === change.guid &&
        line.from === change.from &&
        line.part === change.part &&
        line.text === change.text
      );
    case 'unsent':
      return (
        line.kind === 'unsent' &&
        line.guid === change.guid &&
        line.from === change.from &&
        (change.parts === null ||
          line.parts === null ||
          line.parts.every((part) => change.parts?.includes(part)))
      );
    case 'link':
      return line.kind === 'link' && line.guid === change.guid && line.url === change.link.url;
    case 'attachment':
      return isFile(line, change.guid, change.attachment);
    case 'group':
      return (
        line.kind === 'group' &&
        line.guid === change.guid &&
        line.change === change.change &&
        line.by === change.from &&
        line.member === change.member &&
        (line.name ?? null) === (change.name ?? null) &&
        same(line.chat, change.chat)
      );
    default:
      return false;
  }
}

/** The text of a message, and what was left of it after an unsend that may have come before anybody looked. */
const textsOf = (fact: ReceivedFact, ledger: readonly LedgerLine[]): string[] => [
  fact.text,
  ...ledger.flatMap((line) => (line.kind === 'unsent' && line.guid === fact.guid ? [line.whole] : [])),
];

function isReceived(fact: ReceivedFact, change: ReceivedChange, texts: readonly string[]): boolean {
  return (
    (fact.guid === change.guid || fact.orGuid === change.guid) &&
    (same(fact.chat, change.chat) || (fact.late && change.chat === null)) &&
    fact.from === change.from &&
    fact.line === change.line &&
    fact.service === change.service &&
    fact.effect === change.effect &&
    fact.app === change.app?.bundleId &&
    (fact.audio ?? false) === (change.audio !== undefined) &&
    (fact.toSelf ?? false) === (change.toSelf ?? false) &&
    (fact.filtered === undefined || fact.filtered === change.filtered) &&
    same(fact.replyTo, change.replyTo) &&
    same(fact.sticker, change.sticker) &&
    fact.files.length >= (change.attachments?.length ?? 0) &&
    texts.includes(change.text)
  );
}

function isFile(line: LedgerLine, message: string, file: Attachment): boolean {
  if (line.kind !== 'file' || line.guid !== message || line.file !== file.guid || line.state !== file.state) {
    return false;
  }
  if (line.state === 'failed') return true;
  return (
    file.path !== null && createHash('sha256').update(readFileSync(file.path)).digest('hex') === line.sha256
  );
}
