import { type Action, actions } from '../../../bridge/protocol/common.ts';
import { AppError, errorCode } from '../../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../../bridge/runtime/make-folder.ts';
import {
  askForCalibration,
  type Calibration,
  type CalibrationParams,
  openCalibration,
} from '../../calibration/calibration.ts';
import { lockHome } from '../../lock.ts';
import type { MacCare } from '../../mac/care.ts';
import type { Command, CommandContext, CommandOptions } from '../command.ts';
import { openOwnCare } from '../own-care.ts';

const SOME_FAIL = 3;

type Verdict = Awaited<ReturnType<Calibration['run']>>;

/**
 * `bluerelay calibrate`: tries each action on this Mac, one by one, with consent, and keeps what it showed. The agent does
 * it while it runs, with its own permissions; otherwise this program.
 */
export const calibrateCommand: Command = {
  name: 'calibrate',
  summary: 'Try each action on this Mac with one person who agreed, and remember which work.',
  options: [
    {
      flags: '--to <handle>',
      description: 'who gets the messages and calls: E.164 number or email',
      required: true,
    },
    {
      flags: '--also <handles>',
      description: 'who is in a group with them, with commas; they have to agree too',
    },
    { flags: '--only <actions>', description: `some actions, with commas: ${actions.join(',')}` },
    { flags: '--yes', description: 'do not ask before each action' },
    { flags: '--json', description: 'print one JSON line for each action' },
  ],
  examples: [
    'bluerelay calibrate --to +14155550101',
    'bluerelay calibrate --to +14155550101 --also +14155550102 --only create_group,send_group',
    'bluerelay calibrate --to +14155550101 --only send_text,react --yes',
  ],
  exitCodes: `
Exit codes:
  0  what was tried works
  1  failed; stderr says why
  2  wrong usage
  ${SOME_FAIL}  something that was tried does not work`,
  async run(context, options) {
    const wanted = wantedActions(options);
    const params = { to: handleOf('to', options.to), also: alsoOf(options) };
    if (!options.yes && !context.confirm)
      throw invalid('yes', 'There is no terminal to ask at: add --yes to agree to all.');
    const { calibration, close } = await begin(context, params);
    try {
      let failed = false;
      for (const trial of calibration.trials.filter(({ action }) => wanted.includes(action))) {
        const { result } = await tryOne(trial, calibration, context, options);
        failed ||= result === 'fails';
      }
      return failed ? SOME_FAIL : 0;
    } finally {
      await close();
    }
  },
};

interface Begun {
  calibration: Calibration;
  close(): Promise<void>;
}

/** With the agent that runs, or else in its place. */
async function begin(context: CommandContext, params: CalibrationParams): Promise<Begun> {
  const { config, clock } = context;
  try {
    const calibration = await askForCalibration(config.home, clock, params);
    return { calibration, close: () => calibration.close() };
  } catch (error) {
    if (errorCode(error) !== 'agent_not_running') throw error;
    return beginHere(context, params);
  }
}

async function beginHere(context: CommandContext, params: CalibrationParams): Promise<Begun> {
  const { config, clock, tell } = context;
  tell('The agent does not run: this program tries it, with its own permissions.');
  makeFolder(config.home);
  const unlock = lockHome(config.home);
  let care: MacCare | null = null;
  const letGo = async (): Promise<void> => {
    await care?.stop(new AbortController().signal);
    unlock();
  };
  try {
    care = await openOwnCare(context);
    const calibration = openCalibration(care, config.macHome, clock, params);
    const close = async (): Promise<void> => {
      await calibration.close();
      await letGo();
    };
    return { calibration, close };
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function tryOne(
  { action, says, cannot }: Calibration['trials'][number],
  calibration: Calibration,
  { confirm, print, tell }: CommandContext,
  { yes, json }: CommandOptions,
): Promise<Verdict> {
  const ask = async (): Promise<Verdict> => {
    const agreed = yes === true || (await confirm?.(`${action}: ${says}. Try it?`)) === true;
    if (!agreed) return { result: 'skipped', why: 'not agreed to' };
    tell(`${action}: ${says} …`);
    return calibration.run(action);
  };
  const verdict: Verdict = cannot === undefined ? await ask() : { result: 'skipped', why: cannot };
  if (json) print(JSON.stringify({ action, ...verdict }));
  else
    print(
      `${action.padEnd(17)} ${verdict.result}${'code' in verdict ? `: ${verdict.code}` : ''}${'why' in verdict ? `: ${verdict.why}` : ''}`,
    );
  return verdict;
}

function handleOf(param: string, given: unknown): string {
  const handle = String(given);
  if (!/^(\+[1-9]\d{6,14}|[^\s@:;"',]+@[^\s@:;"',]+\.[^\s@:;"',.]+)$/.test(handle))
    throw invalid(param, 'Use an E.164 number such as +14155550101, or an email address.');
  return handle;
}

function alsoOf({ to, also }: CommandOptions): string[] {
  if (also === undefined) return [];
  const handles = String(also)
    .split(',')
    .map((handle) => handleOf('also', handle.trim()));
  if (new Set([...handles, to]).size !== handles.length + 1 || handles.length > 8)
    throw invalid('also', 'Name up to eight other people, each once.');
  return handles;
}

function wantedActions({ only }: CommandOptions): readonly Action[] {
  if (typeof only !== 'string') return actions;
  const names = only.split(',').map((name) => name.trim());
  const wanted = actions.filter((action) => names.includes(action));
  if (wanted.length !== new Set(names).size) throw invalid('only', `Use some of ${actions.join(',')}.`);
  return wanted;
}

const invalid = (param: string, hint: string): AppError =>
  new AppError(`--${param} is missing or not valid`, {
    code: 'invalid_parameter_value',
    retry: 'never',
    param,
    hint,
  });
