import path from 'node:path';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { receiveText } from '../../virtual-mac/virtual-mac.ts';
import type { Command } from '../command.ts';

/** `bluerelay virtual-mac receive`: a person writes to the line of a running virtual Mac. */
export const virtualMacReceiveCommand: Command = {
  name: 'virtual-mac receive',
  summary: 'Make a person text the line of a running virtual Mac.',
  options: [
    { flags: '--from <handle>', description: 'number or email of the person', required: true },
    { flags: '--text <text>', description: 'what they write', required: true },
    {
      flags: '--home <folder>',
      description: 'home folder of the virtual Mac (default: BLUERELAY_VIRTUAL_MAC)',
    },
    { flags: '--json', description: 'print the written row as JSON' },
  ],
  examples: ['bluerelay virtual-mac receive --from +14155550101 --text "hi"'],
  async run({ config, print, tell }, options) {
    const home = typeof options.home === 'string' ? path.resolve(options.home) : undefined;
    if (!home && !config.virtual)
      throw new AppError('it is not known which virtual Mac is meant', {
        code: 'missing_required_parameter',
        retry: 'never',
        param: 'home',
        hint: 'Name its home: --home DIR, or set BLUERELAY_VIRTUAL_MAC.',
      });
    const row = await receiveText(home ?? config.macHome, String(options.from), String(options.text));
    if (options.json) print(JSON.stringify(row));
    else tell('Received.');
    return undefined;
  },
};
