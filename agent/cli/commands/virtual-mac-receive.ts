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
      description: 'home folder of the virtual Mac (default: BLUERELAY_VIRTUAL_MAC, else that of npm start)',
    },
    { flags: '--json', description: 'print the written row as JSON' },
  ],
  examples: ['bluerelay virtual-mac receive --from +14155550101 --text "hi"'],
  async run({ config, print, tell }, options) {
    const home = typeof options.home === 'string' ? path.resolve(options.home) : config.virtualMacHome;
    const text = String(options.text);
    if (text === '')
      throw new AppError('a person writes at least one character', {
        code: 'invalid_parameter_value',
        retry: 'never',
        param: 'text',
        hint: 'Give --text something to say.',
      });
    const row = await receiveText(home, String(options.from), text);
    if (options.json) print(JSON.stringify(row));
    else tell('Received.');
    return undefined;
  },
};
