import net from 'node:net';
import { eventually } from '../support/eventually.ts';

/** Where ports for bridges are looked for: below those that systems give away by themselves. */
const PORTS = { from: 14_000, to: 30_000 };

/** A port of this machine on which nobody listens. */
export function freePort(): Promise<number> {
  return eventually(
    async () => {
      const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
      const server = net.createServer();
      const free = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
      });
      return free && port;
    },
    { what: 'a free port' },
  );
}
