import path from 'node:path';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import type { Ledger } from './ledger.ts';
import { killWorkers } from './leftovers.ts';
import { MacSteps } from './mac-steps.ts';
import type { Fault, Moment, Victim } from './plan.ts';
import type { World } from './world.ts';

type KindOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;
type MacFault = KindOf<'hang' | 'apple-error' | 'not-running' | 'ghost-row' | 'late-join'>;

/** Makes things go wrong as a plan says, and right again. */
export class FaultMaker {
  /** Labels of the steps at which something was killed. */
  readonly met = new Set<string>();
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #macSteps: MacSteps;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #endings = new Set<() => void>();
  readonly #atWebhook = new Map<number, () => void>();
  /** Steps that are still to be met, by their labels, and what they need. */
  readonly #awaited = new Map<string, readonly Fault[]>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.#macSteps = new MacSteps(path.join(world.agentHome, 'acts'), world.messagesDb);
    const before = world.webhook.receiver.requests.length;
    world.webhook.onRequest = (count) => {
      const act = this.#atWebhook.get(count - before);
      act?.();
      return act !== undefined;
    };
  }

  /** Arms all faults; their times count from now. */
  begin(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === 'kill') {
        this.#armKill(fault);
        this.begin(fault.needs ?? []);
      } else this.#in(fault.at, () => this.#cause(fault));
    }
  }

  /** Whether every step that is to be met was met. */
  get metAll(): boolean {
    return this.#awaited.size === 0;
  }

  /** Causes once more, at once, what the steps that are still to be met need. */
  nudge(): void {
    for (const fault of [...this.#awaited.values()].flat())
      this.begin([fault.kind === 'kill' ? { ...fault, moment: { at: 0 } } : { ...fault, at: 0 }]);
  }

  /** Nothing new goes wrong from here on, and what was wrong for a while is right again. */
  end(): void {
    for (const program of Object.values(this.#world.programs)) program.forgetWatches();
    this.#macSteps.forget();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const ending of this.#endings) ending();
    this.#endings.clear();
    this.#atWebhook.clear();
    this.#world.proxy.calm();
    this.#world.webhook.trouble(undefined);
    for (const clock of Object.values(this.#world.clocks)) clock.catchUp();
  }

  #in(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  /** Something that ends after a while, or with the faults. */
  #for(ms: number, ending: () => void): void {
    const once = (): void => {
      if (this.#endings.delete(once)) ending();
    };
    this.#endings.add(once);
    this.#in(ms, once);
  }

  #armKill({ program, moment, downMs, workersToo, label, needs = [] }: KindOf<'kill'>): void {
    if (label !== undefined) this.#awaited.set(label, needs);
    const kill = (when: Moment): void => {
      const killed = this.#kill(program, downMs, JSON.stringify(when), workersToo);
      if (label === undefined) return;
      if (killed) {
        this.#awaited.delete(label);
        this.met.add(label);
      } else if ('nth' in when) this.#at({ ...when, nth: 1 }, () => kill({ ...when, nth: 1 }));
    };
    this.#at(moment, () => kill(moment));
  }

  #at(moment: Moment, act: () => void): void {
    if ('at' in moment) this.#in(moment.at, act);
    else if ('log' in moment) this.#world.programs[moment.of].watch(moment.log, moment.nth, act);
    else if ('webhook' in moment) this.#atWebhook.set(moment.webhook, act);
    else if ('frame' in moment) {
      const { frame: type, ...rest } = moment;
      this.#world.proxy.watch({ ...rest, type, act });
    } else this.#macSteps.watch(moment, act);
  }

  /** Returns whether there was something to kill. */
  #kill(victim: Victim, downMs: number, moment: string, workersToo = false): boolean {
    const { programs, agentHome } = this.#world;
    const killed = victim === 'workers' || programs[victim].kill(downMs);
    if (!killed) return false;
    const workers = victim === 'workers' || workersToo ? killWorkers(agentHome) : 0;
    const whom = victim === 'workers' ? `${workers} workers` : `the ${victim}`;
    this.#ledger.note(`killed ${whom} at ${moment}${workersToo ? ` with ${workers} workers` : ''}`);
    return victim !== 'workers' || workers > 0;
  }

  #cause(fault: Exclude<Fault, { kind: 'kill' }>): void {
    const { proxy, webhook, programs, clocks } = this.#world;
    this.#ledger.note(JSON.stringify(fault));
    switch (fault.kind) {
      case 'restart':
        programs[fault.program].restart();
        break;
      case 'cut':
        proxy.cut();
        break;
      case 'delay':
        proxy.delay(fault.ms);
        this.#for(fault.forMs, () => proxy.delay(0));
        break;
      case 'half-open': {
        const end = proxy.halfOpen(fault.deaf);
        this.#for(fault.forMs, () => end(fault.ends));
        break;
      }
      case 'duplicate':
        proxy.repeat(fault.from, fault.frames);
        break;
      case 'webhook':
        webhook.trouble(fault.answer);
        this.#for(fault.forMs, () => webhook.trouble(undefined));
        break;
      case 'clock':
        clocks[fault.machine].jump(fault.byMs);
        this.#ledger.clockJumps += 1;
        break;
      case 'disk':
        this.#fill(fault);
        break;
      default:
        this.#causeOnMac(fault);
    }
  }

  #fill({ machine, forMs }: KindOf<'disk'>): void {
    const disk = this.#world.disks[machine];
    if (!disk.fill()) {
      this.#ledger.note('this machine does not let a disk be filled');
      return;
    }
    this.#ledger.diskFills += 1;
    this.#for(forMs, () => {
      disk.free();
      this.#ledger.note(`there is room on the disk of ${machine} again`);
    });
  }

  #causeOnMac(fault: MacFault): void {
    void this.#onMac(macFaultOf(fault));
    if (fault.kind === 'hang' && fault.killedAfterMs !== null) this.#armEndOfHang(fault.killedAfterMs);
  }

  /** The virtual Mac dies a while after the next act began, or with the other faults if none does. */
  #armEndOfHang(ms: number): void {
    const end = (): void => {
      if (this.#endings.delete(end)) this.#kill('virtual-mac', 200, 'a hang');
    };
    this.#endings.add(end);
    this.#world.programs.agent.watch('acting', 1, () => this.#in(ms, end));
  }

  /** A virtual Mac that is down has no faults. */
  async #onMac(fault: FaultInput): Promise<void> {
    try {
      await causeFault(this.#world.macHome, fault);
    } catch (error) {
      this.#ledger.note(`the virtual Mac took no fault: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function macFaultOf(fault: MacFault): FaultInput {
  switch (fault.kind) {
    case 'hang':
      return { kind: 'hang', at: fault.point };
    case 'apple-error':
      return { kind: 'error', at: fault.point, number: fault.number };
    case 'late-join':
      return { kind: 'late-join', ms: fault.ms };
    case 'not-running':
      return { kind: 'not-running', times: fault.times };
    default:
      return { kind: fault.kind };
  }
}

/** Faults that wait for their occasion do not happen any more. */
export const calmMac = (macHome: string): Promise<unknown> =>
  askVirtualMac(macHome, { call: 'clear-faults' });
