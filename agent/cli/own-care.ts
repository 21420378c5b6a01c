import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { type MacCare, openMacCare } from '../mac/care.ts';
import type { CommandContext } from './command.ts';

/**
 * What this Mac can do as this program sees it, with its own permissions, looked at once. For commands where no agent
 * runs that could be asked; whoever opened it stops it.
 */
export async function openOwnCare({ config, clock, logger }: CommandContext): Promise<MacCare> {
  const { home, macHome, virtual } = config;
  makeFolder(home);
  const care = openMacCare({
    home,
    macHome,
    target: virtual ? { kind: 'virtual', home: macHome } : { kind: 'system' },
    allowSending: true,
    clock,
    logger,
    onCapabilities: () => undefined,
  });
  try {
    await care.capabilities.refresh();
    return care;
  } catch (error) {
    await care.stop(new AbortController().signal);
    throw error;
  }
}
