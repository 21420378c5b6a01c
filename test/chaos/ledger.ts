import type { ReceivedEvent, ReceivedRequest } from '../support/webhook-receiver.ts';
import type { PlannedSend } from './plan.ts';

/** What is known outside of all programs: what was asked, what was answered, what the webhook was told. */
export class Ledger {
  /** Every request, and the ids of messages that answers to it named. */
  readonly asked = new Map<string, { send: PlannedSend; ids: Set<string>; attempts: number }>();
  /** Texts of persons that the virtual Mac said it has. */
  readonly written: string[] = [];
  /** What must never happen, as it was seen. */
  readonly broken: string[] = [];
  /** What was done, in order, for people. */
  readonly diary: string[] = [];
  readonly #begun = Date.now();
  readonly #events = new Map<string, { event: ReceivedEvent; body: string; times: number }>();

  note(what: string): void {
    this.diary.push(`${String(Date.now() - this.#begun).padStart(6)} ms  ${what}`);
  }

  ask(send: PlannedSend): void {
    this.asked.set(send.key, { send, ids: new Set(), attempts: 0 });
  }

  attempted(key: string): void {
    const request = this.asked.get(key);
    if (request) request.attempts += 1;
  }

  accepted(key: string, id: string): void {
    this.asked.get(key)?.ids.add(id);
  }

  /** A webhook request came, whatever it is answered. */
  told({ event, raw, signed }: ReceivedRequest): void {
    if (!event) {
      this.broken.push('a webhook request was not JSON');
      return;
    }
    if (signed === false) this.broken.push(`event ${event.id} came with a wrong signature`);
    const body = raw.toString('utf8');
    const known = this.#events.get(event.id);
    if (known && known.body !== body) this.broken.push(`event ${event.id} came with two bodies`);
    if (known) known.times += 1;
    else this.#events.set(event.id, { event, body, times: 1 });
  }

  /** Every event once, by its id. */
  get events(): ReceivedEvent[] {
    return [...this.#events.values()].map(({ event }) => event);
  }

  /** Webhook requests that repeated an event. */
  get repeats(): number {
    return [...this.#events.values()].reduce((sum, { times }) => sum + times - 1, 0);
  }
}
