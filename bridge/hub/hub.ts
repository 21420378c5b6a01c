import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Core } from '../core/types.ts';
import { LINK_PATH, MAX_FRAME_BYTES } from '../protocol/limits.ts';
import type { Clock } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Logger } from '../runtime/logger.ts';
import { Admission, type HubLimits, type Leave } from './admission.ts';
import { Session } from './session.ts';

const DEFAULT_LIMITS: HubLimits = { unauthenticated: 1_024, unauthenticatedPerAddress: 256 };

export interface HubOptions {
  core: Core;
  clock: Clock;
  logger: Logger;
  limits?: Partial<HubLimits>;
}

export interface Hub {
  /** Takes the WebSocket upgrades of a server; those of other paths are answered 404. */
  attach(server: Server): void;
  /** Whether an agent has an open session with this process. */
  connected(agentId: string): boolean;
  /** Closes every session with `going_away` and waits for the events under way; `hurry` cuts the sockets. */
  stop(hurry: AbortSignal): Promise<void>;
}

const refuse = (socket: Duplex, status: string): void => {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
};

class AgentHub implements Hub {
  readonly #options: HubOptions;
  readonly #logger: Logger;
  readonly #admission: Admission;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #sessions = new Set<Session>();
  readonly #byAgent = new Map<string, Set<Session>>();
  readonly #release: (() => void)[] = [];
  #stopping = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ part: 'hub' });
    this.#admission = new Admission({ ...DEFAULT_LIMITS, ...options.limits });
    const { wakeups } = options.core;
    this.#release.push(
      wakeups.onCommand((agentId) => this.#each(agentId, (session) => session.wakeCommands())),
      wakeups.onLine((agentId) => this.#each(agentId, (session) => session.doubt())),
      wakeups.onSession((agentId, newest) =>
        this.#each(agentId, (session) => {
          if (session.id !== newest) session.doubt();
        }),
      ),
    );
  }

  attach(server: Server): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      this.#upgrade(request, socket, head);
    server.on('upgrade', onUpgrade);
    this.#release.push(() => server.off('upgrade', onUpgrade));
  }

  connected(agentId: string): boolean {
    return [...(this.#byAgent.get(agentId) ?? [])].some((session) => session.open);
  }

  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const release of this.#release.splice(0)) release();
    const cut = (): void => {
      for (const session of this.#sessions) session.cut();
    };
    const sessions = [...this.#sessions];
    for (const session of sessions) session.end('going_away');
    if (hurry.aborted) cut();
    hurry.addEventListener('abort', cut, { once: true });
    await Promise.all(sessions.map((session) => session.ended));
    hurry.removeEventListener('abort', cut);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.url?.split('?', 1)[0] !== LINK_PATH) {
      refuse(socket, '404 Not Found');
      return;
    }
    const leave = this.#stopping ? undefined : this.#admission.enter(request.socket.remoteAddress ?? '');
    if (leave === undefined) {
      refuse(socket, '503 Service Unavailable');
      return;
    }
    socket.once('close', leave);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#begin(webSocket, leave));
  }

  #begin(socket: WebSocket, leave: Leave): void {
    const { core, clock } = this.#options;
    const session = new Session({
      id: newId('ses', clock.now()),
      socket,
      core,
      clock,
      logger: this.#logger,
      onProved: (proved) => {
        leave();
        this.#register(proved);
      },
      onEnded: (ended) => this.#forget(ended),
    });
    this.#sessions.add(session);
  }

  #register(session: Session): void {
    const agentId = session.agentId ?? '';
    const others = this.#byAgent.get(agentId);
    if (others) others.add(session);
    else this.#byAgent.set(agentId, new Set([session]));
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    const own = this.#byAgent.get(session.agentId ?? '');
    own?.delete(session);
    if (own?.size === 0) this.#byAgent.delete(session.agentId ?? '');
  }

  #each(agentId: string, work: (session: Session) => void): void {
    for (const session of this.#byAgent.get(agentId) ?? []) work(session);
  }
}

/** The agents' WebSocket sessions of this process; what they agree on is in the store. */
export const createHub = (options: HubOptions): Hub => new AgentHub(options);
