import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { IdsCache } from './ids-cache.ts';
import { newGuid } from './messages-store/identity.ts';
import { answerTo, wayOf } from './people.ts';
import { canMessagesRead, kindOfFile } from './sent-files.ts';
import type { Step, Steps } from './steps.ts';
import type { ChatTarget, MessagesStore, Tapback, WrittenRow } from './types.ts';

/** How long after a message row its join row is written, in milliseconds: outgoing and incoming. */
const JOIN_OUT_MS = 20;
const JOIN_IN_MS = 30;
/** How soon a step is tried again when the database would not take it, in milliseconds. */
const RETRY_MS = 200;
/** When a message that nobody tells of delivery is sent, in milliseconds. */
const SENT_MS = 40;
/** When Messages begins to copy a file that it was given, how long that takes, and when it gives up, in milliseconds. */
const TRANSFER_BEGINS_MS = 60;
const TRANSFER_MS = 100;
const TRANSFER_FAILS_MS = 2_000;
/** `message.error` and `transfer_state` of a file that Messages could not read. */
const FILE_ERROR = 25;
const TRANSFERRING = 3;
const FINISHED = 5;
const FAILED = 6;

export interface LifeOptions {
  idsCache: IdsCache;
  /** Home folder of the virtual Mac. */
  home: string;
  store: MessagesStore;
  steps: Steps;
  clock: Clock;
  logger: Logger;
}

/** A text, or a file by its absolute path. */
type Content = { text: string } | { file: string };

export type SendOptions = Content & {
  to: ChatTarget;
  /** iMessage unless told. */
  service?: string;
  /** When the join row follows, in milliseconds. */
  joinAfterMs?: number | undefined;
  /** Value of `expressive_send_style_id`. */
  effect?: string | undefined;
  /** The bubble in whose thread it is. */
  replyTo?: { guid: string; part: number } | undefined;
};

type Planned = readonly [dueAt: number, step: Step];

/** What happens to messages over time: Messages writes their rows, people treat them as they do. */
export class Life {
  readonly #options: LifeOptions;
  #cancel: Cancel | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Messages takes a message: its row is there at once, everything else follows. */
  send(options: SendOptions): WrittenRow {
    const { to, service = 'iMessage', joinAfterMs = JOIN_OUT_MS } = options;
    const { clock, idsCache } = this.#options;
    const at = clock.now();
    const guid = newGuid();
    if ('handle' in to && service === 'iMessage') idsCache.lookedUp(to.handle, at);
    const handle = 'handle' in to ? { to: to.handle } : {};
    const file = 'file' in options ? { guid, path: options.file, ...handle, service } : undefined;
    this.#plan([
      joinStep(guid, to, at + joinAfterMs),
      ...(file
        ? [[at + TRANSFER_BEGINS_MS, { kind: 'transfer', ...file }] as const]
        : this.#fate(guid, { to, service }, 'text' in options ? options.text : '', at)),
    ]);
    const row = this.#write(options, { guid, at, service });
    if (file) this.#attach(file);
    return row;
  }

  #write(
    options: SendOptions,
    { guid, at, service }: { guid: string; at: number; service: string },
  ): WrittenRow {
    const { store } = this.#options;
    const { to, effect, replyTo } = options;
    if ('text' in options && 'handle' in to && !effect && !replyTo)
      return store.insertOutgoing({ to: to.handle, text: options.text, at, service, guid });
    return store.insertMessage({
      guid,
      chat: to,
      sender: 'me',
      parts: 'file' in options ? [{ kind: 'attachment' }] : [{ kind: 'text', text: options.text }],
      at,
      service,
      ...(effect ? { effect } : {}),
      ...(replyTo ? { replyTo } : {}),
    });
  }

  /** The own tapback on a part, put there or taken away. */
  react(tapback: Omit<Tapback, 'sender' | 'at' | 'guid'>): WrittenRow {
    const { store, clock } = this.#options;
    const at = clock.now();
    const guid = newGuid();
    const chat = store.reading.chatOf(tapback.target.guid);
    if (chat) {
      const way = 'handle' in chat ? wayOf(chat.handle) : { sent: SENT_MS };
      this.#plan([
        joinStep(guid, chat, at + JOIN_OUT_MS),
        ...(way.sent === undefined ? [] : [[at + way.sent, { kind: 'sent', guid }] as const]),
      ]);
    }
    return store.insertTapback({ ...tapback, guid, sender: 'me', at });
  }

  /** The row of a message that goes nowhere; see the fault `ghost-row`. */
  ghost(chat: string): WrittenRow {
    const { store, clock } = this.#options;
    return store.insertOutgoing({ to: chat, text: '', at: clock.now(), service: 'SMS' });
  }

  /** A person writes to the line. */
  receive(from: string, text: string): WrittenRow {
    const { store, clock } = this.#options;
    const at = clock.now();
    const guid = newGuid();
    this.#plan([joinStep(guid, { handle: from }, at + JOIN_IN_MS)]);
    return store.insertIncoming({ from, text, at, guid });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** What becomes of a message that Messages has whole. Groups and SMS rows never tell of delivery. */
  #fate(
    guid: string,
    { to, service }: { to?: ChatTarget | undefined; service: string },
    text: string,
    at: number,
  ): Planned[] {
    const handle = to && 'handle' in to ? to.handle : undefined;
    const way = handle !== undefined && service === 'iMessage' ? wayOf(handle) : { sent: SENT_MS };
    const planned: Planned[] = [];
    for (const kind of ['sent', 'delivered', 'read'] as const) {
      const after = way[kind];
      if (after !== undefined) planned.push([at + after, { kind, guid }]);
    }
    if (way.fails) planned.push([at + way.fails.after, { kind: 'failed', guid, error: way.fails.error }]);
    if (way.answers !== undefined && handle !== undefined)
      planned.push([
        at + way.answers,
        { kind: 'incoming', guid: newGuid(), answers: guid, from: handle, text: answerTo(text) },
      ]);
    return planned;
  }

  /** The row of a file, as Messages finds it when it takes the message. */
  #attach({ guid, path: file }: { guid: string; path: string }): string {
    const { store, clock, home } = this.#options;
    const name = path.basename(file);
    const readable = canMessagesRead(home, file);
    const totalBytes = readable ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) : 0;
    return store.attach({ guid }, { part: 0, name, ...kindOfFile(name), totalBytes, at: clock.now() });
  }

  /** Messages copies a file only after it took the message: one that is gone by then, or out of its reach, fails. */
  #copy(step: Extract<Step, { kind: 'transfer' | 'transferred' }>): Planned[] {
    const { store, clock, home } = this.#options;
    const now = clock.now();
    const attachment = this.#attach(step);
    const copied = store.attachmentPath(attachment) !== undefined;
    const content = !copied && canMessagesRead(home, step.path) ? contentOf(step.path) : undefined;
    if (!content && !copied) {
      store.setTransfer(attachment, FAILED);
      return [[now + TRANSFER_FAILS_MS, { kind: 'failed', guid: step.guid, error: FILE_ERROR }]];
    }
    if (step.kind === 'transfer') {
      store.setTransfer(attachment, TRANSFERRING);
      return [[now + TRANSFER_MS, { ...step, kind: 'transferred' }]];
    }
    store.setTransfer(attachment, FINISHED, content);
    const to = step.to === undefined ? undefined : { handle: step.to };
    return this.#fate(step.guid, { to, service: step.service }, '', now);
  }

  #plan(steps: readonly Planned[]): void {
    this.#options.steps.add(steps);
    this.#arm();
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
  #take(step: Step): Planned[] {
    const { store, clock } = this.#options;
    switch (step.kind) {
      case 'join':
        store.joinChat(step, step.chat);
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
      case 'transfer':
      case 'transferred':
        return this.#copy(step);
      case 'incoming':
        return this.#answer(step);
    }
  }

  #answer({ guid, answers, from, text }: Extract<Step, { kind: 'incoming' }>): Planned[] {
    const { store, clock } = this.#options;
    const at = clock.now();
    if (!store.hasMessage(answers)) return [];
    if (!store.hasMessage(guid)) store.insertIncoming({ from, text, at, guid });
    return [joinStep(guid, { handle: from }, at + JOIN_IN_MS)];
  }
}

/** The bytes of a file, or undefined where it is none that can be read. */
function contentOf(file: string): Buffer | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
}

function joinStep(guid: string, chat: ChatTarget, dueAt: number): Planned {
  return [dueAt, { kind: 'join', guid, chat }];
}
