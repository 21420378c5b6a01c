import { virtualPeople } from '../../virtual-mac/virtual-mac.ts';
import type { Command } from '../command.ts';

/** `bluerelay virtual-mac people`: who can be written to on a virtual Mac. */
export const virtualMacPeopleCommand: Command = {
  name: 'virtual-mac people',
  summary: 'List the people of a virtual Mac and what each does with messages.',
  options: [{ flags: '--json', description: 'print them as a JSON array' }],
  examples: ['bluerelay virtual-mac people', 'bluerelay virtual-mac people --json'],
  async run({ print }, options) {
    const people = virtualPeople();
    if (options.json) print(JSON.stringify(people));
    else for (const { handle, behaves } of people) print(`${handle}  ${behaves}`);
    return undefined;
  },
};
