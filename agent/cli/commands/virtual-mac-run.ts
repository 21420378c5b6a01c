import path from 'node:path';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { runService } from '../../../bridge/runtime/lifecycle.ts';
import { macosReleases, relayedServices } from '../../virtual-mac/types.ts';
import { DEFAULT_LINE, startVirtualMac } from '../../virtual-mac/virtual-mac.ts';
import type { Command } from '../command.ts';

const LINE = /^(\+[1-9]\d{6,14}|[^\s@:;]+@[^\s@:;]+)$/;

/** `bluerelay virtual-mac run`: an emulated Mac until it is stopped. */
export const virtualMacRunCommand: Command = {
  name: 'virtual-mac run',
  summary: 'Run a virtual Mac: Messages, its chat.db and its people.',
  options: [
    {
      flags: '--home <folder>',
      description: 'home folder of the virtual Mac (default: BLUERELAY_VIRTUAL_MAC)',
    },
    { flags: '--macos <release>', description: `release: ${macosReleases.join(', ')}`, default: '26' },
    { flags: '--line <handle>', description: 'own number or email', default: DEFAULT_LINE },
    { flags: '--relays <services>', description: 'what an iPhone relays for it, with commas: SMS,RCS' },
    { flags: '--acquainted', description: 'its people have a conversation with the line already' },
    { flags: '--json', description: 'print one JSON line when ready' },
  ],
  examples: ['bluerelay virtual-mac run --home ./mac', 'bluerelay virtual-mac run --home ./mac --macos 15'],
  async run({ config, clock, logger, print, tell }, options) {
    const home = typeof options.home === 'string' ? path.resolve(options.home) : undefined;
    if (!home && !config.virtual) throw invalid('home', 'Name the home of the virtual Mac: --home DIR');
    const macos = macosReleases.find((release) => release === options.macos);
    if (!macos) throw invalid('macos', `Use one of ${macosReleases.join(', ')}.`);
    const line = String(options.line ?? DEFAULT_LINE);
    if (!LINE.test(line)) throw invalid('line', 'Use an E.164 number or an email address.');
    const relayed = relayedServices.filter((service) =>
      String(options.relays ?? '')
        .split(',')
        .includes(service),
    );
    if (options.relays !== undefined && relayed.join() !== String(options.relays))
      throw invalid('relays', `Use ${relayedServices.join(',')} or one of them.`);
    await runService({
      logger,
      stopOnStdinEnd: config.stopOnStdinEnd,
      start: async () => {
        const mac = await startVirtualMac({
          home: home ?? config.macHome,
          macos,
          line,
          acquainted: options.acquainted === true,
          relayed,
          clock,
          logger,
        });
        const { messagesDb, callHistoryDb, people } = mac;
        if (options.json) print(JSON.stringify({ home: mac.home, messagesDb, callHistoryDb, people }));
        else {
          tell(`Virtual Mac with macOS ${macos} in ${mac.home}; its own handle is ${mac.line}. People:`);
          for (const person of people) tell(`  ${person.handle}  ${person.behaves}`);
        }
        return { stop: () => mac.stop() };
      },
    });
    return undefined;
  },
};

function invalid(param: string, hint: string): AppError {
  return new AppError(`--${param} is missing or not valid`, {
    code: 'invalid_parameter_value',
    retry: 'never',
    param,
    hint,
  });
}
