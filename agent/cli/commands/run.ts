import { AppError } from '../../../bridge/runtime/app-error.ts';
import { runService } from '../../../bridge/runtime/lifecycle.ts';
import { startPatiently } from '../../patient-start.ts';
import type { Command } from '../command.ts';

/** `bluerelay run`: the daemon until it is stopped. */
export const runCommand: Command = {
  name: 'run',
  summary: 'Run the agent: read Messages, carry out what the bridge orders.',
  options: [
    {
      flags: '--allow-sending',
      description: 'let it send on a real Mac (a virtual Mac always may); without it the agent only reads',
    },
    { flags: '--pacing <off>', description: 'on a virtual Mac, "off" sends as fast as it takes it' },
    { flags: '--json', description: 'print one JSON line when ready' },
  ],
  examples: ['bluerelay run', 'bluerelay run --allow-sending'],
  async run({ config, clock, logger, print, tell }, options) {
    if (options.pacing !== undefined && options.pacing !== 'off')
      throw new AppError('--pacing takes only off', { code: 'invalid_option', retry: 'never' });
    await runService({
      logger,
      stopOnStdinEnd: config.stopOnStdinEnd,
      start: async (stopping) => {
        const allowSending = config.virtual || options.allowSending === true;
        const pacingOff = options.pacing === 'off';
        const daemon = await startPatiently({ config, allowSending, pacingOff, clock, logger }, stopping);
        if (!daemon) return { stop: async () => undefined };
        const { agentId, line, home } = daemon.status();
        if (options.json) print(JSON.stringify({ agentId, line, home }));
        else tell(`Agent ${agentId} runs for ${line.handle}; see it with: bluerelay status`);
        return daemon;
      },
    });
    return undefined;
  },
};
