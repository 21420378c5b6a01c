/** How far the clock of each agent was ahead of the bridge's at its last hello, in milliseconds. */
export const agentClocks = (): string[] => [
  'alter table agent add column "clockAheadMs" bigint not null default 0',
];
