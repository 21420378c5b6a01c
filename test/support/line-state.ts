import type { LineStateEvent } from '../../bridge/protocol/line-events.ts';

/** What the Mac of a line tells on its first day, at a time; later fields win. */
export const lineState = (at: string, change: Partial<LineStateEvent> = {}): LineStateEvent => ({
  type: 'line.state',
  at,
  status: 'warming',
  health: 'healthy',
  ban: { status: 'none', since: null, reason: null },
  warmup: { day: 1, stage: 1, completed: false, newConversationCap: 5, dailyCap: 20 },
  usage: {
    date: at.slice(0, 10),
    sent: 4,
    received: 2,
    newConversations: 3,
    proactive: 4,
    resetsAt: new Date(Date.parse(at) + 3_600_000).toISOString(),
  },
  lastInboundAt: null,
  ...change,
});

export const suspected = (at: string): Partial<LineStateEvent> => ({
  status: 'paused',
  health: 'at_risk',
  ban: { status: 'suspected', since: at, reason: 'nothing is delivered' },
});

export const banned = (at: string): Partial<LineStateEvent> => ({
  status: 'paused',
  health: 'critical',
  ban: { status: 'banned', since: at, reason: 'Apple signed the account out' },
});
