import path from 'node:path';
import {
  causeNamedFault,
  clearFaults,
  lastingFaultNames,
  waitingFaults,
} from '../../virtual-mac/virtual-mac.ts';
import type { Command } from '../command.ts';

/** `bluerelay virtual-mac fault`: something goes wrong on a running virtual Mac, or is otherwise than it is set up. */
export const virtualMacFaultCommand: Command = {
  name: 'virtual-mac fault',
  summary: 'Make something go wrong on a running virtual Mac, or show what waits to.',
  options: [
    {
      flags: '--make <fault>',
      description: `how it is from now on: ${lastingFaultNames.join(', ')}; or what happens once, as JSON`,
    },
    { flags: '--clear', description: 'end all of it first' },
    {
      flags: '--home <folder>',
      description: 'home folder of the virtual Mac (default: BLUERELAY_VIRTUAL_MAC, else that of npm start)',
    },
    { flags: '--json', description: 'print what waits or lasts as a JSON array' },
  ],
  examples: [
    'bluerelay virtual-mac fault --make screen-locked',
    'bluerelay virtual-mac fault --make \'{"kind":"hang","at":"send"}\'',
    'bluerelay virtual-mac fault --clear',
  ],
  async run({ config, print }, options) {
    const home = typeof options.home === 'string' ? path.resolve(options.home) : config.virtualMacHome;
    if (options.clear) await clearFaults(home);
    if (options.make !== undefined) await causeNamedFault(home, String(options.make));
    const waiting = await waitingFaults(home);
    if (options.json) print(JSON.stringify(waiting));
    else for (const fault of waiting) print(JSON.stringify(fault));
    return undefined;
  },
};
