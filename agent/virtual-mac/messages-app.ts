import { AppError } from '../../bridge/runtime/app-error.ts';
import {
  AppleEventFailure,
  type ControlRequest,
  type MessagesRequest,
  type ParticipantName,
} from './control.ts';
import type { Desktop } from './desktop/desktop.ts';
import type { MessagesWindow } from './desktop/messages-window.ts';
import type { FaultPoint, Faults } from './faults.ts';
import type { Life } from './life.ts';
import { namedGuid, ownerOf } from './messages-store/identity.ts';
import type { ChatTarget, MessagesStore, NamedChat, RelayedService } from './types.ts';

const NO_SUCH_OBJECT = -1728;
const NOT_RUNNING = -600;

/** A handle that Messages would write to; anything else makes no participant. */
const HANDLE = /^(\+?\d{3,15}|[^\s@:;]+@[^\s@:;]+)$/;

export interface MessagesAppOptions {
  store: MessagesStore;
  life: Life;
  faults: Faults;
  desktop: Desktop;
  messagesWindow: MessagesWindow;
  /** Services of the iPhone that Messages may use beside iMessage: Text Message Forwarding is on. */
  relayed?: readonly RelayedService[];
}

/** A chat id as Messages' own list has it on some Macs with macOS 26, where chat.db has `;+;`. */
const LIVE_GROUP = /^any;-;(chat\d+)$/;

type SendRequest = Extract<ControlRequest, { call: 'send' }>;

/** Messages as scripts and people meet it: its accounts, their participants, its chats. */
export class MessagesApp {
  readonly #options: MessagesAppOptions;
  /** Accounts by id. */
  readonly #accounts: ReadonlyMap<string, string>;
  /** Chats that are in chat.db and not in the list that Messages works with. */
  readonly #notLoaded = new Set<string>();

  constructor(options: MessagesAppOptions) {
    this.#options = options;
    const { line } = options.store;
    const relayed = (options.relayed ?? []).map(
      (service) => [namedGuid(`account ${service} ${line}`), service] as const,
    );
    this.#accounts = new Map([[ownerOf(line).accountGuid, 'iMessage'], ...relayed]);
  }

  /** Answers a request. Throws AppleEventFailure as Messages would, AppError for what is not an Apple event. */
  async answer(request: MessagesRequest): Promise<unknown> {
    switch (request.call) {
      case 'receive':
        return this.#receive(request.from, request.text);
      case 'typing':
        return this.#options.messagesWindow.typingIn();
      case 'ui':
        return this.#options.desktop.answer(request.request);
      case 'fault':
        this.#options.faults.add(request.fault);
        return null;
      case 'clear-faults':
        this.#options.faults.clear();
        return null;
      case 'waiting-faults':
        return this.#options.faults.waiting();
      case 'unload-chat':
        this.#notLoaded.add(request.id);
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
        return [...this.#accounts].map(([id, service]) => this.#account(id, service));
      case 'participant':
        return this.#participant(request.participant);
      case 'chat':
        this.#chat(request.id);
        return { id: request.id };
      case 'send':
        this.#send(request);
        await this.#fault('sent');
        return null;
    }
  }

  #send({ to, text = '', file }: SendRequest): void {
    const { life, faults } = this.#options;
    const { target, service } = 'chat' in to ? this.#chat(to.chat) : this.#recipient(to.participant);
    if ('chat' in to && (faults.ghostRow() || LIVE_GROUP.test(to.chat))) {
      life.ghost(to.chat);
      return;
    }
    const where = { to: target, service, joinAfterMs: faults.joinDelay() };
    life.send(file === undefined ? { ...where, text: text.split('\0', 1)[0] ?? '' } : { ...where, file });
    if ('participant' in to) this.#load(target);
  }

  /** A message makes Messages load the chat that it is in. */
  #load(target: ChatTarget): void {
    for (const id of this.#notLoaded)
      if (id.endsWith(`;${Object.values(target)[0]}`)) this.#notLoaded.delete(id);
  }

  async #fault(point: FaultPoint): Promise<void> {
    const fault = this.#options.faults.at(point);
    if (fault?.kind === 'error') throw new AppleEventFailure(fault.number);
    if (fault?.kind === 'hang') await new Promise<never>(() => undefined);
  }

  #account(id: string, serviceType: string): object {
    return {
      id,
      description: this.#options.store.line,
      enabled: true,
      serviceType,
      connectionStatus: 'connected',
    };
  }

  #participant({ account, by, value }: ParticipantName): { id: string; handle: string } {
    const prefix = `${account}:`;
    const handle = by === 'name' ? value : value.startsWith(prefix) ? value.slice(prefix.length) : '';
    if (!this.#accounts.has(account) || !HANDLE.test(handle)) throw new AppleEventFailure(NO_SUCH_OBJECT);
    return { id: `${prefix}${handle}`, handle };
  }

  #recipient(name: ParticipantName): NamedChat {
    const { handle } = this.#participant(name);
    return { target: { handle }, service: this.#accounts.get(name.account) ?? 'iMessage' };
  }

  /** A chat that Messages has loaded, under exactly this id. */
  #chat(id: string): NamedChat {
    const group = LIVE_GROUP.exec(id)?.[1];
    const named = this.#options.store.chatNamed(group ? `any;+;${group}` : id);
    if (!named || this.#notLoaded.has(id)) throw new AppleEventFailure(NO_SUCH_OBJECT);
    return named;
  }

  #receive(from: string, text: string): unknown {
    if (!HANDLE.test(from))
      throw new AppError('The sender is neither a number nor an email address.', {
        code: 'invalid_handle',
        retry: 'never',
        param: 'from',
        hint: 'Use an E.164 number such as +14155550101, or an email address.',
      });
    this.#load({ handle: from });
    return this.#options.life.receive(from, text);
  }
}
