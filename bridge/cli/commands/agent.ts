import { isoTime } from '../../runtime/clock.ts';
import { keyFingerprint } from '../../runtime/signature.ts';
import type { Agent } from '../../store/types.ts';
import { type Command, jsonOption, textOf } from '../command.ts';
import { withCore } from '../with-core.ts';

/** `bluerelay-bridge agent token` */
export const agentToken: Command = {
  name: 'agent token',
  summary: 'Make a single-use token with which one Mac enrols within 15 minutes',
  options: [
    { flags: '--account <id>', description: 'account whose line the Mac becomes', required: true },
    jsonOption,
  ],
  examples: ['bluerelay-bridge agent token --account acc_…'],
  async run(context, options) {
    const made = await withCore(context, (core) => core.createEnrolmentToken(textOf(options, 'account')));
    const expiresAt = isoTime(made.expiresAt);
    if (options.json) {
      context.print(JSON.stringify({ token: made.token, expiresAt }));
      return;
    }
    context.print(made.token);
    context.tell(`Good once, until ${expiresAt}. On the Mac: bluerelay enrol --bridge <url> --token -`);
  },
};

const described = (agent: Agent) => ({
  id: agent.id,
  accountId: agent.accountId,
  lineId: agent.lineId,
  name: agent.name,
  key: keyFingerprint(agent.publicKey),
  nextKey: agent.nextPublicKey === null ? null : keyFingerprint(agent.nextPublicKey),
  createdAt: isoTime(agent.createdAt),
  revokedAt: agent.revokedAt === null ? null : isoTime(agent.revokedAt),
  lastSeenAt: agent.lastSeenAt === null ? null : isoTime(agent.lastSeenAt),
});

function standing({ revokedAt, lastSeenAt }: ReturnType<typeof described>): string {
  if (revokedAt) return `revoked ${revokedAt}`;
  return lastSeenAt ? `seen ${lastSeenAt}` : 'never seen';
}

/** `bluerelay-bridge agent list` */
export const agentList: Command = {
  name: 'agent list',
  summary: 'List the agents of all accounts, or of one',
  options: [{ flags: '--account <id>', description: 'only the agents of this account' }, jsonOption],
  examples: ['bluerelay-bridge agent list --json'],
  async run(context, options) {
    const agents = await withCore(context, async (core, store) => {
      const accounts = (await store.listAccounts()).map(({ id }) => id);
      const only = textOf(options, 'account');
      const found: Agent[] = [];
      for (const id of only ? [only] : accounts) found.push(...(await core.listAgents(id)));
      return found.map(described);
    });
    if (options.json) context.print(JSON.stringify(agents));
    else
      for (const agent of agents)
        context.print(`${agent.id}  ${agent.lineId}  ${agent.key}  ${standing(agent)}  ${agent.name}`);
  },
};

/** `bluerelay-bridge agent revoke` */
export const agentRevoke: Command = {
  name: 'agent revoke',
  summary: 'Revoke an agent: it may not connect again until it is enrolled anew',
  options: [{ flags: '--id <id>', description: 'the agent', required: true }, jsonOption],
  examples: ['bluerelay-bridge agent revoke --id ag_…'],
  async run(context, options) {
    const id = textOf(options, 'id');
    await withCore(context, (core) => core.revokeAgent(id));
    if (options.json) context.print(JSON.stringify({ id, revoked: true }));
    else context.tell(`${id} is revoked.`);
  },
};
