import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import {
  type FrameFromAgent,
  type FrameFromBridge,
  fromAgentSchema,
  type Hello,
} from '../../bridge/protocol/frames.ts';
import { eventually } from './eventually.ts';

type EventFrame = Extract<FrameFromAgent, { type: 'event' }>;

/** The other end of one connection. */
export class FakeSession {
  readonly nonce = randomBytes(32).toString('base64url');
  readonly frames: FrameFromAgent[] = [];
  closed: { status: number; reason: string } | undefined;
  readonly socket: WebSocket;

  constructor(socket: WebSocket, serverTime: string) {
    this.socket = socket;
    socket.on('message', (data) => this.frames.push(fromAgentSchema.parse(JSON.parse(data.toString()))));
    socket.on('close', (status, reason) => {
      this.closed = { status, reason: reason.toString() };
    });
    this.send({ type: 'challenge', nonce: this.nonce, serverTime });
  }

  get events(): EventFrame[] {
    return this.frames.filter((frame) => frame.type === 'event');
  }

  get acks(): number[] {
    return this.frames.flatMap((frame) => (frame.type === 'ack' ? [frame.seq] : []));
  }

  hello(): Promise<Hello> {
    return eventually(() => this.frames.find((frame) => frame.type === 'hello'), { what: 'hello' });
  }

  send(frame: FrameFromBridge): void {
    this.socket.send(JSON.stringify(frame));
  }

  async welcome(eventAck = 0, commandAck = 0): Promise<void> {
    await this.hello();
    this.send({
      type: 'welcome',
      sessionId: 'ses_1',
      eventAck,
      commandAck,
      line: { id: 'ln_1', handle: '+14155550100' },
    });
  }

  command(seq: number, command: Command): void {
    this.send({ type: 'command', seq, command });
  }

  close(code: CloseCode): void {
    this.socket.close(closeCodes[code].status, code);
  }
}

/** A bridge's end of the link that does what the test says, frame by frame. */
export class FakeBridge {
  readonly sessions: FakeSession[] = [];
  readonly #server: WebSocketServer;
  readonly #now: () => number;

  private constructor(server: WebSocketServer, now: () => number) {
    this.#server = server;
    this.#now = now;
    server.on('connection', (socket) =>
      this.sessions.push(new FakeSession(socket, new Date(this.#now()).toISOString())),
    );
  }

  static async start(now: () => number = Date.now): Promise<FakeBridge> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: true });
    await once(server, 'listening');
    return new FakeBridge(server, now);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The n-th connection, from 1. */
  session(n: number): Promise<FakeSession> {
    return eventually(() => this.sessions[n - 1], { what: `connection ${n}` });
  }

  async stop(): Promise<void> {
    for (const { socket } of this.sessions) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
