import { z } from 'zod';
import { type Action, actions } from '../../bridge/protocol/common.ts';
import { agentErrors, messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { control } from '../control/control.ts';
import type { MacCare } from '../mac/care.ts';
import { ProofRows } from './proof-rows.ts';
import { type Trial, Trials, type Verdict } from './trials.ts';

/** How often the agent is asked whether a trial has ended, in milliseconds. */
const ASK_EVERY_MS = 300;

/** Who agreed to get the messages and calls, and who beside them to be in a group. */
export const calibrationParamsSchema = z.strictObject({
  to: z.string().min(3).max(254),
  also: z.array(z.string().min(3).max(254)).max(8),
});

export type CalibrationParams = z.infer<typeof calibrationParamsSchema>;

/** What can be tried on one Mac. Consent is up to whoever calls. */
export interface Calibration {
  trials: readonly Pick<Trial, 'action' | 'says' | 'cannot'>[];
  /** Tries one action and remembers what that showed. */
  run(action: Action): Promise<Verdict>;
  close(): Promise<void>;
}

/** Tries on the Mac of this process. */
export function openCalibration(
  care: MacCare,
  macHome: string,
  clock: Clock,
  params: CalibrationParams,
): Calibration {
  const rows = new ProofRows(macHome, clock);
  const trials = new Trials({ care, rows, clock, ...params }).all();
  return {
    trials: trials.map(({ run: _run, ...trial }) => trial),
    async run(action) {
      const trial = trials.find((candidate) => candidate.action === action);
      if (!trial) return { result: 'skipped', why: 'it is not known' };
      const verdict = await trial.run();
      if (verdict.result !== 'skipped') {
        care.saveCalibration(action, { ...verdict, macos: care.macos, at: clock.now() });
        care.capabilities.doubt();
      }
      return verdict;
    },
    close: async () => rows.close(),
  };
}

const verdictSchema = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('works') }),
  z.strictObject({ result: z.literal('fails'), code: z.string() }),
  z.strictObject({ result: z.literal('skipped'), why: z.string() }),
]);
const actionSchema = z.enum(actions);
const begunSchema = z.object({
  trials: z.array(z.object({ action: actionSchema, says: z.string(), cannot: z.string().exactOptional() })),
});
const toldSchema = z.object({ verdict: verdictSchema.nullable() });
const runParamsSchema = z.strictObject({ action: actionSchema });

interface DeskOptions {
  care: MacCare;
  macHome: string;
  /** Whether the agent may do more than read. */
  sendingAllowed: boolean;
  clock: Clock;
}

/** The agent's side of a calibration that is asked for over its control socket: one at a time, trial by trial. */
export class CalibrationDesk {
  readonly #options: DeskOptions;
  #calibration: Calibration | undefined;
  #running: Promise<void> | undefined;
  #ended: { verdict: Verdict } | { error: unknown } | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Methods of the control socket; a trial takes longer than an answer may, so that its end is asked for. */
  methods(): Record<string, (params: unknown) => unknown> {
    return {
      'calibration.begin': (params) => this.#begin(calibrationParamsSchema.parse(params)),
      'calibration.run': (params) => this.#run(runParamsSchema.parse(params).action),
      'calibration.told': () => this.#told(),
      'calibration.end': () => this.#close(),
    };
  }

  /** Waits for the trial under way; whoever owns the Mac ends its acts. */
  async stop(): Promise<void> {
    await this.#running;
    await this.#close();
  }

  async #begin(params: CalibrationParams): Promise<z.infer<typeof begunSchema>> {
    const { care, macHome, sendingAllowed, clock } = this.#options;
    if (!sendingAllowed)
      throw new AppError('The agent only reads', { code: 'mac_read_only', ...messageErrors.mac_read_only });
    if (this.#running) throw busy();
    await this.#close();
    this.#calibration = openCalibration(care, macHome, clock, params);
    return { trials: [...this.#calibration.trials] };
  }

  #run(action: Action): void {
    const calibration = this.#calibration;
    if (!calibration || this.#running) throw busy();
    this.#ended = undefined;
    this.#running = calibration
      .run(action)
      .then((verdict) => {
        this.#ended = { verdict };
      })
      .catch((error: unknown) => {
        this.#ended = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  #told(): z.infer<typeof toldSchema> {
    if (this.#ended && 'error' in this.#ended) throw this.#ended.error;
    return { verdict: this.#ended?.verdict ?? null };
  }

  async #close(): Promise<void> {
    if (this.#running) return;
    const calibration = this.#calibration;
    this.#calibration = undefined;
    await calibration?.close();
  }
}

const busy = (): AppError =>
  new AppError('The agent is calibrating already, or not at all', {
    code: 'calibration_busy',
    ...agentErrors.calibration_busy,
  });

/** Tries on the Mac of the agent that runs with a home. Throws AppError `agent_not_running`, `mac_read_only`, `calibration_busy`. */
export async function askForCalibration(
  home: string,
  clock: Clock,
  params: CalibrationParams,
): Promise<Calibration> {
  const { trials } = begunSchema.parse(await control.ask(home, clock, 'calibration.begin', params));
  return {
    trials,
    async run(action) {
      await control.ask(home, clock, 'calibration.run', { action });
      for (;;) {
        const { verdict } = toldSchema.parse(await control.ask(home, clock, 'calibration.told'));
        if (verdict) return verdict;
        await clock.sleep(ASK_EVERY_MS);
      }
    },
    close: async () => {
      await control.ask(home, clock, 'calibration.end');
    },
  };
}
