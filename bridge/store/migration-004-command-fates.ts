/** Longest wait for a command that was stored before its deadline had a column, in milliseconds. */
const EARLIER_LIFETIME_MS = 24 * 3_600_000;

/** How far commands were ever sent, and which ones the bridge still waits for. */
export const commandFates = (): string[] => [
  'alter table agent add column "commandSent" bigint not null default 0',
  // Of commands before this nobody knows, so that they count as sent: they are never sent to another agent.
  'update agent set "commandSent" = "commandSeq"',
  'alter table command add column "expiresAt" bigint not null default 0',
  'alter table command add column "settledAt" bigint',
  `update command set "expiresAt" = "createdAt" + ${EARLIER_LIFETIME_MS}`,
  'create index command_unsettled on command ("expiresAt") where "settledAt" is null',
];
