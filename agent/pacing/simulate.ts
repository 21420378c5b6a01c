import { priorities } from '../../bridge/protocol/commands.ts';
import type { SendKind } from '../journal/types.ts';
import { type PacingConfig, stageOf } from './config.ts';
import { decide, type LineState } from './decide.ts';
import { Ledger } from './ledger.ts';
import { LineUp } from './line-up.ts';
import type { LoadItem } from './load.ts';
import { dayNumber, localDay, momentOf } from './local-day.ts';
import type { Decision, Rule } from './types.ts';

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
  rule: Rule | undefined;
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
  /** Messages that were asked for on that day. */
  asked: number;
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
  /** First of their conversations, by when they may be looked at again; those that may now have their own set. */
  readonly #ready = new LineUp<Waiting>();
  readonly #held = new Set<Waiting>();
  #nextHeld = Number.POSITIVE_INFINITY;
  #lineFreeAt = 0;
  #waiting = 0;
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

  #happen({ event, conversation, priority, at }: LoadItem): void {
    if (event === 'receive') {
      this.#ledger.noteReceived(conversation, at);
      this.#today().received += 1;
      // It may free what was held: the conversation, or all that waited for the line to be written to.
      const [head] = this.#queues.get(conversation) ?? [];
      if (head) this.#free(head);
      for (const held of this.#held) if (held.rule === 'out_in_ratio') this.#free(held);
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
      rule: undefined,
    };
    const queue = this.#queues.get(conversation) ?? [];
    for (const before of queue) this.#ready.promote(before, rank);
    queue.push(waiting);
    this.#queues.set(conversation, queue);
    if (queue[0] === waiting) this.#ready.add(waiting);
    this.#waiting += 1;
    this.#today().asked += 1;
  }

  #free(head: Waiting): void {
    if (this.#held.delete(head)) this.#ready.add(head);
  }

  /** Whatever was held until now may be looked at. */
  #release(): void {
    if (this.#nextHeld > this.#now) return;
    this.#nextHeld = Number.POSITIVE_INFINITY;
    for (const head of this.#held)
      if (head.heldUntil <= this.#now) this.#free(head);
      else this.#nextHeld = Math.min(this.#nextHeld, head.heldUntil);
  }

  /** When the next message may be looked at again. */
  #nextHead(): number {
    return this.#ready.empty ? this.#nextHeld : Math.max(this.#lineFreeAt, this.#now + 1);
  }

  /** Sends the first message that may leave now; false when none may. */
  #sendOne(): boolean {
    if (this.#lineFreeAt > this.#now) return false;
    this.#release();
    const oldest = this.#sent.length % FAIRNESS === FAIRNESS - 1;
    const { config, from } = this.#options;
    const line = this.#ledger.line(this.#now, config, from);
    for (const message of this.#ready.inOrder(oldest)) {
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
      message.rule = decision.rule;
      this.#ready.delete(message);
      this.#held.add(message);
      this.#nextHeld = Math.min(this.#nextHeld, decision.until);
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
    this.#waiting -= 1;
    this.#ready.delete(message);
    const [head] = queue;
    if (head) this.#ready.add(head);
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
      asked: 0,
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
