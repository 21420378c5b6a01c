import { makeFolder } from '../../../bridge/runtime/make-folder.ts';
import { openMacCare } from '../../mac/care.ts';
import type { Command } from '../command.ts';

/** `bluerelay capabilities`: what this Mac can do, action by action, and what it lacks. */
export const capabilitiesCommand: Command = {
  name: 'capabilities',
  summary: 'Show what this Mac can do, and why not where it cannot. Asks nobody, sends nothing.',
  options: [{ flags: '--json', description: 'print it as one JSON line' }],
  examples: ['bluerelay capabilities', 'bluerelay capabilities --json'],
  async run({ config, clock, logger, print, tell }, options) {
    makeFolder(config.home);
    const care = openMacCare({
      home: config.home,
      macHome: config.macHome,
      target: config.virtual ? { kind: 'virtual', home: config.macHome } : { kind: 'system' },
      allowSending: true,
      clock,
      logger,
      onCapabilities: () => undefined,
    });
    try {
      const actions = await care.capabilities.refresh();
      const permissions = care.capabilities.permissions();
      if (options.json) {
        print(JSON.stringify({ macos: care.macos, permissions, actions }));
        return 0;
      }
      print(`macOS ${care.macos}`);
      for (const { component, status, detail, fix } of permissions)
        print(`  ${component.padEnd(24)} ${status.padEnd(8)} ${detail}${fix ? `. ${fix}` : ''}`);
      for (const { action, method, reason, calibrated } of actions)
        print(
          `  ${action.padEnd(12)} ${method.padEnd(11)} ${`calibrated: ${calibrated}`.padEnd(18)} ${reason}`,
        );
      tell('Permissions are those of this program; an agent that launchd started may have others.');
      return 0;
    } finally {
      await care.stop(new AbortController().signal);
    }
  },
};
