import { isoTime } from '../../runtime/clock.ts';
import { type Command, jsonOption, textOf } from '../command.ts';
import { withCore } from '../with-core.ts';

/** `bluerelay-bridge line list` */
export const lineList: Command = {
  name: 'line list',
  summary: 'List the lines of an account',
  options: [{ flags: '--account <id>', description: 'the account', required: true }, jsonOption],
  examples: ['bluerelay-bridge line list --account acc_…'],
  async run(context, options) {
    const stored = await withCore(context, (core) => core.describeLines(textOf(options, 'account')));
    const lines = stored.map(({ line, condition, connected, lastSeenAt }) => ({
      id: line.id,
      handle: line.handle,
      ...condition,
      connected,
      lastSeenAt: lastSeenAt === null ? null : isoTime(lastSeenAt),
      createdAt: isoTime(line.createdAt),
    }));
    if (options.json) context.print(JSON.stringify(lines));
    else
      for (const { id, handle, status, health, createdAt } of lines)
        context.print(`${id}  ${createdAt}  ${status.padEnd(12)}  ${(health ?? '-').padEnd(8)}  ${handle}`);
  },
};
