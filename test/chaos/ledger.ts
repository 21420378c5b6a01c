import type { ReceivedEvent, ReceivedRequest } from '../support/webhook-receiver.ts';
import type { PlannedSend } from './plan.ts';

/** A request as the API client knows it. */
export interface Asked {
  send: PlannedSend;
  /** Ids of messages that answers named: one, if all is well. */
  ids: Set<string>;
  attempts: number;
  /** When it was first made and first answered, in milliseconds since the Unix epoch. */
  askedAt: number;
  acceptedAt: number | undefined;
}

/** What is known outside of all programs: what was asked, what was answered, what the webhook was told. */
export class Ledger {
  /** Every request by its key. */
  readonly asked = new Map<string, Asked>();
  /** Texts of persons that the virtual Mac said it has. */
  readonly written: string[] = [];
  /** What must never happen, as it was seen. */
  readonly broken: string[] = [];
  /** How often a disk was full, and a clock was set. */
  diskFills = 0;
  clockJumps = 0;
  /** What was done, in order, for people. */
  readonly diary: string[] = [];
  readonly #begun = Date.now();
  readonly #events = new Map<string, { event: ReceivedEvent; body: string; times: number; taken: boolean }>();

  note(what: string): void {
    this.diary.push(`${String(Date.now() - this.#begun).padStart(6)} ms  ${what}`);
  }

  ask(send: PlannedSend): void {
    this.asked.set(send.key, {
      send,
      ids: new Set(),
      attempts: 0,
      askedAt: Date.now(),
      acceptedAt: undefined,
    });
  }

  attempted(key: string): void {
    const request = this.asked.get(key);
    if (request) request.attempts += 1;
  }

  accepted(key: string, id: string): void {
    const request = this.asked.get(key);
    if (!request) return;
    request.ids.add(id);
    request.acceptedAt ??= Date.now();
  }

  /** A webhook request came; `taken` when it was answered 200, without which its event has to come again. */
  told({ event, raw, signed }: ReceivedRequest, taken: boolean): void {
    if (!event) {
      this.broken.push('a webhook request was not JSON');
      return;
    }
    if (signed === false) this.broken.push(`event ${event.id} came with a wrong signature`);
    const body = raw.toString('utf8');
    const known = this.#events.get(event.id);
    if (known && known.body !== body) this.broken.push(`event ${event.id} came with two bodies`);
    if (known) {
      known.times += 1;
      known.taken ||= taken;
    } else this.#events.set(event.id, { event, body, times: 1, taken });
  }

  /** Every event that the webhook took, once, by its id. */
  get events(): ReceivedEvent[] {
    return [...this.#events.values()].flatMap(({ event, taken }) => (taken ? [event] : []));
  }

  /** Events that came and were answered wrongly, or not at all, and have not come again. */
  get refused(): ReceivedEvent[] {
    return [...this.#events.values()].flatMap(({ event, taken }) => (taken ? [] : [event]));
  }

  /** Webhook requests that repeated an event. */
  get repeats(): number {
    return [...this.#events.values()].reduce((sum, { times }) => sum + times - 1, 0);
  }
}
