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
  #lastSentAt: number | null = null;
  /** When messages left that answered nothing of the last 24 hours, and those of them that began a conversation. */
  readonly #proactive: number[] = [];
  readonly #new: number[] = [];
  readonly #received: number[] = [];
  readonly #contacts = new Map<string, Contact>();

  noteSent(sent: Sent): void {
    const { at, conversation, kind, first } = sent;
    this.#lastSentAt = at;
    if (first && kind !== 'reply') this.#proactive.push(at);
    if (first && kind === 'new') this.#new.push(at);
    const contact = this.#contact(conversation);
    contact.lastOutAt = at;
    contact.sentAt.push(at);
  }

  noteReceived(conversation: string, at: number): void {
    this.#received.push(at);
    this.#contact(conversation).lastInAt = at;
  }

  line(now: number, config: PacingConfig, activatedOn: string): LineState {
    const day = localDay(now, config.timezone);
    const week = now - RATIO_MS + 1;
    return {
      day: dayNumber(day.date, activatedOn),
      resetsAt: day.endsAt,
      newToday: countSince(this.#new, day.startsAt),
      proactiveToday: countSince(this.#proactive, day.startsAt),
      newLastHour: since(this.#new, now - HOUR_MS + 1),
      lastSentAt: this.#lastSentAt,
      week: {
        proactive: countSince(this.#proactive, week),
        received: countSince(this.#received, week),
        times: () => ({ proactive: since(this.#proactive, week), received: since(this.#received, week) }),
      },
      pausedUntil: null,
      shareOfCaps: 1,
    };
  }

  /** When a conversation last had a message each way. */
  contact(name: string): Pick<Contact, 'lastInAt' | 'lastOutAt'> {
    return this.#contact(name);
  }

  conversation(name: string, now: number): ConversationState {
    const { lastInAt, lastOutAt, sentAt } = this.#contact(name);
    return {
      lastInAt,
      lastOutAt,
      unanswered: since(sentAt, Math.max(lastInAt ?? 0, now - FORGET_MS) + 1),
      lastMinute: since(sentAt, now - PAIR_MS + 1),
    };
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

const countSince = (times: readonly number[], at: number): number => times.length - firstAtOrAfter(times, at);

const since = (times: readonly number[], at: number): number[] => times.slice(firstAtOrAfter(times, at));

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
