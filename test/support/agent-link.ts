import { generateKeyPairSync, sign } from 'node:crypto';
import { WebSocket } from 'ws';
import {
  type FrameFromAgent,
  type FrameFromBridge,
  fromBridgeSchema,
  type Hello,
  signedText,
} from '../../bridge/protocol/frames.ts';
import { LINK_PATH, PROTOCOL_VERSION } from '../../bridge/protocol/limits.ts';
import { eventually } from './eventually.ts';

export interface AgentKeys {
  /** Raw ed25519 public key, base64url: what enrolment takes. */
  publicKey: string;
  /** The signature of a hello. */
  sign(agentId: string, nonce: string): string;
}

/** A new key pair of an agent. */
export function agentKeys(): AgentKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: x,
    sign: (agentId, nonce) => sign(null, signedText(agentId, nonce), privateKey).toString('base64url'),
  };
}

type Frame<T extends FrameFromBridge['type']> = Extract<FrameFromBridge, { type: T }>;

export interface AgentLink {
  /** Every frame that came, in order. */
  readonly frames: FrameFromBridge[];
  /** Nonce of this connection. */
  readonly nonce: string;
  /** Close status and reason, once the connection is closed. */
  readonly closed: { status: number; reason: string } | undefined;
  /** How many pings came. */
  readonly pings: number;
  send(frame: FrameFromAgent): void;
  /** Sends whatever it is given: a string as a text message, a Buffer as a binary one. */
  sendRaw(data: string | Buffer): void;
  /** Sends a hello; fields given here replace the good ones. */
  hello(who: { agentId: string; keys: AgentKeys; journalId?: string }, fields?: Partial<Hello>): void;
  /** The first frame of a type, past or coming, that the predicate accepts. */
  waitFor<T extends FrameFromBridge['type']>(
    type: T,
    accepts?: (frame: Frame<T>) => boolean,
  ): Promise<Frame<T>>;
  /** Resolves once the connection is closed. */
  waitForClose(): Promise<{ status: number; reason: string }>;
  /** Stops reading from the socket, as a Mac that sleeps does. */
  deafen(): void;
  /** Reads on. */
  listen(): void;
  /** Ends the connection as a cut cable does, without a closing handshake. */
  cut(): void;
}

/** Opens the agents' WebSocket of a bridge (`http://host:port`) and waits for its challenge; says no hello by itself. */
export async function dialBridge(bridgeUrl: string): Promise<AgentLink> {
  const socket = new WebSocket(`${bridgeUrl.replace(/^http/, 'ws')}${LINK_PATH}`);
  const frames: FrameFromBridge[] = [];
  let closed: { status: number; reason: string } | undefined;
  let failure: Error | undefined;
  let pings = 0;
  socket.on('message', (data) => frames.push(fromBridgeSchema.parse(JSON.parse(data.toString()))));
  socket.on('ping', () => {
    pings += 1;
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', (status, reason) => {
    closed = { status, reason: reason.toString() };
  });
  const find = <T extends FrameFromBridge['type']>(
    type: T,
    accepts: (frame: Frame<T>) => boolean,
  ): Frame<T> | undefined =>
    frames.find((frame): frame is Frame<T> => frame.type === type && accepts(frame as Frame<T>));
  const link: AgentLink = {
    frames,
    get nonce() {
      return find('challenge', () => true)?.nonce ?? '';
    },
    get closed() {
      return closed;
    },
    get pings() {
      return pings;
    },
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendRaw: (data) => socket.send(data),
    hello: ({ agentId, keys, journalId = 'journal-1' }, fields = {}) =>
      link.send({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        agentId,
        signature: keys.sign(agentId, link.nonce),
        journalId,
        commandAck: 0,
        agentVersion: '0.1.0',
        macosVersion: '26.0',
        ...fields,
      }),
    waitFor: (type, accepts = () => true) =>
      eventually(
        () => {
          const found = find(type, accepts);
          if (!found && closed)
            throw new Error(`closed ${closed.status} ${closed.reason} before the awaited ${type}`);
          return found;
        },
        { every: 5, what: `the awaited ${type} frame` },
      ),
    waitForClose: () => eventually(() => closed, { every: 5, what: 'the end of the link' }),
    deafen: () => socket.pause(),
    listen: () => socket.resume(),
    cut: () => socket.terminate(),
  };
  await eventually(
    () => {
      if (failure) throw failure;
      return link.nonce !== '';
    },
    { every: 2, what: 'the challenge' },
  );
  return link;
}
