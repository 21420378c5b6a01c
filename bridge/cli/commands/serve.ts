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
