/** Keys that agents announced and did not use yet, and lines that an operator called banned. */
export const nextKeys = (): string[] => [
  'alter table agent add column "nextPublicKey" text',
  'alter table line add column "bannedAt" bigint',
  'alter table line add column "banReason" text',
];
