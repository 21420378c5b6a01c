import { priorities } from '../../bridge/protocol/commands.ts';
import type { SendKind } from '../journal/types.ts';
import { type PacingConfig, stageOf } from './config.ts';
import { decide, type LineState } from './decide.ts';
import { Ledger } from './ledger.ts';
import type { LoadItem } from './load.ts';
import { dayNumber, localDay, momentOf } from './local-day.ts';
import { type Decision, type Rule, rules } from './types.ts';

const DAY_MS = 24 * 3_600_000;
/** One message in so many is the one that waits longest, as in the outbox. */
const FAIRNESS = 8;

interface Waiting {
  id: string;
  seq: number;
  conversation: string;
  priority: number;
  urgent: boolean;
  arrivedAt: number;
  heldUntil: number;
}

/** A message that left. */
export interface Departure {
  id: string;
  conversation: string;
  kind: SendKind;
  urgent: boolean;
  at: number;
  arrivedAt: number;
}

export interface SimulatedDay {
  date: string;
  day: number;
  newConversationCap: number;
  dailyCap: number;
  newConversations: number;
  proactive: number;
  replies: number;
  received: number;
  /** Messages that wait when the day ends. */
  waiting: number;
  /** Times that each rule held a message. */
  held: Partial<Record<Rule, number>>;
}

export interface SimulationOptions {
  config: PacingConfig;
  /** Local date of day 1. */
  from: string;
  days: number;
  items: readonly LoadItem[];
  /** Sees every message that leaves; `ask` says what the rules would have said at an earlier time. */
  onSend?: (departure: Departure, ask: (at: number) => Decision) => void;
}

export interface Simulation {
  days: SimulatedDay[];
  sent: Departure[];
  waiting: number;
}

/** What a line makes of a load: the same rules as in the outbox, on a clock that leaps from one event to the next. */
export function simulate(options: SimulationOptions): Simulation {
  return new Run(options).run();
}

class Run {
  readonly #options: SimulationOptions;
  readonly #ledger = new Ledger();
  readonly #days: SimulatedDay[] = [];
  readonly #sent: Departure[] = [];
  readonly #queues = new Map<string, Waiting[]>();
  readonly #heads = new Set<Waiting>();
  #lineFreeAt = 0;
  #seq = 0;
  #now = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  run(): Simulation {
    const { config, from, days, items } = this.#options;
    const start = momentOf(Date.parse(from), config.timezone);
    const end = momentOf(Date.parse(from) + days * DAY_MS, config.timezone);
    let next = 0;
    for (this.#now = start; this.#now < end; ) {
      for (; (items[next]?.at ?? end) <= this.#now; next += 1) this.#happen(items[next] as LoadItem);
      const left = this.#sendOne();
      if (left) continue;
      const wake = Math.min(this.#nextHead(), items[next]?.at ?? end, end);
      this.#closeDays(wake);
      this.#now = wake;
    }
    this.#closeDays(end);
    return { days: this.#days.slice(0, days), sent: this.#sent, waiting: this.#waiting };
  }

  get #waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  #happen({ event, conversation, priority, at }: LoadItem): void {
    if (event === 'receive') {
      this.#ledger.noteReceived(conversation, at);
      this.#today().received += 1;
      // It may free what was held: the conversation, or all that waited for the line to be written to.
      for (const head of this.#heads) head.heldUntil = 0;
      return;
    }
    this.#seq += 1;
    const rank = priorities.indexOf(priority);
    const waiting = {
      id: `sim_${this.#seq}`,
      seq: this.#seq,
      conversation,
      priority: rank,
      urgent: priority === 'otp',
      arrivedAt: at,
      heldUntil: 0,
    };
    const queue = this.#queues.get(conversation) ?? [];
    for (const before of queue) before.priority = Math.min(before.priority, rank);
    queue.push(waiting);
    this.#queues.set(conversation, queue);
    if (queue[0] === waiting) this.#heads.add(waiting);
  }

  /** When the next message may be looked at again. */
  #nextHead(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { heldUntil } of this.#heads) next = Math.min(next, Math.max(heldUntil, this.#lineFreeAt));
    return next;
  }

  /** Sends the first message that may leave now; false when none may. */
  #sendOne(): boolean {
    if (this.#lineFreeAt > this.#now) return false;
    const oldest = this.#sent.length % FAIRNESS === FAIRNESS - 1;
    const due = [...this.#heads]
      .filter(({ heldUntil }) => heldUntil <= this.#now)
      .sort((a, b) => (oldest ? 0 : a.priority - b.priority) || a.seq - b.seq);
    const { config, from } = this.#options;
    const line = this.#ledger.line(this.#now, config, from);
    for (const message of due) {
      const decision = this.#decide(message, this.#now, line);
      if (decision.go) {
        this.#leave(message, decision.kind);
        return true;
      }
      if (decision.rule === 'line_rate') {
        // It holds every other message as long.
        this.#lineFreeAt = decision.until;
        return false;
      }
      message.heldUntil = decision.until;
      const { held } = this.#today();
      held[decision.rule] = (held[decision.rule] ?? 0) + 1;
    }
    return false;
  }

  #decide({ conversation: name, urgent }: Waiting, at: number, line: LineState): Decision {
    const conversation = this.#ledger.conversation(name, at);
    return decide({ config: this.#options.config, line, conversation }, { first: true, urgent }, at);
  }

  #leave(message: Waiting, kind: SendKind): void {
    const { id, conversation, urgent, arrivedAt } = message;
    const departure: Departure = { id, conversation, kind, urgent, at: this.#now, arrivedAt };
    const { config, from, onSend } = this.#options;
    onSend?.(departure, (at) => this.#decide(message, at, this.#ledger.line(at, config, from)));
    this.#sent.push(departure);
    this.#ledger.noteSent({ at: this.#now, conversation, kind, first: true });
    const today = this.#today();
    if (kind === 'new') today.newConversations += 1;
    if (kind === 'reply') today.replies += 1;
    else today.proactive += 1;
    const queue = this.#queues.get(conversation) ?? [];
    queue.shift();
    this.#heads.delete(message);
    const [head] = queue;
    if (head) this.#heads.add(head);
    else this.#queues.delete(conversation);
  }

  #today(): SimulatedDay {
    this.#closeDays(this.#now);
    const { config, from } = this.#options;
    const { date } = localDay(this.#now, config.timezone);
    const last = this.#days.at(-1);
    if (last?.date === date) return last;
    const day = dayNumber(date, from);
    const { newConversations, proactive } = stageOf(config, day);
    const today: SimulatedDay = {
      date,
      day,
      newConversationCap: newConversations,
      dailyCap: proactive,
      newConversations: 0,
      proactive: 0,
      replies: 0,
      received: 0,
      waiting: this.#waiting,
      held: {},
    };
    this.#days.push(today);
    return today;
  }

  /** Ends the days that lie before a time, those without any message too. */
  #closeDays(until: number): void {
    const last = this.#days.at(-1);
    if (last) last.waiting = this.#waiting;
    if (until <= this.#now) return;
    const { timezone } = this.#options.config;
    for (let at = this.#now; at < until; at = localDay(at, timezone).endsAt) {
      this.#now = at;
      this.#today();
    }
  }
}

/** A text plot: for each day the messages that left against the cap, and new conversations against theirs. */
export function plot(simulation: Simulation, width = 40): string[] {
  const most = Math.max(
    1,
    ...simulation.days.map(({ dailyCap, proactive }) => Math.max(dailyCap, proactive)),
  );
  const bar = (value: number, cap: number): string => {
    const scale = (amount: number): number => Math.round((amount / most) * width);
    const filled = '#'.repeat(scale(value));
    return scale(cap) > filled.length ? `${filled.padEnd(scale(cap), '.')}|` : `${filled}|`;
  };
  const number = (value: number, wide: number): string => String(value).padStart(wide);
  return [
    'day  date        proactive/cap  new/cap  replies  waiting',
    ...simulation.days.map((day) =>
      [
        number(day.day, 3),
        day.date,
        `${number(day.proactive, 6)}/${String(day.dailyCap).padEnd(6)}`,
        `${number(day.newConversations, 3)}/${String(day.newConversationCap).padEnd(4)}`,
        number(day.replies, 6),
        number(day.waiting, 7),
        bar(day.proactive, day.dailyCap),
      ].join('  '),
    ),
    ...heldLines(simulation),
  ];
}

function heldLines({ days }: Simulation): string[] {
  const totals = rules.flatMap((rule) => {
    const times = days.reduce((sum, { held }) => sum + (held[rule] ?? 0), 0);
    return times > 0 && rule !== 'line_rate' ? [`held by ${rule}: ${times} times`] : [];
  });
  return totals.length > 0 ? ['', ...totals] : [];
}
