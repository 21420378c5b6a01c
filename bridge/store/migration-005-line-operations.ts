const TEXT = 'text not null';
const TIME = 'bigint not null';

/** What customers ask of a line beside sending, and what became of it. */
export const lineOperations = (): string[] => [
  `create table line_operation (
    id text primary key, "accountId" ${TEXT} references account (id),
    mode ${TEXT} check (mode in ('live', 'sandbox')), "lineId" ${TEXT} references line (id),
    kind ${TEXT} check (kind in ('edit', 'unsend', 'react', 'typing', 'read', 'create_group', 'end_call')),
    "commandId" ${TEXT} unique references command (id), "messageId" text references message (id),
    "groupId" text references chat_group (id), "callId" text references call (id),
    state ${TEXT} check (state in
      ('queued', 'paced', 'acting', 'confirming', 'done', 'failed', 'uncertain', 'canceled')),
    "errorCode" text, "errorMessage" text, "sameAs" text references chat_group (id),
    "createdAt" ${TIME}, "updatedAt" ${TIME})`,
  'create index line_operation_message on line_operation ("messageId", "createdAt", id) where "messageId" is not null',
  'create index line_operation_group on line_operation ("groupId") where "groupId" is not null',
  'create index call_active on call ("lineId", "createdAt") where "endedAt" is null',
];
