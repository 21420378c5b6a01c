import { REPLY_WINDOW_MS } from '../../bridge/protocol/limits.ts';
import type { ContactRecord, SendKind } from '../journal/types.ts';
import { type PacingConfig, stageOf } from './config.ts';
import { quietUntil } from './local-day.ts';
import type { Decision, Held, Rule } from './types.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A conversation without traffic for 30 days is new again. */
export const FORGET_MS = 30 * DAY_MS;
/** Window of the pair limit. */
export const PAIR_MS = 60_000;
export const RATIO_MS = 7 * DAY_MS;
/** How soon a line is asked again whose pause is over, but which was not looked at yet. */
const PAUSE_OVERDUE_MS = 15_000;

/** What a line did, as far as its caps go by it. Times are milliseconds since the Unix epoch, lists oldest first. */
export interface LineState {
  /** Local calendar days of the line since its activation, from 1. */
  day: number;
  /** When the local day ends. */
  resetsAt: number;
  newToday: number;
  proactiveToday: number;
  /** When conversations were begun within the last hour. */
  newLastHour: readonly number[];
  lastSentAt: number | null;
  /** Of the last 7 days: how many messages, and when. */
  week: { proactive: number; received: number; times(): WeekTimes };
  /** Only replies leave until then, at the earliest; null when the line is well. */
  pausedUntil: number | null;
  /** Which share of the caps of a day holds. */
  shareOfCaps: number;
}

/** When messages that were no replies left, and when others came, oldest first. */
export interface WeekTimes {
  proactive: readonly number[];
  received: readonly number[];
}

/** What the line and one conversation did with each other. */
export interface ConversationState extends Pick<ContactRecord, 'lastInAt' | 'lastOutAt'> {
  /** When messages went to it since its last one, within 30 days. */
  unanswered: readonly number[];
  /** When messages went to it within the last minute. */
  lastMinute: readonly number[];
}

export interface PacingState {
  config: PacingConfig;
  line: LineState;
  conversation: ConversationState;
}

/** What is decided about. */
export interface Message {
  /** The first message of its command: the ones that follow it count with it. */
  first: boolean;
  /** A one-time code, which somebody waits for. */
  urgent: boolean;
}

/** A share of the caps of a day, one message at least where there is any. */
export function capsOf(
  { newConversations, proactive }: { newConversations: number; proactive: number },
  share: number,
): { newConversations: number; proactive: number } {
  const part = (cap: number): number => Math.min(cap, Math.max(1, Math.floor(cap * share)));
  return { newConversations: part(newConversations), proactive: part(proactive) };
}

/** How a message to a conversation counts. */
export function kindOf(
  { lastInAt, lastOutAt }: Pick<ContactRecord, 'lastInAt' | 'lastOutAt'>,
  now: number,
): SendKind {
  if (lastInAt !== null && now - lastInAt < REPLY_WINDOW_MS) return 'reply';
  const last = Math.max(lastInAt ?? 0, lastOutAt ?? 0);
  return last > 0 && now - last < FORGET_MS ? 'follow_up' : 'new';
}

/**
 * Whether a message may leave now. Of several rules that hold it the one that holds longest is told. A rule never holds
 * longer than it needs to: at `until` the message goes, unless others were sent meanwhile or the caps of that day are
 * lower.
 */
export function decide(state: PacingState, message: Message, now: number): Decision {
  const kind = kindOf(state.conversation, now);
  const held = [
    ...(message.first && kind !== 'reply' ? proactiveRules(state, kind, message, now) : []),
    pairRate(state),
    lineRate(state, now),
  ].filter((rule) => rule !== undefined);
  const longest = held.filter(({ until }) => until > now).sort((a, b) => b.until - a.until)[0];
  if (!longest) return { go: true, kind };
  const quiet = kind === 'reply' || !message.first ? undefined : quietHours(state, message, longest.until);
  return quiet ? { ...longest, until: quiet } : longest;
}

/** When the quiet hours of a time end for a message. */
const quietHours = ({ config }: PacingState, { urgent }: Message, at: number): number | undefined =>
  config.quietHours && !urgent ? quietUntil(at, config.quietHours, config.timezone) : undefined;

/** Rules for messages that answer nothing of the last 24 hours. */
function proactiveRules(
  state: PacingState,
  kind: SendKind,
  message: Message,
  now: number,
): Array<Held | undefined> {
  const { config, line, conversation } = state;
  const { newConversations, proactive } = capsOf(stageOf(config, line.day), line.shareOfCaps);
  const quiet = quietHours(state, message, now);
  const isNew = kind === 'new';
  return [
    paused(line, now),
    quiet === undefined ? undefined : hold('quiet_hours', quiet),
    windowed('unanswered', conversation.unanswered, config.unanswered, FORGET_MS),
    isNew ? windowed('new_conversations_hour', line.newLastHour, config.newPerHour, HOUR_MS) : undefined,
    isNew ? capped('new_conversations_day', line.newToday, newConversations, line.resetsAt) : undefined,
    capped('daily_sends', line.proactiveToday, proactive, line.resetsAt),
    ratio(config, line, now),
  ];
}

function paused({ pausedUntil }: LineState, now: number): Held | undefined {
  if (pausedUntil === null) return undefined;
  return hold('line_paused', pausedUntil > now ? pausedUntil : now + PAUSE_OVERDUE_MS);
}

const hold = (rule: Rule, until: number): Held => ({ go: false, rule, until });

const capped = (rule: Rule, used: number, cap: number, until: number): Held | undefined =>
  used < cap ? undefined : { ...hold(rule, until), cap, used, resetsAt: until };

/** At most `cap` within any stretch of `windowMs`: the oldest of the last `cap` has to leave it first. */
function windowed(rule: Rule, times: readonly number[], cap: number, windowMs: number): Held | undefined {
  const oldest = times.at(-cap);
  return times.length < cap || oldest === undefined
    ? undefined
    : { ...hold(rule, oldest + windowMs), cap, used: times.length, resetsAt: oldest + windowMs };
}

function ratio(
  { ratio: { outPerIn, free } }: PacingConfig,
  { week }: LineState,
  now: number,
): Held | undefined {
  const allowed = (received: number): number => Math.floor(free + outPerIn * received);
  const cap = allowed(week.received);
  if (week.proactive < cap) return undefined;
  const { proactive, received } = week.times();
  // What came leaves the week as what was sent does: the first time at which there is room.
  let gone = 0;
  const room = proactive.findIndex((sentAt, index) => {
    while ((received[gone] ?? Number.POSITIVE_INFINITY) <= sentAt) gone += 1;
    return proactive.length - index - 1 < allowed(received.length - gone);
  });
  const until = (proactive[room] ?? now) + RATIO_MS;
  return capped('out_in_ratio', week.proactive, cap, until);
}

const pairRate = ({ config, conversation }: PacingState): Held | undefined =>
  windowed('pair_rate', conversation.lastMinute, config.pairPerMinute, PAIR_MS);

/** One message after the other, with the unevenness of a person. */
function lineRate({ config, line: { lastSentAt } }: PacingState, now: number): Held | undefined {
  if (lastSentAt === null) return undefined;
  const until = lastSentAt + gapAfter(config, lastSentAt);
  return until > now ? { ...hold('line_rate', until), everyMs: config.gapMs } : undefined;
}

/** The pause after a message at `at`: the same each time that it is asked, and for whoever is next. */
function gapAfter({ gapMs, jitterMs }: PacingConfig, at: number): number {
  const drawn = fraction(at);
  // Squared: mostly short pauses, now and then a long one.
  return gapMs + Math.floor(jitterMs * drawn * drawn);
}

/** A number in [0, 1) that a time always gives (the finaliser of MurmurHash3). */
function fraction(at: number): number {
  let hash = (at % 2 ** 32) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
