import type { Dialect } from './database.ts';

const TEXT = 'text not null';
const TIME = 'bigint not null';
const MODE = `text not null check (mode in ('live', 'sandbox'))`;

/** Accounts, lines, agents, messages with their commands, and webhooks with their deliveries. */
export function firstTables(dialect: Dialect): string[] {
  const position =
    dialect === 'sqlite'
      ? 'integer primary key autoincrement'
      : 'bigint generated always as identity primary key';
  return [...identities(), ...messages(position), ...endpoints(position)];
}

const identities = (): string[] => [
  `create table account (id text primary key, name ${TEXT}, "createdAt" ${TIME})`,

  `create table api_key (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE},
    hash ${TEXT} unique, "createdAt" ${TIME}, "revokedAt" bigint)`,

  `create table enrolment_token (
    hash text primary key, "accountId" ${TEXT} references account (id),
    "createdAt" ${TIME}, "expiresAt" ${TIME}, "usedAt" bigint)`,

  `create table line (
    id text primary key, "accountId" ${TEXT} references account (id), handle ${TEXT}, "createdAt" ${TIME},
    unique ("accountId", handle))`,

  `create table agent (
    id text primary key, "accountId" ${TEXT} references account (id), "lineId" ${TEXT} references line (id),
    name ${TEXT}, "publicKey" ${TEXT}, "createdAt" ${TIME}, "revokedAt" bigint, "journalId" text,
    "eventSeq" ${TIME}, "commandSeq" ${TIME}, "commandAck" ${TIME}, "sessionId" text, "lastSeenAt" bigint)`,
  `create index agent_line on agent ("lineId")`,
  `create index agent_account on agent ("accountId")`,
];

const messages = (position: string): string[] => [
  `create table conversation (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE},
    "lineId" ${TEXT} references line (id), kind ${TEXT} check (kind in ('direct', 'group')), participant ${TEXT},
    "createdAt" ${TIME}, unique ("lineId", mode, kind, participant))`,
  `create index conversation_participant on conversation ("accountId", mode, participant, "createdAt")`,

  `create table message (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE},
    "conversationId" ${TEXT} references conversation (id), "lineId" ${TEXT} references line (id),
    direction ${TEXT} check (direction in ('outbound', 'inbound')), "from" ${TEXT}, "to" ${TEXT}, text ${TEXT},
    status ${TEXT} check (status in ('queued', 'sent', 'delivered', 'read', 'failed', 'received')),
    "errorCode" text, "errorMessage" text, service text, guid text, metadata text, "traceId" ${TEXT},
    "createdAt" ${TIME}, "sentAt" bigint, "deliveredAt" bigint, "readAt" bigint,
    unique ("lineId", guid))`,
  `create index message_newest on message ("accountId", mode, "createdAt", id)`,
  `create index message_conversation on message ("conversationId", "createdAt", id)`,
  `create index message_from on message ("accountId", mode, "from", "createdAt", id)`,
  `create index message_to on message ("accountId", mode, "to", "createdAt", id)`,

  `create table timeline (
    position ${position}, "messageId" ${TEXT} references message (id), step ${TEXT},
    source ${TEXT} check (source in ('api', 'bridge', 'agent', 'mac')), at ${TIME}, "errorCode" text)`,
  `create index timeline_message on timeline ("messageId", position)`,

  `create table command (
    "agentId" ${TEXT} references agent (id), seq ${TIME}, id ${TEXT} unique,
    "messageId" text references message (id), command ${TEXT}, "createdAt" ${TIME},
    primary key ("agentId", seq))`,
  `create index command_message on command ("messageId")`,
];

const endpoints = (position: string): string[] => [
  `create table webhook (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE}, url ${TEXT}, events ${TEXT},
    description text, secret ${TEXT}, enabled integer not null check (enabled in (0, 1)), "createdAt" ${TIME})`,
  `create index webhook_account on webhook ("accountId", mode)`,

  `create table event (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE}, type ${TEXT},
    "orderingKey" ${TEXT}, payload ${TEXT}, "createdAt" ${TIME})`,
  `create index event_account on event ("accountId", mode, "createdAt", id)`,

  // A delivery outlives its endpoint as history, hence no reference to it.
  `create table delivery (
    position ${position}, id ${TEXT} unique, "webhookId" ${TEXT}, "eventId" ${TEXT} references event (id),
    "orderingKey" ${TEXT}, state ${TEXT} check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null, "nextAttemptAt" ${TIME}, "leasedUntil" bigint, "lastStatus" integer,
    "createdAt" ${TIME})`,
  `create index delivery_due on delivery ("nextAttemptAt", position) where state = 'pending'`,
  `create index delivery_leased on delivery ("leasedUntil") where state = 'pending' and "leasedUntil" is not null`,
  `create index delivery_key on delivery ("webhookId", "orderingKey", position) where state = 'pending'`,
  `create index delivery_event on delivery ("eventId")`,
];
