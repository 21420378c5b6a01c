import { type CloseCode, closeCodeOf, closeCodes } from '../../bridge/protocol/close-codes.ts';
import type { FrameFromBridge } from '../../bridge/protocol/frames.ts';
import { HELLO_LIMIT_MS, PROTOCOL_VERSION } from '../../bridge/protocol/limits.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';
import { CommandIntake } from './command-intake.ts';
import { EventFeed } from './event-feed.ts';
import { FrameSocket, type SocketClosed } from './frame-socket.ts';
import { type LinkState, transition } from './states.ts';

/** Who this agent is to the bridge. */
export interface LinkIdentity {
  agentId: string;
  /** WebSocket address of the bridge. */
  url: string;
  /** The `hello` signature for a nonce, base64url. */
  sign(nonce: string): string;
}

export interface Versions {
  agent: string;
  macos: string;
}

type Welcome = Extract<FrameFromBridge, { type: 'welcome' }>;

/** The line as a welcome tells it. */
export type WelcomedLine = Welcome['line'];

/** Why a connection ended. */
export interface ConnectionEnd {
  /** Ours, or the name of a network error. */
  code: string;
  /** A person must mend something first. */
  refused: boolean;
}

export interface ConnectionOptions {
  identity: LinkIdentity;
  versions: Versions;
  journal: Journal;
  /** Highest event that the journal can be held to. */
  eventSeq: number;
  clock: Clock;
  logger: Logger;
  /** What the bridge says of the line, before anything may be begun. */
  onLine(line: WelcomedLine): void;
  onState(state: LinkState): void;
  onCommands(): void;
}

/** One connection to the bridge, from dialling to its end. */
export class Connection {
  readonly ended: Promise<ConnectionEnd>;
  readonly #options: ConnectionOptions;
  readonly #socket: FrameSocket;
  readonly #feed: EventFeed;
  readonly #intake: CommandIntake;
  #state: LinkState = 'connecting';
  #skew = 0;

  constructor(options: ConnectionOptions) {
    const { identity, journal, clock, logger } = options;
    this.#options = options;
    let end: (closed: ConnectionEnd) => void;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    const overdue = clock.after(2 * HELLO_LIMIT_MS, () => {
      if (this.#state !== 'open') this.close('hello_timeout');
    });
    this.#socket = new FrameSocket({
      url: identity.url,
      clock,
      onFrame: (frame) => this.#receive(frame),
      onClosed: (closed) => {
        overdue();
        this.#feed.end();
        end(endOf(closed));
      },
    });
    this.#feed = new EventFeed({
      journal,
      clock,
      logger,
      send: (frames, onWritten) => this.#socket.sendAll(frames, onWritten),
      buffered: () => this.#socket.buffered,
    });
    this.#intake = new CommandIntake({
      journal,
      clock,
      logger,
      skew: () => this.#skew,
      send: (frame) => this.#socket.send(frame),
      close: (code) => this.close(code),
      onCommands: options.onCommands,
    });
  }

  /** How far the bridge's clock is ahead, in milliseconds. */
  get skew(): number {
    return this.#skew;
  }

  /** Whether the bridge has all events of the journal. */
  get drained(): boolean {
    return this.#state === 'open' && this.#feed.drained;
  }

  close(code: CloseCode): void {
    this.#feed.end();
    this.#socket.close(code);
  }

  #receive(frame: FrameFromBridge): void {
    try {
      this.#take(frame);
    } catch (error) {
      this.#options.logger.error({ error: describeError(error) }, 'a frame could not be taken');
      this.close('internal_error');
    }
  }

  #take(frame: FrameFromBridge): void {
    switch (frame.type) {
      case 'challenge':
        if (this.#enter('challenge')) this.#hello(frame.nonce, frame.serverTime);
        break;
      case 'welcome':
        if (this.#enter('welcome')) this.#begin(frame);
        break;
      case 'command':
        if (this.#state === 'open') this.#intake.take(frame.seq, frame.command);
        else this.close('bad_frame');
        break;
      case 'ack':
        if (this.#state !== 'open' || !this.#feed.acknowledged(frame.seq)) this.close('bad_frame');
        break;
    }
  }

  #enter(event: 'challenge' | 'welcome'): boolean {
    const state = transition(this.#state, event);
    if (state === undefined) {
      this.close('bad_frame');
      return false;
    }
    this.#state = state;
    return true;
  }

  #hello(nonce: string, serverTime: string): void {
    const { identity, journal, eventSeq, versions, clock, onState } = this.#options;
    this.#skew = Date.parse(serverTime) - clock.now();
    this.#socket.send({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      agentId: identity.agentId,
      signature: identity.sign(nonce),
      journalId: journal.id(),
      commandAck: journal.commandAck(),
      eventSeq,
      time: isoTime(clock.now()),
      agentVersion: versions.agent,
      macosVersion: versions.macos,
    });
    onState('challenged');
  }

  #begin({ eventAck, commandAck, line }: Welcome): void {
    const { journal, eventSeq, clock, logger, onLine, onState } = this.#options;
    if (eventAck > eventSeq) {
      this.close('journal_behind');
      return;
    }
    onLine(line);
    journal.resumeCommandsAt(commandAck);
    this.#dateDeadlines();
    if (!this.#feed.begin(eventAck)) {
      logger.error({ eventAck }, 'the bridge has lost events that are gone here: the rest is counted anew');
      journal.record({ at: clock.now(), anew: true });
      this.close('going_away');
      return;
    }
    onState('open');
  }

  /** What waits was dated by an earlier connection, and the clock may have been set since. */
  #dateDeadlines(): void {
    const { journal, logger } = this.#options;
    try {
      journal.dateDeadlines(this.#skew);
    } catch (error) {
      // On a full disk the link opens all the same: what the bridge then takes makes room.
      logger.warn({ error: describeError(error) }, 'deadlines could not be put right');
    }
  }
}

function endOf({ status, cause, byUs }: SocketClosed): ConnectionEnd {
  if (byUs !== undefined) return { code: byUs, refused: false };
  const code = closeCodeOf(status);
  if (code !== undefined) return { code, refused: closeCodes[code].retry === 'after-fix' };
  return { code: cause ?? 'connection_lost', refused: false };
}
