import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** A TCP proxy on this machine whose connections the test cuts or lets hang. */
export class CuttingProxy {
  connections = 0;
  readonly #server: net.Server;
  readonly #pairs = new Set<readonly [net.Socket, net.Socket]>();

  private constructor(port: number) {
    this.#server = net.createServer((near) => {
      this.connections += 1;
      const far = net.connect(port, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      near.pipe(far);
      far.pipe(near);
      for (const socket of pair) {
        // A cut is what the proxy is for.
        socket.on('error', () => undefined);
        socket.on('close', () => this.#end(pair));
      }
    });
  }

  /** In front of a port of this machine. */
  static async start(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #end(pair: readonly [net.Socket, net.Socket]): void {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }
}
