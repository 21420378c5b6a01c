import os from 'node:os';
import { handleSchema } from '../../../bridge/protocol/common.ts';
import { agentErrors } from '../../../bridge/protocol/errors.ts';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { ownHandle } from '../../daemon.ts';
import { enrol } from '../../identity/identity.ts';
import type { Command, CommandContext } from '../command.ts';

/** `bluerelay enrol`: makes this Mac a line of a bridge. */
export const enrolCommand: Command = {
  name: 'enrol',
  summary: 'Enrol this Mac with a bridge by a single-use token.',
  options: [
    { flags: '--bridge <url>', description: 'address of the bridge', required: true },
    {
      flags: '--token <token>',
      description: 'the token of `bluerelay-bridge agent token`; - reads it from standard input',
      required: true,
    },
    { flags: '--name <name>', description: 'name of this Mac for people (default: its host name)' },
    {
      flags: '--handle <handle>',
      description: 'number or email that messages leave from (default: as Messages shows)',
    },
    { flags: '--again', description: 'enrol anew although it is enrolled already' },
    { flags: '--json', description: 'print the result as one JSON line' },
  ],
  examples: [
    'bluerelay enrol --bridge https://bridge.example.com --token enr_…',
    'pbpaste | bluerelay enrol --bridge https://bridge.example.com --token - --handle +14155550100',
  ],
  async run(context, options) {
    const { config, clock, print, tell } = context;
    const enrolled = await enrol({
      home: config.home,
      bridge: String(options.bridge),
      token: await readToken(context, String(options.token)),
      name: bounded('name', typeof options.name === 'string' ? options.name : os.hostname(), 1, 100),
      handle: handleFrom(context, options.handle),
      again: options.again === true,
      clock,
    });
    if (options.json) print(JSON.stringify(enrolled));
    else tell(`Enrolled as ${enrolled.agentId}: line ${enrolled.line.handle}. Start it: bluerelay run`);
    return undefined;
  },
};

async function readToken({ readInput }: CommandContext, option: string): Promise<string> {
  const token = option === '-' && readInput ? await readInput() : option;
  return bounded('token', token.trim(), 20, 200);
}

function handleFrom({ config, clock, logger }: CommandContext, option: unknown): string {
  const handle = typeof option === 'string' ? option : ownHandle(config, clock, logger);
  if (handle === null)
    throw new AppError('Messages does not show which handle is its own', {
      code: 'handle_required',
      ...agentErrors.handle_required,
      param: 'handle',
    });
  const parsed = handleSchema.safeParse(handle.trim());
  if (!parsed.success) throw invalid('handle', 'Use an E.164 number or an email address.');
  return parsed.data;
}

function bounded(param: string, value: string, shortest: number, longest: number): string {
  if (value.length < shortest || value.length > longest)
    throw invalid(param, `It has ${shortest} to ${longest} characters.`);
  return value;
}

const invalid = (param: string, hint: string): AppError =>
  new AppError(`--${param} is not valid`, {
    code: 'invalid_parameter_value',
    retry: 'never',
    param,
    hint,
  });
