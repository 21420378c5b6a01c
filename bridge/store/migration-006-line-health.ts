const TEXT = 'text not null';
const COUNT = 'integer not null';
const TIME = 'bigint not null';

/** How lines were used day by day, and which of them are told as offline. */
export const lineHealth = (): string[] => [
  `create table line_usage (
    "lineId" ${TEXT} references line (id), date ${TEXT}, sent ${COUNT}, received ${COUNT},
    "newConversations" ${COUNT}, proactive ${COUNT}, "newConversationCap" ${COUNT}, "dailyCap" ${COUNT},
    "resetsAt" ${TIME}, at ${TIME}, primary key ("lineId", date))`,
  'alter table line_state add column "offlineSince" bigint',
];
