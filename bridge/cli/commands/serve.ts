import { parseHost, parsePort } from '../../config.ts';
import { runService } from '../../runtime/lifecycle.ts';
import { startBridge } from '../../server.ts';
import { type Command, jsonOption, textOf } from '../command.ts';

/** `bluerelay-bridge serve` */
export const serve: Command = {
  name: 'serve',
  summary: 'Serve agents and API customers until SIGINT or SIGTERM',
  options: [
    { flags: '--port <n>', description: 'port to listen on; 0 takes any free one' },
    { flags: '--host <address>', description: 'address to listen on' },
    jsonOption,
  ],
  examples: ['bluerelay-bridge serve --port 8787', 'bluerelay-bridge serve --port 0 --json'],
  more: `
Environment:
  BLUERELAY_BRIDGE_STORE  sqlite:<file> or postgres://user@host/database (TLS as sslmode in it says);
                          sqlite:~/.bluerelay-bridge/bridge.db when absent. Every command reads it
  BLUERELAY_BRIDGE_MEDIA  folder of files, shared by all bridges of one store; media beside the store when absent
  BLUERELAY_BRIDGE_HOST, BLUERELAY_BRIDGE_PORT  where to listen: 127.0.0.1 and 8787
  BLUERELAY_BRIDGE_LOG    debug, info, warn, error or silent
  BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS=1  also plain http, to this machine
It speaks plain HTTP: let a proxy with TLS pass requests and WebSockets on to it.
`,
  async run({ config, clock, logger, print, tell }, options) {
    const port = options.port === undefined ? config.port : parsePort('--port', textOf(options, 'port'));
    const host = options.host === undefined ? config.host : parseHost('--host', textOf(options, 'host'));
    await runService({
      logger,
      stopOnStdinEnd: config.stopOnStdinEnd,
      start: async () => {
        const bridge = await startBridge({ config: { ...config, port, host }, clock, logger });
        if (options.json) print(JSON.stringify({ url: bridge.url }));
        else tell(`The bridge serves at ${bridge.url}`);
        return bridge;
      },
    });
  },
};
