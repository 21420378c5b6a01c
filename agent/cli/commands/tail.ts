import { runService } from '../../../bridge/runtime/lifecycle.ts';
import { openCallsDb } from '../../calls-db/calls-db.ts';
import type { CallChange } from '../../calls-db/types.ts';
import { openMessagesDb } from '../../messages-db/messages-db.ts';
import type { MessageChange } from '../../messages-db/types.ts';
import { changeLine } from '../change-line.ts';
import type { Command } from '../command.ts';
import { callHistoryFile, messagesFile } from '../mac-files.ts';

/** `bluerelay tail`: what happens in Messages and in FaceTime, as it happens; beside the daemon, which it leaves alone. */
export const tailCommand: Command = {
  name: 'tail',
  summary: 'Print what happens in Messages and FaceTime from now on, texts included, until it is stopped.',
  options: [{ flags: '--json', description: 'print each change as one JSON line' }],
  examples: ['bluerelay tail', 'bluerelay tail --json | jq .text', 'bluerelay messages export --since 1h'],
  async run({ config, clock, logger, print, tell }, options) {
    const memory = { cursor: null, entries: new Map<string, string>() };
    const shared = { memory, clock, logger };
    const messages = openMessagesDb({ databasePath: messagesFile(config), ...shared });
    const calls = openCallsDb({ databasePath: callHistoryFile(config), ...shared });
    const stopping = new AbortController();
    const { signal } = stopping;
    const show = (change: MessageChange | CallChange): void =>
      print(options.json ? JSON.stringify(change) : changeLine(change));
    const follow = async (source: typeof messages | typeof calls, begun: () => void): Promise<void> => {
      for await (const { changes } of source.changes(signal)) {
        for (const change of changes) show(change);
        begun();
      }
    };
    const oneByOne = { messages: false, calls: false };
    const begun = (which: keyof typeof oneByOne) => (): void => {
      if (oneByOne[which]) return;
      oneByOne[which] = true;
      if (oneByOne.messages && oneByOne.calls) tell('Watching; Ctrl-C ends it.');
    };
    try {
      // Throws where chat.db cannot be read, which the tail itself would wait out.
      messages.highWater();
      await runService({
        logger,
        stopOnStdinEnd: config.stopOnStdinEnd,
        start: async () => {
          const following = Promise.all([follow(messages, begun('messages')), follow(calls, begun('calls'))]);
          return {
            stop: async () => {
              stopping.abort();
              await following;
            },
          };
        },
      });
    } finally {
      messages.close();
      calls.close();
    }
    return undefined;
  },
};
