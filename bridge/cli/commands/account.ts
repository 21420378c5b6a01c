import { isoTime } from '../../runtime/clock.ts';
import { type Command, jsonOption, textOf } from '../command.ts';
import { withCore } from '../with-core.ts';

/** `bluerelay-bridge account create` */
export const accountCreate: Command = {
  name: 'account create',
  summary: 'Create an account and show its two API keys, once',
  options: [
    { flags: '--name <name>', description: 'name of the account, for people', required: true },
    jsonOption,
  ],
  examples: ['bluerelay-bridge account create --name "Example Ltd"'],
  async run(context, options) {
    const made = await withCore(context, (core) => core.createAccount(textOf(options, 'name')));
    const { id, name, createdAt } = made.account;
    if (options.json) {
      const account = { id, name, createdAt: isoTime(createdAt) };
      context.print(JSON.stringify({ account, liveKey: made.liveKey, sandboxKey: made.sandboxKey }));
      return;
    }
    context.print(`account      ${id}`);
    context.print(`live key     ${made.liveKey}`);
    context.print(`sandbox key  ${made.sandboxKey}`);
    context.tell('Keep the keys now: they are stored hashed and cannot be shown again.');
  },
};

/** `bluerelay-bridge account list` */
export const accountList: Command = {
  name: 'account list',
  summary: 'List the accounts',
  options: [jsonOption],
  examples: ['bluerelay-bridge account list --json'],
  async run(context, options) {
    const stored = await withCore(context, (_core, store) => store.listAccounts());
    const accounts = stored.map(({ id, name, createdAt }) => ({ id, name, createdAt: isoTime(createdAt) }));
    if (options.json) context.print(JSON.stringify(accounts));
    else for (const { id, name, createdAt } of accounts) context.print(`${id}  ${createdAt}  ${name}`);
  },
};
