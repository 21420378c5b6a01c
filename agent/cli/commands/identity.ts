import { z } from 'zod';
import { agentErrors } from '../../../bridge/protocol/errors.ts';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { control } from '../../control/control.ts';
import type { Command, CommandContext } from '../command.ts';

/** How long a rotation is waited for, and how often it is looked at, in milliseconds. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 200;

const statusSchema = z.object({
  state: z.enum(['settled', 'made', 'announced']),
  key: z.string(),
  nextKey: z.string().nullable(),
  problem: z.object({ code: z.string(), message: z.string() }).nullable(),
});
type Status = z.infer<typeof statusSchema>;

const ask = async ({ config, clock }: CommandContext, method: string): Promise<Status> =>
  statusSchema.parse(await control.ask(config.home, clock, method));

const lines = ({ state, key, nextKey, problem }: Status): string[] => [
  `key       ${key}`,
  ...(nextKey
    ? [`next key  ${nextKey}, ${state === 'made' ? 'not yet with the bridge' : 'with the bridge'}`]
    : []),
  ...(problem ? [`problem   ${problem.message}`] : []),
];

/** `bluerelay identity show`: the key of the running agent, as its bridge names it too. */
export const identityShowCommand: Command = {
  name: 'identity show',
  summary: 'Show the key of the running agent, and the next one while keys are rotated.',
  options: [{ flags: '--json', description: 'print one JSON line' }],
  examples: ['bluerelay identity show'],
  async run(context, options) {
    const status = await ask(context, 'identity.show');
    if (options.json) context.print(JSON.stringify(status));
    else for (const line of lines(status)) context.print(line);
    return undefined;
  },
};

/** `bluerelay identity rotate`: a new key takes the place of the present one. */
export const identityRotateCommand: Command = {
  name: 'identity rotate',
  summary: 'Give the agent a new key; the present one is good until the new one has connected.',
  options: [{ flags: '--json', description: 'print one JSON line' }],
  examples: ['bluerelay identity rotate'],
  async run(context, options) {
    const { clock } = context;
    const begun = await ask(context, 'identity.rotate');
    const end = clock.now() + PATIENCE_MS;
    let status = begun;
    while (status.state !== 'settled' && !status.problem && clock.now() < end) {
      await clock.sleep(LOOK_MS);
      status = await ask(context, 'identity.show');
    }
    if (status.state !== 'settled')
      throw new AppError(status.problem?.message ?? 'The bridge was not reached', {
        code: 'rotation_pending',
        ...agentErrors.rotation_pending,
      });
    if (options.json) context.print(JSON.stringify(status));
    else context.tell(`The key is ${status.key} now.`);
    return undefined;
  },
};
