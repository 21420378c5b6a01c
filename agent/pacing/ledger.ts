import type { SendKind } from '../journal/types.ts';
import type { PacingConfig } from './config.ts';
import { type ConversationState, FORGET_MS, type LineState, PAIR_MS, RATIO_MS } from './decide.ts';
import { dayNumber, localDay } from './local-day.ts';

const HOUR_MS = 3_600_000;

interface Sent {
  at: number;
  conversation: string;
  kind: SendKind;
  first: boolean;
}

interface Contact {
  lastInAt: number | null;
  lastOutAt: number | null;
  sentAt: number[];
}

/** What a line did, in memory: for simulations. Times come in order; in milliseconds since the Unix epoch. */
export class Ledger {
  readonly sent: Sent[] = [];
  readonly received: number[] = [];
  readonly #contacts = new Map<string, Contact>();

  noteSent(sent: Sent): void {
    this.sent.push(sent);
    const contact = this.#contact(sent.conversation);
    contact.lastOutAt = sent.at;
    contact.sentAt.push(sent.at);
  }

  noteReceived(conversation: string, at: number): void {
    this.received.push(at);
    this.#contact(conversation).lastInAt = at;
  }

  line(now: number, config: PacingConfig, activatedOn: string): LineState {
    const day = localDay(now, config.timezone);
    const today = this.#proactiveSince(day.startsAt);
    const week = this.#proactiveSince(now - RATIO_MS + 1);
    return {
      day: dayNumber(day.date, activatedOn),
      resetsAt: day.endsAt,
      newToday: today.filter(({ kind }) => kind === 'new').length,
      proactiveToday: today.length,
      newLastHour: this.#proactiveSince(now - HOUR_MS + 1)
        .filter(({ kind }) => kind === 'new')
        .map(({ at }) => at),
      lastSentAt: this.sent.at(-1)?.at ?? null,
      week: {
        proactive: week.length,
        received: this.received.length - firstAtOrAfter(this.received, now - RATIO_MS + 1),
        times: () => ({
          proactive: week.map(({ at }) => at),
          received: this.received.slice(firstAtOrAfter(this.received, now - RATIO_MS + 1)),
        }),
      },
      pausedUntil: null,
      shareOfCaps: 1,
    };
  }

  conversation(name: string, now: number): ConversationState {
    const { lastInAt, lastOutAt, sentAt } = this.#contact(name);
    const since = (at: number): number[] => sentAt.slice(firstAtOrAfter(sentAt, at));
    return {
      lastInAt,
      lastOutAt,
      unanswered: since(Math.max(lastInAt ?? 0, now - FORGET_MS) + 1),
      lastMinute: since(now - PAIR_MS + 1),
    };
  }

  #proactiveSince(at: number): Sent[] {
    const times = this.sent;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return times.slice(low).filter(({ first, kind }) => first && kind !== 'reply');
  }

  #contact(name: string): Contact {
    let contact = this.#contacts.get(name);
    if (!contact) {
      contact = { lastInAt: null, lastOutAt: null, sentAt: [] };
      this.#contacts.set(name, contact);
    }
    return contact;
  }
}

function firstAtOrAfter(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
