const TEXT = 'text not null';
const TIME = 'bigint not null';
const MODE = `text not null check (mode in ('live', 'sandbox'))`;

/** Every kind of fact that a Mac can tell: what became of messages, reactions, groups, calls, lines, files. */
export const facts = (): string[] => [...messages(), ...groups(), ...media(), ...calls(), ...lines()];

const messages = (): string[] => [
  // A column that carries its own check is the one thing that SQLite lets go, so a longer check is a new column.
  `alter table message add column "newStatus" text not null default 'queued'
    check ("newStatus" in ('scheduled', 'queued', 'sent', 'delivered', 'read', 'failed', 'canceled', 'unsent', 'received'))`,
  `update message set "newStatus" = status`,
  'alter table message drop column status',
  'alter table message rename column "newStatus" to status',
  'alter table message add column "groupId" text',
  'alter table message add column "editCount" integer not null default 0',
  'alter table message add column "editedAt" bigint',
  'alter table message add column "unsentAt" bigint',
  `alter table message add column details text not null default '{}'`,
  'create index message_group on message ("groupId", "createdAt", id) where "groupId" is not null',

  // Its target may be a message that the bridge never saw, hence a GUID and no reference.
  `create table reaction (
    "lineId" ${TEXT} references line (id), "targetGuid" ${TEXT}, part integer not null, actor ${TEXT},
    direction ${TEXT} check (direction in ('outbound', 'inbound')), reaction ${TEXT}, emoji text, at ${TIME},
    primary key ("lineId", "targetGuid", part, actor))`,

  `create table fact ("lineId" ${TEXT} references line (id), key ${TEXT}, "createdAt" ${TIME}, primary key ("lineId", key))`,

  `create table rejected_event (
    "agentId" ${TEXT} references agent (id), "journalId" ${TEXT}, seq ${TIME}, type ${TEXT}, code ${TEXT}, event ${TEXT},
    "createdAt" ${TIME}, primary key ("agentId", "journalId", seq))`,

  `create table command_result (
    "commandId" ${TEXT} primary key references command (id), result ${TEXT}, at ${TIME})`,
];

const groups = (): string[] => [
  `create table chat_group (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE}, "lineId" ${TEXT} references line (id),
    "conversationId" ${TEXT} unique references conversation (id), name text, "createdAt" ${TIME})`,
  'create index chat_group_newest on chat_group ("accountId", mode, "createdAt", id)',

  `create table group_member (
    "groupId" ${TEXT} references chat_group (id), handle ${TEXT}, "addedAt" ${TIME}, primary key ("groupId", handle))`,
];

const media = (): string[] => [
  `create table media (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE}, "lineId" text references line (id),
    "commandId" text, filename ${TEXT}, "mimeType" ${TEXT}, bytes ${TIME}, sha256 text,
    kind ${TEXT} check (kind in ('image', 'video', 'audio', 'file', 'sticker')),
    state ${TEXT} check (state in ('pending', 'stored', 'failed')), file text, "errorCode" text, "createdAt" ${TIME})`,
  'create index media_account on media ("accountId", mode, "createdAt", id)',
  'create unique index media_command on media ("commandId") where "commandId" is not null',

  `create table attachment (
    "messageId" ${TEXT} references message (id), ordinal integer not null, guid text, "mediaId" text references media (id),
    name ${TEXT}, "mimeType" text, bytes ${TIME}, kind ${TEXT} check (kind in ('image', 'video', 'audio', 'file', 'sticker')),
    state ${TEXT} check (state in ('complete', 'pending', 'failed')), place bigint, transcription text,
    primary key ("messageId", ordinal))`,
  'create unique index attachment_guid on attachment ("messageId", guid) where guid is not null',
];

const calls = (): string[] => [
  `create table call (
    id text primary key, "accountId" ${TEXT} references account (id), mode ${MODE}, "lineId" ${TEXT} references line (id),
    direction ${TEXT} check (direction in ('outbound', 'inbound')), kind ${TEXT} check (kind in ('audio', 'video')),
    "from" text, "to" text,
    status ${TEXT} check (status in ('initiated', 'ringing', 'answered', 'ended', 'declined', 'missed', 'failed')),
    "endReason" text, "errorCode" text, "errorMessage" text, "commandId" text, "callUuid" text, metadata text,
    "createdAt" ${TIME}, "ringingAt" bigint, "answeredAt" bigint, "endedAt" bigint,
    "durationSeconds" double precision not null)`,
  'create index call_newest on call ("accountId", mode, "createdAt", id)',
  'create unique index call_command on call ("commandId") where "commandId" is not null',
  'create unique index call_uuid on call ("lineId", "callUuid") where "callUuid" is not null',
];

const lines = (): string[] => [
  `create table line_state (
    "lineId" ${TEXT} primary key references line (id), state text, capabilities text, "updatedAt" ${TIME})`,
];
