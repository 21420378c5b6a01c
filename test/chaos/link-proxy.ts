import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { FrameCutter, type Piece } from './frame-cutter.ts';
import type { Side } from './plan.ts';

const sides: readonly Side[] = ['agent', 'bridge'];
/** Frames that come twice; those of a handshake would only end it. */
const REPEATED = /^(event|command|ack)$/;

/** One connection through the proxy. */
interface Pair {
  sockets: Record<Side, net.Socket>;
  /** What a side said and the other does not get while the connection is half open. */
  held: Record<Side, Buffer[]>;
  /** Sides that get nothing. */
  deaf: Set<Side>;
}

export interface FrameWatch {
  from: Side;
  type: string;
  /** Which one of that type, from 1, counted from when the watch was set. */
  nth: number;
  when: 'before' | 'after';
  act: () => void;
}

const otherOf = (side: Side): Side => (side === 'agent' ? 'bridge' : 'agent');

/** What stands between agent and bridge: it knows the frames of the link and cuts, delays, holds and repeats them. */
export class LinkProxy {
  connections = 0;
  readonly #server: net.Server;
  readonly #pairs = new Set<Pair>();
  readonly #queue: { dueAt: number; act: () => void }[] = [];
  readonly #repeats: Record<Side, number> = { agent: 0, bridge: 0 };
  #watches: FrameWatch[] = [];
  #delayMs = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(bridgePort: number) {
    this.#server = net.createServer((agent) => {
      this.connections += 1;
      const bridge = net.connect(bridgePort, '127.0.0.1');
      const pair = { sockets: { agent, bridge }, held: { agent: [], bridge: [] }, deaf: new Set<Side>() };
      this.#pairs.add(pair);
      for (const side of sides) this.#connect(pair, side);
    });
  }

  /** In front of a port of this machine. */
  static async start(bridgePort: number): Promise<LinkProxy> {
    const proxy = new LinkProxy(bridgePort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  watch(watch: FrameWatch): void {
    this.#watches.push({ ...watch });
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  /** From now on everything takes so much longer; 0 for no longer. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** The next events, commands and acknowledgements of a side come twice. */
  repeat(from: Side, frames: number): void {
    this.#repeats[from] += frames;
  }

  /** Makes the connections that are open now deaf on a side, or both; returns how to end that. */
  halfOpen(deaf: Side | 'both'): (how: 'healed' | 'cut') => void {
    const pairs = [...this.#pairs];
    const silent = deaf === 'both' ? sides : [deaf];
    for (const pair of pairs) for (const side of silent) pair.deaf.add(side);
    return (how) => {
      for (const pair of pairs) {
        if (how === 'cut' || sides.some((side) => pair.sockets[side].destroyed)) this.#end(pair);
        else this.#heal(pair);
      }
    };
  }

  /** Lets everything pass as it comes. */
  calm(): void {
    this.#watches = [];
    this.#delayMs = 0;
    this.#repeats.agent = 0;
    this.#repeats.bridge = 0;
  }

  async stop(): Promise<void> {
    this.#queue.length = 0;
    clearTimeout(this.#timer);
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(pair: Pair, from: Side): void {
    const socket = pair.sockets[from];
    const cutter = new FrameCutter();
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      for (const piece of cutter.take(bytes)) this.#pass(pair, from, piece);
    });
    // A cut is what the proxy is for.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      // While it is half open the other side does not learn of the end.
      if (pair.deaf.size === 0) this.#later(() => this.#end(pair));
    });
  }

  #pass(pair: Pair, from: Side, piece: Piece): void {
    const due = this.#watchesFor(from, piece);
    for (const { when, act } of due) if (when === 'before') act();
    this.#forward(pair, from, piece.bytes);
    if (REPEATED.test(piece.type ?? '') && this.#repeats[from] > 0) {
      this.#repeats[from] -= 1;
      this.#forward(pair, from, piece.bytes);
    }
    for (const { when, act } of due) if (when === 'after') setImmediate(act);
  }

  #watchesFor(from: Side, { type }: Piece): FrameWatch[] {
    for (const watch of this.#watches) if (watch.from === from && watch.type === type) watch.nth -= 1;
    const due = this.#watches.filter(({ nth }) => nth <= 0);
    this.#watches = this.#watches.filter((watch) => !due.includes(watch));
    return due;
  }

  #forward(pair: Pair, from: Side, bytes: Buffer): void {
    this.#later(() => {
      if (pair.deaf.has(otherOf(from))) pair.held[from].push(bytes);
      else if (pair.sockets[otherOf(from)].writable) pair.sockets[otherOf(from)].write(bytes);
    });
  }

  /** Acts after the delay, and never before what came earlier. */
  #later(act: () => void): void {
    this.#queue.push({ dueAt: Date.now() + this.#delayMs, act });
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const wait = next.dueAt - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), wait);
        return;
      }
      this.#queue.shift();
      next.act();
    }
  }

  #heal(pair: Pair): void {
    pair.deaf.clear();
    for (const side of sides) {
      for (const bytes of pair.held[side]) pair.sockets[otherOf(side)].write(bytes);
      pair.held[side] = [];
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const side of sides) pair.sockets[side].destroy();
  }
}
