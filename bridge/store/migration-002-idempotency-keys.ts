/** What a request that bore an idempotency key made, so that its repeat makes nothing. */
export const idempotencyKeys = (): string[] => [
  `create table idempotency_key (
    id text primary key, "accountId" text not null references account (id), fingerprint text not null,
    "resourceId" text not null, "createdAt" bigint not null, "expiresAt" bigint not null)`,
  `create index idempotency_key_expiry on idempotency_key ("expiresAt")`,
];
