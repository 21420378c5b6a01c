import {
  type ReceivedRequest,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';
import type { Ledger } from './ledger.ts';

type Trouble = 500 | 503 | 'cut' | 'hang';

/** The customer's endpoint of a run: tells the ledger all that comes, and can be in trouble. */
export class ChaosWebhook {
  /** Called at each request, with how many there were; one for which this is true gets no answer. */
  onRequest: (count: number) => boolean = () => false;
  readonly receiver: WebhookReceiver;
  #trouble: Trouble | undefined;
  /** Events that were answered wrongly once: the second pause between attempts is minutes. */
  readonly #refused = new Set<string>();

  private constructor(receiver: WebhookReceiver, ledger: Ledger) {
    this.receiver = receiver;
    receiver.setAnswer((request) => {
      const answer = this.onRequest(receiver.requests.length) ? 'cut' : this.#answer(request);
      ledger.told(request, typeof answer === 'object' && answer.status === 200);
      return answer;
    });
  }

  static async start(ledger: Ledger): Promise<ChaosWebhook> {
    return new ChaosWebhook(await startWebhookReceiver(), ledger);
  }

  /** From now on each event is answered so the first time it comes; undefined ends that. */
  trouble(how: Trouble | undefined): void {
    this.#trouble = how;
  }

  #answer({ event }: ReceivedRequest): { status: number } | 'hang' | 'cut' {
    if (!event || this.#trouble === undefined || this.#refused.has(event.id)) return { status: 200 };
    this.#refused.add(event.id);
    return typeof this.#trouble === 'number' ? { status: this.#trouble } : this.#trouble;
  }
}
