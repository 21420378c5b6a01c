import path from 'node:path';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import { readNote } from '../journal/journal.ts';
import type { ContactRecord, Journal, JournaledCommand } from '../journal/types.ts';
import { type PacingConfig, readPacingConfig, stageOf } from './config.ts';
import {
  type ConversationState,
  capsOf,
  decide,
  FORGET_MS,
  type LineState,
  PAIR_MS,
  type PacingState,
  RATIO_MS,
} from './decide.ts';
import { itemsOf, parseLoad } from './load.ts';
import { dayNumber, localDay } from './local-day.ts';
import { plot } from './plot.ts';
import { type Simulation, simulate } from './simulate.ts';
import type { Decision, Held, LineUsage, Pacer } from './types.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Name of the note in the journal with the local day on which the line was activated. */
const ACTIVATED = 'pacing.activatedOn';

/** Conversation of a command as chat.db names it. */
interface ChatName {
  kind: 'direct' | 'group';
  identifier: string;
}

export interface PacingOptions {
  journal: Journal;
  config: PacingConfig;
  /** Nothing is held: for a virtual Mac only. Messages are counted all the same. */
  off: boolean;
  clock: Clock;
  /** When chat.db last saw a message from and to a conversation; may throw. */
  traffic(conversation: ChatName): Pick<ContactRecord, 'lastInAt' | 'lastOutAt'>;
  /** Until when only replies leave, at the earliest; null when the line is well. */
  pausedUntil(): number | null;
  /** Which share of the caps of a day holds: less than 1 while the line recovers. */
  shareOfCaps(): number;
}

/** The pace of one line, durable in the journal. */
export class Pacing implements Pacer {
  readonly #options: PacingOptions;

  /** Notes the day of activation when it is the first of this journal. */
  constructor(options: PacingOptions) {
    this.#options = options;
    this.roll(options.clock.now());
  }

  /** A local day began: a line is activated on its first, and on this one if its clock was ahead then. */
  roll(now: number): void {
    const { journal, config } = this.#options;
    const { date } = localDay(now, config.timezone);
    const activated = journal.note(ACTIVATED);
    if (activated === undefined || activated > date)
      journal.record({ at: now, notes: { [ACTIVATED]: date } });
  }

  /** Whose calendar days count. */
  get timezone(): string {
    return this.#options.config.timezone;
  }

  decide(command: JournaledCommand, now: number): Decision {
    const decision = this.#decide(command, now);
    return this.#options.off && !decision.go ? { go: true, kind: this.#kindWhenOff(command, now) } : decision;
  }

  learnt(command: JournaledCommand): readonly ContactRecord[] {
    const { conversation } = command;
    if (this.#options.journal.records.contact(conversation)) return [];
    return [{ conversation, ...this.#past(command) }];
  }

  reached(
    { rule, cap, used, resetsAt }: Held,
    now: number,
  ): { events?: AgentEvent[]; notes?: Record<string, string> } {
    const { journal, config } = this.#options;
    if (cap === undefined || used === undefined || resetsAt === undefined) return {};
    if (rule === 'unanswered' || rule === 'pair_rate') return {};
    const { date } = localDay(now, config.timezone);
    const name = `pacing.reached.${rule}`;
    if (journal.note(name) === date) return {};
    const at = isoTime(now);
    return {
      events: [{ type: 'line.limit_reached', at, rule, cap, used, resetsAt: isoTime(resetsAt) }],
      notes: { [name]: date },
    };
  }

  usage(now: number): LineUsage {
    const { journal, config, off, shareOfCaps } = this.#options;
    const day = localDay(now, config.timezone);
    const number = this.#day(day.date);
    const stage = stageOf(config, number);
    const caps = capsOf(stage, shareOfCaps());
    const { records } = journal;
    return {
      off,
      timezone: config.timezone,
      date: day.date,
      resetsAt: day.endsAt,
      warmup: {
        day: number,
        stage: config.curve.indexOf(stage) + 1,
        completed: number >= (config.curve.at(-1)?.fromDay ?? 1),
        newConversationCap: caps.newConversations,
        dailyCap: caps.proactive,
      },
      ...records.countsSince(day.startsAt),
      received: records.receivedSince(day.startsAt),
      newLastHour: records.newSince(now - HOUR_MS + 1).length,
      newPerHour: config.newPerHour,
    };
  }

  #decide(command: JournaledCommand, now: number): Decision {
    const order = command.command;
    const urgent = order?.type === 'message.send' && order.priority === 'otp';
    return decide(this.#state(command, now), { first: command.part === 0, urgent }, now);
  }

  #kindWhenOff(command: JournaledCommand, now: number): 'new' | 'follow_up' | 'reply' {
    const state = this.#state(command, now);
    const free = decide(
      { ...state, line: { ...state.line, ...unused } },
      { first: false, urgent: true },
      now,
    );
    return free.go ? free.kind : 'follow_up';
  }

  #state(command: JournaledCommand, now: number): PacingState {
    return {
      config: this.#options.config,
      line: this.#line(now),
      conversation: this.#conversation(command, now),
    };
  }

  #line(now: number): LineState {
    const { journal, config, pausedUntil, shareOfCaps } = this.#options;
    const { records } = journal;
    const day = localDay(now, config.timezone);
    const { newConversations, proactive } = records.countsSince(day.startsAt);
    const week = now - RATIO_MS + 1;
    return {
      day: this.#day(day.date),
      resetsAt: day.endsAt,
      newToday: newConversations,
      proactiveToday: proactive,
      newLastHour: records.newSince(now - HOUR_MS + 1),
      lastSentAt: records.lastSentAt(),
      week: {
        proactive: records.proactiveSince(week),
        received: records.receivedSince(week),
        times: () => ({ proactive: records.proactiveTimes(week), received: records.receivedTimes(week) }),
      },
      pausedUntil: pausedUntil(),
      shareOfCaps: shareOfCaps(),
    };
  }

  #conversation(command: JournaledCommand, now: number): ConversationState {
    const { records } = this.#options.journal;
    const { conversation } = command;
    const past = records.contact(conversation) ?? this.#past(command);
    const since = Math.max(past.lastInAt ?? 0, now - FORGET_MS) + 1;
    return {
      lastInAt: past.lastInAt,
      lastOutAt: past.lastOutAt,
      unanswered: records.sentTo(conversation, since, 'first'),
      lastMinute: records.sentTo(conversation, now - PAIR_MS + 1),
    };
  }

  /** What chat.db knows of a conversation that the journal does not know. */
  #past({ command }: JournaledCommand): Pick<ContactRecord, 'lastInAt' | 'lastOutAt'> {
    if (command?.type !== 'message.send') return { lastInAt: null, lastOutAt: null };
    const direct = { kind: 'direct', identifier: command.to ?? '' } as const;
    const { clock, traffic } = this.#options;
    const now = clock.now();
    const { lastInAt, lastOutAt } = traffic(command.conversation ?? direct);
    // A date ahead counts as now.
    const past = (at: number | null): number | null => (at === null ? null : Math.min(at, now));
    return { lastInAt: past(lastInAt), lastOutAt: past(lastOutAt) };
  }

  #day(date: string): number {
    const { journal, config } = this.#options;
    return dayNumber(date, config.activatedOn ?? journal.note(ACTIVATED) ?? date);
  }
}

/** Nothing of the line is in the way. */
const unused = { lastSentAt: null } as const;

/** Reads the pacing of a home and paces its line. Throws AppError `invalid_pacing` or one of the journal's. */
export const openPacing = (home: string, options: Omit<PacingOptions, 'config'>): Pacing =>
  new Pacing({ ...options, config: readPacingConfig(home) });

export interface SimulationRequest {
  /** CSV or JSON. */
  load: string;
  days: number;
  /** Local date of the first day; today when absent. */
  from: string | undefined;
  /** Which day of the line that is; when absent the one that it is for the line of the home, or its first. */
  fromDay: number | undefined;
  now: number;
}

/**
 * What the pacing of a home would make of a load, as if its line had not sent anything before.
 * Throws AppError `invalid_pacing`, `invalid_load` or `invalid_option`, or one of the journal's.
 */
export function pacingSimulation(
  home: string,
  { load, days, from, fromDay, now }: SimulationRequest,
): { simulation: Simulation; lines: string[] } {
  const config = readPacingConfig(home);
  const first = from ?? localDay(now, config.timezone).date;
  if (!isDate(first))
    throw new AppError('A date is written as 2026-03-01', { code: 'invalid_option', retry: 'never' });
  const activatedOn =
    fromDay === undefined
      ? (config.activatedOn ?? readNote(path.join(home, 'journal.db'), ACTIVATED) ?? first)
      : dateBefore(first, fromDay - 1);
  const items = itemsOf(parseLoad(load), first, days, config.timezone);
  const simulation = simulate({ config, from: first, activatedOn, days, items });
  return { simulation, lines: plot(simulation) };
}

const dateBefore = (date: string, days: number): string =>
  new Date(Date.parse(date) - days * DAY_MS).toISOString().slice(0, 10);

const isDate = (date: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date));
