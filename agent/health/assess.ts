import type { SendOutcome } from '../journal/types.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Apple's number for a handle that is not on iMessage. */
const NOT_ON_IMESSAGE = 22;

/**
 * When what is seen becomes a warning or a suspicion. Nobody publishes how Apple judges a line; these are bounds that a
 * line which is used as people use theirs stays far from.
 */
const BOUNDS = {
  /** Failures in a row, other than for handles that are not on iMessage. */
  errorRun: { warning: 3, suspicion: 5 },
  /** Of messages old enough to have been delivered: the share that was. */
  delivered: { warning: 0.7, suspicion: 0.4, afterMs: 30 * 60_000, atLeast: 10 },
  /** Share of messages to handles that are not on iMessage: a list of strangers. */
  notOnIMessage: { warning: 0.25, critical: 0.5, atLeast: 10 },
  /** So much was sent in two days, and nobody wrote. */
  silence: { forMs: 2 * DAY_MS, sent: 20 },
  /** So long an account may take to connect: a Mac without a network is no banned line. */
  connecting: { forMs: 10 * 60_000 },
} as const;

/** How far back outcomes are looked at, in milliseconds. */
export const LOOK_BACK_MS = DAY_MS;

/** What is known of a line. Times are milliseconds since the Unix epoch. */
export interface Signals {
  /** Of the last {@link LOOK_BACK_MS}, oldest first. */
  outcomes: readonly SendOutcome[];
  /** Messages has no iMessage account that is signed in; undefined where it cannot be told. */
  signedOut: boolean | undefined;
  /** Since when its account is seen to connect without having connected; null when it is not. */
  connectingSince: number | null;
  /** What macOS refuses the agent now. */
  refused: readonly string[];
  lastInboundAt: number | null;
  /** Messages whose sending began within the last two days. */
  sentLately: number;
}

export type Health = 'healthy' | 'at_risk' | 'critical';

export interface Assessment {
  health: Health;
  /** Why it is not healthy, worst first. */
  reasons: string[];
  /** Why the line may have been banned; null when nothing speaks for it. */
  suspicion: string | null;
}

interface Finding {
  health: Health;
  reason: string;
  suspicion?: true;
}

/** How a line fares, by what is known of it now. */
export function assess(signals: Signals, now: number): Assessment {
  const findings = [
    ...errorRun(signals),
    ...deliveredShare(signals, now),
    ...notOnIMessage(signals),
    ...account(signals, now),
    ...silence(signals, now),
  ].sort((a, b) => rank(b.health) - rank(a.health));
  return {
    health: findings[0]?.health ?? 'healthy',
    reasons: findings.map(({ reason }) => reason),
    suspicion: findings.find(({ suspicion }) => suspicion)?.reason ?? null,
  };
}

export const rank = (health: Health): number => ['healthy', 'at_risk', 'critical'].indexOf(health);

const failed = ({ error }: SendOutcome): boolean => error !== 0 && error !== NOT_ON_IMESSAGE;

function errorRun({ outcomes }: Signals): Finding[] {
  const told = outcomes.filter(({ error, delivered }) => delivered || error !== 0);
  const lastGood = told.findLastIndex((outcome) => !failed(outcome));
  const run = told.length - 1 - lastGood;
  const { warning, suspicion } = BOUNDS.errorRun;
  if (run < warning) return [];
  const reason = `${run} messages in a row were not delivered`;
  return [run >= suspicion ? { health: 'critical', reason, suspicion: true } : { health: 'at_risk', reason }];
}

function deliveredShare({ outcomes }: Signals, now: number): Finding[] {
  const { warning, suspicion, afterMs, atLeast } = BOUNDS.delivered;
  const due = outcomes.filter(({ at, error }) => now - at >= afterMs && error !== NOT_ON_IMESSAGE);
  if (due.length < atLeast) return [];
  const share = due.filter(({ delivered }) => delivered).length / due.length;
  if (share >= warning) return [];
  const reason = `only ${percent(share)} of ${due.length} messages of a day were delivered`;
  return [
    share < suspicion ? { health: 'critical', reason, suspicion: true } : { health: 'at_risk', reason },
  ];
}

function notOnIMessage({ outcomes }: Signals): Finding[] {
  const { warning, critical, atLeast } = BOUNDS.notOnIMessage;
  if (outcomes.length < atLeast) return [];
  const share = outcomes.filter(({ error }) => error === NOT_ON_IMESSAGE).length / outcomes.length;
  if (share < warning) return [];
  const reason = `${percent(share)} of ${outcomes.length} messages of a day went to handles that are not on iMessage`;
  return [{ health: share >= critical ? 'critical' : 'at_risk', reason }];
}

function account({ signedOut, connectingSince, refused }: Signals, now: number): Finding[] {
  const late = connectingSince !== null && now - connectingSince >= BOUNDS.connecting.forMs;
  return [
    ...(late ? [{ health: 'at_risk', reason: 'the iMessage account does not connect' } as const] : []),
    ...(signedOut
      ? [{ health: 'critical', reason: 'Messages is signed out of iMessage', suspicion: true } as const]
      : []),
    ...(refused.length > 0
      ? [{ health: 'critical', reason: `macOS refuses the agent: ${refused.join(', ')}` } as const]
      : []),
  ];
}

function silence({ lastInboundAt, sentLately }: Signals, now: number): Finding[] {
  const { forMs, sent } = BOUNDS.silence;
  const silent = lastInboundAt === null || now - lastInboundAt >= forMs;
  return silent && sentLately >= sent
    ? [{ health: 'at_risk', reason: `${sentLately} messages in two days, and nobody wrote` }]
    : [];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
