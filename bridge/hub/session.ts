import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { Core } from '../core/types.ts';
import { type CloseCode, closeCodes } from '../protocol/close-codes.ts';
import type { FrameFromAgent, FrameFromBridge, Hello } from '../protocol/frames.ts';
import { HELLO_LIMIT_MS } from '../protocol/limits.ts';
import { describeError, errorCode } from '../runtime/app-error.ts';
import { type Cancel, type Clock, isoTime } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Line, StoredCommand } from '../store/types.ts';
import { checkHello } from './check-hello.ts';
import { CommandFeed } from './command-feed.ts';
import { EventWriter } from './event-writer.ts';
import { Heartbeat } from './heartbeat.ts';
import { readFrame } from './read-frame.ts';
import {
  commandSpace,
  newSessionState,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  transition,
} from './session-states.ts';

/** Every so often the store is asked for what another bridge process may have done to this agent. */
const LOOK_EVERY_MS = 5_000;
/** How often `lastSeenAt` of a connected agent is written: every bridge of the store knows by it who is connected. */
const TOUCH_EVERY_MS = 15_000;
/** With this much waiting on either way, in bytes, nothing more is read from the socket. */
const FULL_BYTES = 1024 * 1024;

/** How long the other side may take to answer a close. */
const CLOSE_LIMIT_MS = 2_000;

export interface SessionOptions {
  /** New for this connection; the store fences by it. */
  id: string;
  socket: WebSocket;
  core: Core;
  clock: Clock;
  logger: Logger;
  /** The agent has proved who it is, and the session is about to begin in the store. */
  onProved(session: Session): void;
  /** The socket is gone and nothing of the session is under way. */
  onEnded(session: Session): void;
}

/** One agent on one WebSocket: carries out what `session-states.ts` decides. */
export class Session {
  readonly id: string;
  /** Set once the agent has proved who it is. */
  agentId: string | undefined;
  readonly #options: SessionOptions;
  readonly #logger: Logger;
  readonly #nonce = randomBytes(32).toString('base64url');
  readonly #writer: EventWriter;
  readonly #feed: CommandFeed;
  readonly #heartbeat: Heartbeat;
  readonly #timers: Cancel[] = [];
  readonly #ended: Promise<void>;
  #cancelHelloLimit: Cancel;
  #state: SessionState = newSessionState;
  #line: Line | undefined;
  #touchedAt = 0;
  #doubted = false;
  #looking = false;
  #starved = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions) {
    const { id, socket, core, clock } = options;
    this.id = id;
    this.#options = options;
    this.#logger = options.logger.child({ sessionId: id });
    this.#writer = new EventWriter({
      record: (seq, events) => core.recordEvents(this.#agent, id, seq, events),
      onStored: (seq, idle) => {
        this.#step({ kind: 'stored', seq, idle });
        this.#relieve();
      },
      onRefused: () => this.#resolveRefusal(),
      onFailed: (error) => this.#fail(error, 'an event could not be stored'),
    });
    this.#feed = new CommandFeed({
      read: (seq, limit) => this.#takeCommands(seq, limit),
      position: () => this.#position(),
      send: (command) => this.#step({ kind: 'command', command }),
      acknowledge: (seq) => core.acknowledgeCommands(this.#agent, seq),
      onFailed: (error) => this.#fail(error, 'commands could not be read or acknowledged'),
    });
    this.#heartbeat = new Heartbeat({
      clock,
      ping: () => socket.ping(),
      onSilent: () => this.end('silent'),
    });
    this.#cancelHelloLimit = clock.after(HELLO_LIMIT_MS, () => this.end('hello_timeout'));
    this.#ended = this.#listen(socket);
    this.#send({ type: 'challenge', nonce: this.#nonce, serverTime: isoTime(clock.now()) });
  }

  /** Whether events and commands flow. */
  get open(): boolean {
    return this.#state.phase === 'open';
  }

  /** Ends the session with a code of the protocol; later calls do nothing. */
  end(code: CloseCode): void {
    this.#step({ kind: 'end', code });
  }

  /** Resolves when the socket is gone and the event under way is durable. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Ends without a closing handshake. */
  cut(): void {
    this.#options.socket.terminate();
  }

  /** A command may be waiting in the store. */
  wakeCommands(): void {
    if (this.open) this.#feed.wake();
  }

  /** Something may have fenced this session: asks the store, which alone knows. */
  doubt(): void {
    this.#doubted = true;
    this.#lookSoon();
  }

  get #agent(): string {
    if (this.agentId === undefined) throw new Error('session used before its hello');
    return this.agentId;
  }

  async #listen(socket: WebSocket): Promise<void> {
    const heard = (): void => this.#heartbeat.heard();
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', heard);
    socket.on('pong', heard);
    socket.on('error', (error) => this.#socketFailed(error));
    const status = await new Promise<number>((resolve) => socket.once('close', resolve));
    if (this.#state.phase !== 'closed') {
      this.#logger.info({ status }, 'agent disconnected');
      this.#state = { ...this.#state, phase: 'closed' };
    }
    this.#release();
    await this.#writer.stop();
    await this.#feed.idle();
    await this.#work;
    await this.#noteEnd();
    this.#options.onEnded(this);
  }

  /** When this fails, the session counts as ended once it has not been touched for long enough. */
  async #noteEnd(): Promise<void> {
    if (this.agentId === undefined) return;
    try {
      await this.#options.core.closeSession(this.agentId, this.id);
    } catch (error) {
      this.#logger.warn({ code: errorCode(error) }, 'the end of a session could not be noted');
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#heartbeat.heard();
    if (this.#state.phase === 'closed') return;
    const read = readFrame(data, isBinary);
    if ('refused' in read) this.end(read.refused);
    else this.#onFrame(read.frame, (data as Buffer).length);
  }

  #onFrame(frame: FrameFromAgent, bytes: number): void {
    if (frame.type === 'event') {
      this.#step({ kind: 'event', seq: frame.seq, event: frame.event, bytes });
      if (this.#full) this.#options.socket.pause();
    } else if (frame.type === 'ack') {
      this.#step({ kind: 'ack', seq: frame.seq });
      this.#feedOn();
    } else {
      this.#step({ kind: 'hello', hello: frame });
    }
  }

  #step(input: SessionInput): void {
    const { state, effects } = transition(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.do) {
      case 'authenticate':
        this.#background(() => this.#authenticate(effect.hello));
        break;
      case 'welcome':
        this.#welcome(effect.eventAck, effect.commandAck);
        break;
      case 'store':
        this.#writer.push(effect);
        break;
      case 'send-ack':
        this.#send({ type: 'ack', seq: effect.seq });
        break;
      case 'send-command':
        this.#send({ type: 'command', seq: effect.command.seq, command: effect.command.command });
        break;
      case 'note-command-ack':
        this.#feed.acknowledged(effect.seq);
        break;
      case 'close':
        this.#close(effect.code);
        break;
    }
  }

  async #authenticate(hello: Hello): Promise<void> {
    const { time } = hello;
    const clockAheadMs = time === undefined ? undefined : Date.parse(time) - this.#options.clock.now();
    const checked = await checkHello(this.#options.core, hello, this.#nonce);
    if (this.#state.phase !== 'opening') return;
    if ('refused' in checked) {
      this.#logger.warn({ agentId: hello.agentId, why: checked.why }, 'hello refused');
      this.end(checked.refused);
      return;
    }
    const known = checked.agent;
    this.agentId = known.id;
    this.#logger.setBindings({ agentId: known.id });
    this.#options.onProved(this);
    const { journalId, commandAck, eventSeq, agentVersion, macosVersion } = hello;
    this.#logger.info({ journalId, agentVersion, macosVersion, clockAheadMs }, 'hello accepted');
    const { publicKey } = checked;
    const session = { sessionId: this.id, journalId, commandAck, eventSeq, publicKey, clockAheadMs };
    const { agent, line } = await this.#options.core.openSession(known.id, session);
    this.#line = line;
    this.#step({ kind: 'opened', eventSeq: agent.eventSeq, commandAck: agent.commandAck });
  }

  #welcome(eventAck: number, commandAck: number): void {
    if (this.#line === undefined) throw new Error('session opened without a line');
    this.#cancelHelloLimit();
    const { id, handle, bannedAt, banReason } = this.#line;
    const banned = bannedAt === null ? undefined : { since: isoTime(bannedAt), reason: banReason };
    const line = { id, handle, ...(banned ? { banned } : {}) };
    this.#send({ type: 'welcome', sessionId: this.id, eventAck, commandAck, line });
    this.#logger.info({ eventAck, commandAck }, 'agent connected');
    this.#touchedAt = this.#options.clock.now();
    this.#timers.push(this.#options.clock.every(LOOK_EVERY_MS, () => this.#lookSoon()));
    this.#feed.wake();
    if (this.#doubted) this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#looking || !this.open) return;
    this.#looking = true;
    this.#background(() => this.#look());
  }

  async #look(): Promise<void> {
    this.#looking = false;
    if (!this.open) return;
    const { core, clock } = this.#options;
    const agent = await core.findAgent(this.#agent);
    if (agent === undefined || agent.revokedAt !== null) this.end('revoked');
    else if (agent.sessionId !== this.id) this.end('superseded');
    // What is said of the line is told by the welcome: the agent comes back for it at once.
    const line = agent && (await core.findLine(agent.accountId, agent.lineId));
    if (line?.bannedAt !== this.#line?.bannedAt) this.end('going_away');
    if (!this.open) return;
    if (agent !== undefined && agent.commandSeq > this.#state.commandSent) this.wakeCommands();
    if (clock.now() - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = clock.now();
    await core.touchAgent(this.#agent);
  }

  async #takeCommands(seq: number, limit: number): Promise<StoredCommand[]> {
    const commands = await this.#options.core.takeCommands(this.#agent, this.id, seq, limit);
    if (commands === undefined) this.doubt();
    return commands ?? [];
  }

  #resolveRefusal(): void {
    this.#background(async () => {
      await this.#look();
      this.end('internal_error');
    });
  }

  #background(work: () => Promise<void>): void {
    const before = this.#work;
    this.#work = before
      .then(work)
      .catch((error: unknown) => this.#fail(error, 'the store did not answer a session'));
  }

  #fail(error: unknown, what: string): void {
    this.#logger.error({ code: errorCode(error), reason: describeError(error) }, what);
    const code = errorCode(error);
    const told = (['revoked', 'unauthorized', 'journal_behind'] as const).find((word) => word === code);
    this.end(told ?? 'internal_error');
  }

  /** The library has refused a frame and said so with its own status, or the connection broke. */
  #socketFailed(error: Error): void {
    const code = errorCode(error);
    this.#logger.warn({ code }, 'link failed');
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.end('frame_too_large');
    else if (code.startsWith('WS_ERR_')) this.end('bad_frame');
  }

  get #full(): boolean {
    return this.#writer.bytes > FULL_BYTES || this.#options.socket.bufferedAmount > FULL_BYTES;
  }

  /** Reads on when enough was stored and sent. Silence that this side made by not reading is not held against the agent. */
  #relieve(): void {
    const { socket } = this.#options;
    if (!socket.isPaused) return;
    this.#heartbeat.heard();
    if (!this.#full) socket.resume();
  }

  #position(): { sent: number; space: number } {
    const room = this.#options.socket.bufferedAmount > FULL_BYTES ? 0 : commandSpace(this.#state);
    if (room <= 0) this.#starved = true;
    return { sent: this.#state.commandSent, space: room };
  }

  /** Goes on with commands that waited for the window or for the socket. */
  #feedOn(): void {
    if (!this.#starved) return;
    this.#starved = false;
    this.wakeCommands();
  }

  #send(frame: FrameFromBridge): void {
    const { socket } = this.#options;
    socket.send(JSON.stringify(frame), () => {
      this.#relieve();
      this.#feedOn();
    });
  }

  #close(code: CloseCode): void {
    this.#release();
    this.#logger.info({ close: code }, 'session closed');
    const { socket, clock } = this.#options;
    this.#timers.push(clock.after(CLOSE_LIMIT_MS, () => socket.terminate()));
    socket.resume();
    socket.close(closeCodes[code].status, code);
  }

  #release(): void {
    this.#cancelHelloLimit();
    this.#heartbeat.stop();
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}
