import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import { type FrameFromAgent, type FrameFromBridge, fromBridgeSchema } from '../../bridge/protocol/frames.ts';
import { HEARTBEAT_MS, MAX_FRAME_BYTES, SILENCE_LIMIT_MS } from '../../bridge/protocol/limits.ts';
import { errorCode } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';

/** How long the other side may take to answer a close, in milliseconds. */
const CLOSE_LIMIT_MS = 2_000;

export interface SocketClosed {
  /** WebSocket status: 1006 where the connection broke or never came to be. */
  status: number;
  /** Code of the network error, where there was one. */
  cause: string | undefined;
  /** With which code this side closed it, if it did. */
  byUs: CloseCode | undefined;
}

export interface FrameSocketOptions {
  url: string;
  clock: Clock;
  onFrame(frame: FrameFromBridge): void;
  /** Called once, when the socket is gone. */
  onClosed(closed: SocketClosed): void;
}

/** A WebSocket that carries frames of the protocol, bounded in size and in silence. */
export class FrameSocket {
  readonly #ws: WebSocket;
  readonly #options: FrameSocketOptions;
  readonly #timers: Cancel[];
  /** What carries the frames, which can hold them back until all of a batch are there. */
  #wire: Pick<Socket, 'cork' | 'uncork'> | undefined;
  #heardAt: number;
  #cause: string | undefined;
  #byUs: CloseCode | undefined;

  constructor(options: FrameSocketOptions) {
    const { url, clock } = options;
    this.#options = options;
    this.#heardAt = clock.now();
    this.#ws = new WebSocket(url, {
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#timers = [
      clock.every(HEARTBEAT_MS, () => this.#ping()),
      clock.every(HEARTBEAT_MS / 3, () => this.#checkSilence()),
    ];
    const heard = (): void => {
      this.#heardAt = clock.now();
    };
    this.#ws.on('message', (data, isBinary) => {
      heard();
      this.#receive(data, isBinary);
    });
    this.#ws.on('ping', heard);
    this.#ws.on('pong', heard);
    this.#ws.once('upgrade', ({ socket }) => {
      this.#wire = socket;
    });
    this.#ws.on('error', (error) => {
      this.#cause ??= errorCode(error);
    });
    this.#ws.once('close', (status) => {
      for (const cancel of this.#timers) cancel();
      const tooLarge = this.#cause === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      options.onClosed({
        status,
        cause: this.#cause,
        byUs: this.#byUs ?? (tooLarge ? 'frame_too_large' : undefined),
      });
    });
  }

  /** Bytes that wait to be written. */
  get buffered(): number {
    return this.#ws.bufferedAmount;
  }

  send(frame: FrameFromAgent): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(frame));
  }

  /** Sends frames that are given as their texts, in one go; `onWritten` is called when the system has taken the last. */
  sendAll(frames: readonly string[], onWritten: () => void): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#wire?.cork();
    frames.forEach((frame, index) => {
      this.#ws.send(frame, (error) => {
        if (!error && index === frames.length - 1) onWritten();
      });
    });
    this.#wire?.uncork();
  }

  /** Closes with a code of the protocol; cuts the connection if the other side does not answer. */
  close(code: CloseCode): void {
    if (this.#byUs !== undefined) return;
    this.#byUs = code;
    this.#ws.close(closeCodes[code].status, code);
    if (code === 'silent') this.#ws.terminate();
    else this.#timers.push(this.#options.clock.after(CLOSE_LIMIT_MS, () => this.#ws.terminate()));
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#byUs !== undefined) return;
    const frame = isBinary ? undefined : parseFrame(data);
    if (frame) this.#options.onFrame(frame);
    else this.close('bad_frame');
  }

  #ping(): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.ping();
  }

  #checkSilence(): void {
    const now = this.#options.clock.now();
    // A clock that was set back makes nobody wait for a time that it had shown.
    this.#heardAt = Math.min(this.#heardAt, now);
    if (now - this.#heardAt >= SILENCE_LIMIT_MS) this.close('silent');
  }
}

function parseFrame(data: RawData): FrameFromBridge | undefined {
  try {
    return fromBridgeSchema.safeParse(JSON.parse(data.toString())).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
