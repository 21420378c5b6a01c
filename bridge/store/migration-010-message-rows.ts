const TEXT = 'text not null';

/** Rows of chat.db that a message has beside its first one: Messages writes a row for each file of a text. */
export const messageRows = (): string[] => [
  `create table message_row (
    "lineId" ${TEXT} references line (id), guid ${TEXT}, "messageId" ${TEXT} references message (id),
    part integer not null, primary key ("lineId", guid), unique ("messageId", part))`,
];
