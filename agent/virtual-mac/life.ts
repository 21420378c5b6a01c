import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { answerTo, wayOf } from './people.ts';
import type { Step, Steps } from './steps.ts';
import type { MessagesStore, WrittenRow } from './types.ts';

/** How long after a message row its join row is written, in milliseconds: outgoing and incoming. */
const JOIN_OUT_MS = 20;
const JOIN_IN_MS = 30;
/** How soon a step is tried again when the database would not take it, in milliseconds. */
const RETRY_MS = 200;

export interface LifeOptions {
  store: MessagesStore;
  steps: Steps;
  clock: Clock;
  logger: Logger;
}

export interface SendOptions {
  to: string;
  text: string;
  /** When the join row follows, in milliseconds. */
  joinAfterMs?: number | undefined;
}

/** What happens to messages over time: Messages writes their rows, people treat them as they do. */
export class Life {
  readonly #options: LifeOptions;
  #cancel: Cancel | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Messages takes a message: its row is there at once, everything else follows. */
  send({ to, text, joinAfterMs = JOIN_OUT_MS }: SendOptions): WrittenRow {
    const { store, clock, steps } = this.#options;
    const at = clock.now();
    const row = store.insertOutgoing({ to, text, at });
    const way = wayOf(to);
    const planned: Array<readonly [number, Step]> = [
      [at + joinAfterMs, { kind: 'join', rowid: row.rowid, guid: row.guid, handle: to }],
    ];
    for (const kind of ['sent', 'delivered', 'read'] as const) {
      const after = way[kind];
      if (after !== undefined) planned.push([at + after, { kind, guid: row.guid }]);
    }
    if (way.fails)
      planned.push([at + way.fails.after, { kind: 'failed', guid: row.guid, error: way.fails.error }]);
    if (way.answers !== undefined)
      planned.push([at + way.answers, { kind: 'incoming', from: to, text: answerTo(text) }]);
    steps.add(planned);
    this.#arm();
    return row;
  }

  /** The row of a message that goes nowhere; see the fault `ghost-row`. */
  ghost(chat: string): WrittenRow {
    const { store, clock } = this.#options;
    return store.insertOutgoing({ to: chat, text: '', at: clock.now(), service: 'SMS' });
  }

  /** A person writes to the line. */
  receive(from: string, text: string): WrittenRow {
    const row = this.#incoming(from, text);
    this.#options.steps.add([this.#joinOf(row, from)]);
    this.#arm();
    return row;
  }

  stop(): void {
    this.#cancel?.();
  }

  #incoming(from: string, text: string): WrittenRow {
    const { store, clock } = this.#options;
    return store.insertIncoming({ from, text, at: clock.now() });
  }

  #joinOf(row: WrittenRow, handle: string): readonly [number, Step] {
    const dueAt = this.#options.clock.now() + JOIN_IN_MS;
    return [dueAt, { kind: 'join', rowid: row.rowid, guid: row.guid, handle }];
  }

  #arm(): void {
    const { steps, clock } = this.#options;
    this.#cancel?.();
    const next = steps.next();
    this.#cancel = next && clock.after(next.dueAt - clock.now(), () => this.#run());
  }

  #run(): void {
    const { steps, clock, logger } = this.#options;
    const due = steps.next();
    if (due && due.dueAt <= clock.now()) {
      try {
        steps.done(due.id, this.#take(due.step));
      } catch (error) {
        const gone = error instanceof AppError && error.code === 'not_found';
        logger.warn({ step: due.step.kind, code: errorCode(error), gone }, 'step of a message failed');
        if (gone) steps.done(due.id);
        else steps.postpone(due.id, clock.now() + RETRY_MS);
      }
    }
    this.#arm();
  }

  /** Does a step; returns what follows from it. */
  #take(step: Step): Array<readonly [number, Step]> {
    const { store, clock } = this.#options;
    switch (step.kind) {
      case 'join':
        store.join(step, step.handle);
        return [];
      case 'sent':
        store.markSent(step.guid);
        return [];
      case 'delivered':
        store.markDelivered(step.guid, clock.now());
        return [];
      case 'read':
        store.markRead(step.guid, clock.now());
        return [];
      case 'failed':
        store.markFailed(step.guid, step.error);
        return [];
      case 'incoming':
        return [this.#joinOf(this.#incoming(step.from, step.text), step.from)];
    }
  }
}
