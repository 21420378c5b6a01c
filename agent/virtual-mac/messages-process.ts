import { AppleEventFailure, type ControlRequest } from './control.ts';

const NOT_RUNNING = -600;

/** What ends a Messages that hangs: its process by a signal, or imagent, which it waits for. */
type HangsUntil = 'term' | 'kill' | 'imagent';

/** What commands of the system do to it, with signals in lower case. */
export type ProcessCommand = 'open' | 'front' | 'term' | 'kill' | 'killall-imagent';

/** The process of Messages: whether it runs, and whether it answers Apple events. */
export class MessagesProcess {
  #running = true;
  #hangs: HangsUntil | undefined;
  /** What was done to it, in order. */
  readonly history: string[] = [];

  /** Messages begins to hang, or is gone. */
  break(how: HangsUntil | 'gone'): void {
    if (how === 'gone') this.#running = false;
    else this.#hangs = how;
  }

  command(command: ProcessCommand): void {
    this.history.push(command);
    if (command === 'open' || command === 'front') this.#running = true;
    else if (command === 'killall-imagent') {
      if (this.#hangs === 'imagent') this.#hangs = undefined;
    } else if (command === 'kill' || this.#hangs !== 'kill') {
      this.#running = false;
      if (this.#hangs !== 'imagent') this.#hangs = undefined;
    }
  }

  /** Lets an Apple event through, or fails or waits as macOS would; whether it runs is asked of the system. */
  async check(request: ControlRequest): Promise<void> {
    const isEvent = ['accounts', 'participant', 'chat', 'send', 'quit'].includes(request.call);
    if (!isEvent) return;
    if (request.call === 'quit') this.history.push('quit');
    if (!this.#running) throw new AppleEventFailure(NOT_RUNNING);
    if (this.#hangs) await new Promise<never>(() => undefined);
    if (request.call === 'quit') this.#running = false;
  }

  get running(): boolean {
    return this.#running;
  }
}

type ProcessRequest = Extract<
  ControlRequest,
  { call: 'quit' | 'process' | 'break-messages' | 'process-history' }
>;

export const isAboutProcess = (request: ControlRequest): request is ProcessRequest =>
  ['quit', 'process', 'break-messages', 'process-history'].includes(request.call);

export function answerProcess(messages: MessagesProcess, request: ProcessRequest): unknown {
  if (request.call === 'process') messages.command(request.command);
  if (request.call === 'break-messages') messages.break(request.how);
  return request.call === 'process-history' ? messages.history : null;
}
