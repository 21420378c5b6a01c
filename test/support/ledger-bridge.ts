import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Command } from '../../bridge/protocol/commands.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { type FrameFromAgent, type FrameFromBridge, fromAgentSchema } from '../../bridge/protocol/frames.ts';
import { ENROL_PATH, LINK_PATH } from '../../bridge/protocol/limits.ts';

/**
 * A bridge of the smallest kind that keeps the protocol's promises: it numbers commands, takes each event once, and
 * remembers both. It checks no signature; that is tested elsewhere.
 */
export class LedgerBridge {
  readonly events: AgentEvent[] = [];
  readonly commands: Command[] = [];
  /** Enrolment requests as they came. */
  readonly enrolments: Array<Record<string, unknown>> = [];
  connections = 0;
  /** Told of each event when it comes for the first time. */
  onEvent: ((event: AgentEvent) => void) | undefined;
  /** Answers an enrolment with this status, and its error. */
  refuseEnrolment: { status: number; body: string } | undefined;
  readonly #http: http.Server;
  readonly #eventAck = new Map<string, number>();
  #socket: WebSocket | undefined;
  #sent = 0;

  private constructor() {
    this.#http = http.createServer((request, response) => {
      if (request.method !== 'POST' || request.url !== ENROL_PATH) {
        response.writeHead(404).end();
        return;
      }
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => this.#enrol(body, response));
    });
    const ws = new WebSocketServer({ server: this.#http, path: LINK_PATH });
    ws.on('connection', (socket) => this.#connected(socket));
  }

  static async start(): Promise<LedgerBridge> {
    const bridge = new LedgerBridge();
    bridge.#http.listen(0, '127.0.0.1');
    await once(bridge.#http, 'listening');
    return bridge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  order(command: Command): void {
    this.commands.push(command);
    this.#sendCommands();
  }

  /** States that the agent told of a command, in order. */
  statesOf(commandId: string): string[] {
    return this.events.flatMap((event) =>
      'commandId' in event && event.commandId === commandId
        ? [event.type === 'command.state' ? event.state : event.type]
        : [],
    );
  }

  cut(): void {
    this.#socket?.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #enrol(body: string, response: http.ServerResponse): void {
    const request = JSON.parse(body) as Record<string, unknown>;
    this.enrolments.push(request);
    if (this.refuseEnrolment) {
      response.writeHead(this.refuseEnrolment.status).end(this.refuseEnrolment.body);
      return;
    }
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ agentId: 'ag_1', line: { id: 'ln_1', handle: request.handle } }));
  }

  #connected(socket: WebSocket): void {
    this.#socket?.terminate();
    this.#socket = socket;
    this.connections += 1;
    let journalId = '';
    socket.on('message', (data) => {
      const frame: FrameFromAgent = fromAgentSchema.parse(JSON.parse(data.toString()));
      if (frame.type === 'hello') {
        journalId = frame.journalId;
        this.#sent = frame.commandAck;
        this.#send({
          type: 'welcome',
          sessionId: 'ses_1',
          eventAck: this.#eventAck.get(journalId) ?? 0,
          commandAck: frame.commandAck,
          line: { id: 'ln_1', handle: '+14155550100' },
        });
        this.#sendCommands();
      } else if (frame.type === 'event') this.#take(journalId, frame.seq, frame.event);
    });
    this.#send({ type: 'challenge', nonce: 'n'.repeat(43), serverTime: new Date().toISOString() });
  }

  #take(journalId: string, seq: number, event: AgentEvent): void {
    const last = this.#eventAck.get(journalId) ?? 0;
    if (seq > last + 1) throw new Error(`event ${seq} came after ${last}`);
    if (seq === last + 1) {
      this.events.push(event);
      this.onEvent?.(event);
      this.#eventAck.set(journalId, seq);
    }
    this.#send({ type: 'ack', seq: Math.max(seq, last) });
  }

  #sendCommands(): void {
    if (this.#socket?.readyState !== 1) return;
    for (const command of this.commands.slice(this.#sent)) {
      this.#sent += 1;
      this.#send({ type: 'command', seq: this.#sent, command });
    }
  }

  #send(frame: FrameFromBridge): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}
