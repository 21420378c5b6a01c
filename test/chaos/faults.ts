import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import type { Ledger } from './ledger.ts';
import { killWorkers } from './leftovers.ts';
import type { Fault, Program } from './plan.ts';
import type { World } from './world.ts';

type KindOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/** Makes things go wrong as a plan says, and right again. */
export class FaultMaker {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #endings = new Set<() => void>();
  readonly #atWebhook = new Map<number, () => void>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    world.webhook.onRequest = (count) => this.#atWebhook.get(count)?.();
  }

  /** Arms all faults; their times count from now. */
  begin(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === 'kill') this.#armKill(fault);
      else this.#in(fault.at, () => this.#cause(fault));
    }
  }

  /** Nothing new goes wrong from here on, and what was wrong for a while is right again. */
  end(): void {
    for (const program of Object.values(this.#world.programs)) program.forgetWatches();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const ending of this.#endings) ending();
    this.#endings.clear();
    this.#atWebhook.clear();
    this.#world.proxy.calm();
    this.#world.webhook.trouble(undefined);
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

  #armKill({ program, moment, downMs, workersToo }: KindOf<'kill'>): void {
    const kill = (): void => this.#kill(program, downMs, JSON.stringify(moment), workersToo);
    if ('at' in moment) this.#in(moment.at, kill);
    else if ('log' in moment) this.#world.programs[program].watch(moment.log, moment.nth, kill);
    else if ('webhook' in moment) this.#atWebhook.set(moment.webhook, kill);
    else {
      const { frame: type, from, nth, when } = moment;
      this.#world.proxy.watch({ from, type, nth, when, act: kill });
    }
  }

  #kill(program: Program, downMs: number, moment: string, workersToo = false): void {
    if (!this.#world.programs[program].kill(downMs)) return;
    const workers = workersToo ? killWorkers(this.#world.agentHome) : 0;
    this.#ledger.note(`killed the ${program} at ${moment}${workersToo ? ` with ${workers} workers` : ''}`);
  }

  #cause(fault: Exclude<Fault, { kind: 'kill' }>): void {
    const { proxy, webhook, agentHome } = this.#world;
    this.#ledger.note(JSON.stringify(fault));
    switch (fault.kind) {
      case 'kill-workers':
        this.#ledger.note(`killed ${killWorkers(agentHome)} workers`);
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
      default:
        this.#causeOnMac(fault);
    }
  }

  #causeOnMac(
    fault:
      | KindOf<'hang'>
      | KindOf<'apple-error'>
      | KindOf<'not-running'>
      | KindOf<'ghost-row'>
      | KindOf<'late-join'>,
  ): void {
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

function macFaultOf(
  fault: Extract<Fault, { kind: 'hang' | 'apple-error' | 'not-running' | 'ghost-row' | 'late-join' }>,
): FaultInput {
  switch (fault.kind) {
    case 'hang':
      return { kind: 'hang', at: fault.point };
    case 'apple-error':
      return { kind: 'error', at: fault.point, number: fault.number };
    case 'late-join':
      return { kind: 'late-join', ms: fault.ms };
    default:
      return { kind: fault.kind };
  }
}

/** Faults that wait for their occasion do not happen any more. */
export const calmMac = (macHome: string): Promise<unknown> =>
  askVirtualMac(macHome, { call: 'clear-faults' });
