import { type Action, actions } from '../../../bridge/protocol/common.ts';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../../bridge/runtime/make-folder.ts';
import { lockHome } from '../../lock.ts';
import { type MacCare, openMacCare } from '../../mac/care.ts';
import { Calibration, type Trial, type Verdict } from '../calibration.ts';
import { ProofRows } from '../calibration-rows.ts';
import type { Command, CommandContext, CommandOptions } from '../command.ts';

const SOME_FAIL = 3;

type Told = { action: Action } & Verdict;

/** `bluerelay calibrate`: tries each action on this Mac, one by one, with consent, and keeps what it showed. */
export const calibrateCommand: Command = {
  name: 'calibrate',
  summary: 'Try each action on this Mac with one person who agreed, and remember which work.',
  options: [
    {
      flags: '--to <handle>',
      description: 'who gets the messages and calls: E.164 number or email',
      required: true,
    },
    { flags: '--only <actions>', description: `some actions, with commas: ${actions.join(',')}` },
    { flags: '--yes', description: 'do not ask before each action' },
    { flags: '--json', description: 'print one JSON line for each action' },
  ],
  examples: [
    'bluerelay calibrate --to +14155550101',
    'bluerelay calibrate --to +14155550101 --only send_text,react --yes',
  ],
  exitCodes: `
Exit codes:
  0  what was tried works
  1  failed; stderr says why
  2  wrong usage
  ${SOME_FAIL}  something that was tried does not work`,
  async run(context, options) {
    const { config, clock, logger, confirm } = context;
    const wanted = wantedActions(options);
    const to = String(options.to);
    if (!/^(\+[1-9]\d{6,14}|[^\s@:;"']+@[^\s@:;"']+\.[^\s@:;"'.]+)$/.test(to))
      throw invalid('to', 'Use an E.164 number such as +14155550101, or an email address.');
    if (!options.yes && !confirm)
      throw invalid('yes', 'There is no terminal to ask at: add --yes to agree to all.');
    makeFolder(config.home);
    const unlock = lockHome(config.home);
    try {
      const care = openMacCare({
        home: config.home,
        macHome: config.macHome,
        target: config.virtual ? { kind: 'virtual', home: config.macHome } : { kind: 'system' },
        allowSending: true,
        tryAnything: true,
        clock,
        logger,
        onCapabilities: () => undefined,
      });
      const rows = new ProofRows(config.macHome, clock);
      try {
        await care.capabilities.refresh();
        const trials = new Calibration({ care, rows, clock, to }).trials();
        const told: Told[] = [];
        for (const trial of trials.filter(({ action }) => wanted.includes(action)))
          told.push(await tryOne(trial, care, context, options));
        return told.some(({ result }) => result === 'fails') ? SOME_FAIL : 0;
      } finally {
        rows.close();
        await care.stop(new AbortController().signal);
      }
    } finally {
      unlock();
    }
  },
};

async function tryOne(
  { action, says, run }: Trial,
  care: MacCare,
  { clock, confirm, print, tell }: CommandContext,
  { yes, json }: CommandOptions,
): Promise<Told> {
  const agreed = yes === true || (await confirm?.(`${action}: ${says}. Try it?`)) === true;
  if (agreed) tell(`${action}: ${says} …`);
  const verdict: Verdict = agreed ? await run() : { result: 'skipped', why: 'not agreed to' };
  if (verdict.result !== 'skipped')
    care.saveCalibration(action, { ...verdict, macos: care.macos, at: clock.now() });
  const told = { action, ...verdict };
  if (json) print(JSON.stringify(told));
  else
    print(
      `${action.padEnd(12)} ${verdict.result}${'code' in verdict ? `: ${verdict.code}` : ''}${'why' in verdict ? `: ${verdict.why}` : ''}`,
    );
  return told;
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
