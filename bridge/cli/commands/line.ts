import { AppError } from '../../runtime/app-error.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { Store } from '../../store/types.ts';
import { type Command, jsonOption, textOf } from '../command.ts';
import { withCore } from '../with-core.ts';

const idOption = { flags: '--id <id>', description: 'the line', required: true };

/** The account that has a line. Throws `not_found`. */
async function accountOf(store: Store, lineId: string): Promise<string> {
  for (const { id } of await store.listAccounts()) if (await store.findLine(id, lineId)) return id;
  throw new AppError('There is no such line', {
    code: 'not_found',
    retry: 'never',
    hint: 'See them with: bluerelay-bridge line list',
  });
}

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

/** `bluerelay-bridge line ban` */
export const lineBan: Command = {
  name: 'line ban',
  summary: 'Mark a line as banned: nothing leaves from it any more',
  options: [idOption, { flags: '--reason <text>', description: 'what you saw, for people' }, jsonOption],
  examples: ['bluerelay-bridge line ban --id ln_… --reason "no blue bubbles since noon"'],
  async run(context, options) {
    const id = textOf(options, 'id');
    const reason = textOf(options, 'reason') || undefined;
    await withCore(context, async (core, store) =>
      core.banLine(await accountOf(store, id), id, { banned: true, reason }),
    );
    if (options.json) context.print(JSON.stringify({ id, banned: true }));
    else context.tell(`${id} is banned; its Mac knows it within seconds.`);
  },
};

/** `bluerelay-bridge line unban` */
export const lineUnban: Command = {
  name: 'line unban',
  summary: 'Take a ban back: the caps of the line come back in quarters, day by day',
  options: [idOption, jsonOption],
  examples: ['bluerelay-bridge line unban --id ln_…'],
  async run(context, options) {
    const id = textOf(options, 'id');
    await withCore(context, async (core, store) =>
      core.banLine(await accountOf(store, id), id, { banned: false }),
    );
    if (options.json) context.print(JSON.stringify({ id, banned: false }));
    else context.tell(`${id} is not banned any more; it recovers gradually.`);
  },
};
