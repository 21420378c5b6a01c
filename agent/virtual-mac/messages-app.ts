import { AppError } from '../../bridge/runtime/app-error.ts';
import {
  AppleEventFailure,
  type ControlRequest,
  type MessagesRequest,
  type ParticipantName,
} from './control.ts';
import type { FaultPoint, Faults } from './faults.ts';
import type { Life } from './life.ts';
import { ownerOf } from './messages-store/identity.ts';
import type { MessagesStore } from './types.ts';

const NO_SUCH_OBJECT = -1728;
const NOT_RUNNING = -600;

/** A handle that Messages would write to; anything else makes no participant. */
const HANDLE = /^(\+?\d{3,15}|[^\s@:;]+@[^\s@:;]+)$/;

export interface MessagesAppOptions {
  store: MessagesStore;
  life: Life;
  faults: Faults;
}

type SendRequest = Extract<ControlRequest, { call: 'send' }>;

/** Messages as scripts and people meet it: one iMessage account, its participants, its chats. */
export class MessagesApp {
  readonly #options: MessagesAppOptions;
  readonly #accountId: string;

  constructor(options: MessagesAppOptions) {
    this.#options = options;
    this.#accountId = ownerOf(options.store.line).accountGuid;
  }

  /** Answers a request. Throws AppleEventFailure as Messages would, AppError for what is not an Apple event. */
  async answer(request: MessagesRequest): Promise<unknown> {
    switch (request.call) {
      case 'receive':
        return this.#receive(request.from, request.text);
      case 'fault':
        this.#options.faults.add(request.fault);
        return null;
      case 'clear-faults':
        this.#options.faults.clear();
        return null;
      default:
        return this.#appleEvent(request);
    }
  }

  async #appleEvent(request: Extract<ControlRequest, { call: FaultPoint }>): Promise<unknown> {
    if (this.#options.faults.notRunning()) {
      if (request.call === 'running') return false;
      throw new AppleEventFailure(NOT_RUNNING);
    }
    await this.#fault(request.call);
    switch (request.call) {
      case 'running':
        return true;
      case 'accounts':
        return [this.#account()];
      case 'participant':
        return this.#participant(request.participant);
      case 'chat':
        return { id: request.id, handle: this.#chatHandle(request.id) };
      case 'send':
        this.#send(request.to, request.text);
        await this.#fault('sent');
        return null;
    }
  }

  #send(to: SendRequest['to'], text: string): void {
    const { life, faults } = this.#options;
    const handle = 'chat' in to ? this.#chatHandle(to.chat) : this.#participant(to.participant).handle;
    if ('chat' in to && faults.ghostRow()) life.ghost(to.chat);
    else life.send({ to: handle, text: text.split('\0', 1)[0] ?? '', joinAfterMs: faults.joinDelay() });
  }

  async #fault(point: FaultPoint): Promise<void> {
    const fault = this.#options.faults.at(point);
    if (fault?.kind === 'error') throw new AppleEventFailure(fault.number);
    if (fault?.kind === 'hang') await new Promise<never>(() => undefined);
  }

  #account(): object {
    return {
      id: this.#accountId,
      description: this.#options.store.line,
      enabled: true,
      serviceType: 'iMessage',
      connectionStatus: 'connected',
    };
  }

  #participant({ account, by, value }: ParticipantName): { id: string; handle: string } {
    const prefix = `${this.#accountId}:`;
    const handle = by === 'name' ? value : value.startsWith(prefix) ? value.slice(prefix.length) : '';
    if (account !== this.#accountId || !HANDLE.test(handle)) throw new AppleEventFailure(NO_SUCH_OBJECT);
    return { id: `${prefix}${handle}`, handle };
  }

  /** The handle of a direct chat that is in the database under exactly this id. */
  #chatHandle(id: string): string {
    const handle = id.split(';').at(-1) ?? '';
    if (this.#options.store.chatGuid(handle) !== id) throw new AppleEventFailure(NO_SUCH_OBJECT);
    return handle;
  }

  #receive(from: string, text: string): unknown {
    if (!HANDLE.test(from))
      throw new AppError('The sender is neither a number nor an email address.', {
        code: 'invalid_handle',
        retry: 'never',
        param: 'from',
        hint: 'Use an E.164 number such as +14155550101, or an email address.',
      });
    return this.#options.life.receive(from, text);
  }
}
