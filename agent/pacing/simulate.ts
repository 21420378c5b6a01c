import { priorities } from '../../bridge/protocol/commands.ts';
import type { SendKind } from '../journal/types.ts';
import { type PacingConfig, stageOf } from './config.ts';
import { decide, kindOf, type LineState } from './decide.ts';
import { Ledger } from './ledger.ts';
import type { LoadItem } from './load.ts';
import { dayNumber, localDay, momentOf } from './local-day.ts';
import type { Decision, Rule } from './types.ts';
import { WaitingRoom } from './waiting-room.ts';

const DAY_MS = 24 * 3_600_000;
/** One message in so many is the one that waits longest, as in the outbox. */
const FAIRNESS = 8;

/** Rules that hold one conversation, and not all messages of a kind. */
const OF_CONVERSATION: ReadonlySet<Rule> = new Set(['unanswered', 'pair_rate']);

interface Waiting {
  id: string;
  seq: number;
  conversation: string;
  /** That of the most urgent behind it in its conversation, too. */
  priority: number;
  urgent: boolean;
  arrivedAt: number;
}

/** Messages of one conversation in their order; those before `next` have left. */
interface Queue {
  messages: Waiting[];
  next: number;
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
  /** Local date of the first day that is simulated. */
  from: string;
  /** Local date of day 1 of the line; `from` when absent. */
  activatedOn?: string;
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
  readonly #queues = new Map<string, Queue>();
  /** The first of each conversation. */
  readonly #firsts = new WaitingRoom<Waiting>({
    now: () => this.#now,
    groupOf: ({ conversation, urgent }) =>
      `${kindOf(this.#ledger.contact(conversation), this.#now)} ${urgent}`,
  });
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
      const wake = Math.min(this.#nextLook(), items[next]?.at ?? end, end);
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
      const first = this.#firstOf(conversation);
      if (first) this.#enter(first);
      this.#firsts.release('out_in_ratio');
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
    };
    const queue = this.#queues.get(conversation) ?? { messages: [], next: 0 };
    this.#queues.set(conversation, queue);
    const { messages } = queue;
    // Nobody is more urgent than those before it, so the first that is as urgent ends the way to the front.
    for (let n = messages.length - 1; n >= queue.next; n -= 1) {
      const before = messages[n] as Waiting;
      if (before.priority <= rank) break;
      this.#firsts.promote(before, rank);
    }
    messages.push(waiting);
    if (messages.length - queue.next === 1) this.#enter(waiting);
    this.#waiting += 1;
    this.#today().asked += 1;
  }

  #firstOf(conversation: string): Waiting | undefined {
    const queue = this.#queues.get(conversation);
    return queue?.messages[queue.next];
  }

  /** Lets the first of a conversation wait with those of its kind. */
  #enter(first: Waiting): void {
    const rule = this.#firsts.add(first);
    if (rule) this.#count(rule, 1);
  }

  #count(rule: Rule, messages: number): void {
    const { held } = this.#today();
    held[rule] = (held[rule] ?? 0) + messages;
  }

  /** When the next message may be looked at again. */
  #nextLook(): number {
    const next = this.#firsts.nextAt();
    return next > this.#now ? next : Math.max(this.#lineFreeAt, this.#now + 1);
  }

  /** Sends the first message that may leave now; false when none may. */
  #sendOne(): boolean {
    if (this.#lineFreeAt > this.#now) return false;
    const oldest = this.#sent.length % FAIRNESS === FAIRNESS - 1;
    const line = this.#lineAt(this.#now);
    for (;;) {
      const message = this.#firsts.first(oldest);
      if (!message) return false;
      const decision = this.#decide(message, this.#now, line);
      if (decision.go) {
        this.#leave(message, decision.kind);
        return true;
      }
      const { rule, until } = decision;
      if (rule === 'line_rate') {
        // It holds every other message as long.
        this.#lineFreeAt = until;
        return false;
      }
      if (OF_CONVERSATION.has(rule)) {
        this.#firsts.hold(message, until);
        this.#count(rule, 1);
      } else this.#count(rule, this.#firsts.holdGroup(message, rule, until));
    }
  }

  #lineAt(at: number): LineState {
    const { config, from, activatedOn = from } = this.#options;
    return this.#ledger.line(at, config, activatedOn);
  }

  #decide({ conversation: name, urgent }: Waiting, at: number, line: LineState): Decision {
    const conversation = this.#ledger.conversation(name, at);
    return decide({ config: this.#options.config, line, conversation }, { first: true, urgent }, at);
  }

  #leave(message: Waiting, kind: SendKind): void {
    const { id, conversation, urgent, arrivedAt } = message;
    const departure: Departure = { id, conversation, kind, urgent, at: this.#now, arrivedAt };
    this.#options.onSend?.(departure, (at) => this.#decide(message, at, this.#lineAt(at)));
    this.#sent.push(departure);
    this.#ledger.noteSent({ at: this.#now, conversation, kind, first: true });
    const today = this.#today();
    if (kind === 'new') today.newConversations += 1;
    if (kind === 'reply') today.replies += 1;
    else today.proactive += 1;
    this.#waiting -= 1;
    this.#firsts.delete(message);
    const queue = this.#queues.get(conversation);
    if (queue) queue.next += 1;
    const first = this.#firstOf(conversation);
    if (first) this.#enter(first);
    else this.#queues.delete(conversation);
  }

  #today(): SimulatedDay {
    this.#closeDays(this.#now);
    const { config, from, activatedOn = from } = this.#options;
    const { date } = localDay(this.#now, config.timezone);
    const last = this.#days.at(-1);
    if (last?.date === date) return last;
    const day = dayNumber(date, activatedOn);
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
