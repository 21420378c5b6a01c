import type { CloseCode } from '../../bridge/protocol/close-codes.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import type { FrameFromAgent } from '../../bridge/protocol/frames.ts';
import { describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { ArrivedCommand, Journal } from '../journal/types.ts';

export interface CommandIntakeOptions {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** How far the bridge's clock is ahead of this one, in milliseconds. */
  skew(): number;
  send(frame: FrameFromAgent): void;
  /** Ends the connection: the bridge sends again what was not acknowledged. */
  close(code: CloseCode): void;
  onCommands(): void;
}

/** Journals the commands of one connection, those that arrive together in one commit, then acknowledges them. */
export class CommandIntake {
  readonly #options: CommandIntakeOptions;
  #arrived: ArrivedCommand[] = [];

  constructor(options: CommandIntakeOptions) {
    this.#options = options;
  }

  take(seq: number, command: Command): void {
    if (this.#arrived.length === 0) queueMicrotask(() => this.#journal());
    const expiresAt = Date.parse(command.expiresAt) - this.#options.skew();
    this.#arrived.push({ seq, command, expiresAt });
  }

  #journal(): void {
    const { journal, clock, logger, send, close, onCommands } = this.#options;
    const arrived = this.#arrived;
    this.#arrived = [];
    let accepted: number;
    try {
      accepted = journal.acceptCommands(arrived, clock.now());
    } catch (error) {
      logger.error({ error: describeError(error) }, 'commands were not taken');
      close(errorCode(error) === 'bad_frame' ? 'bad_frame' : 'internal_error');
      return;
    }
    send({ type: 'ack', seq: journal.commandAck() });
    if (accepted > 0) onCommands();
  }
}
