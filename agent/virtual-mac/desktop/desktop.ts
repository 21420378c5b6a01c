import { AppleEventFailure } from '../control.ts';
import type { FaultPoint, Faults } from '../faults.ts';
import type { UiPlace, UiRequest } from './requests.ts';
import type { UiNode, UiProcess } from './types.ts';
import { bundleWord } from './words.ts';

/** No such element: what a place that the tree no longer has ends with. */
const NO_SUCH_INDEX = -1719;
const NO_SUCH_OBJECT = -1728;
const NO_ASSISTIVE_ACCESS = -25211;
const NO_KEYSTROKES = 1002;
/** The app that should open a URL did not take it. */
const NO_APP_FOR_URL = -10814;

export interface DesktopOptions {
  faults: Faults;
  /** Processes with windows, in the order in which System Events lists them. */
  processes: readonly UiProcess[];
}

/** The screen of the virtual Mac: its session, the windows of its apps, its keyboard. */
export class Desktop {
  readonly #faults: Faults;
  readonly #processes: readonly UiProcess[];
  #front: UiProcess | undefined;

  constructor({ faults, processes }: DesktopOptions) {
    this.#faults = faults;
    this.#processes = processes;
  }

  /** Throws AppleEventFailure as System Events would. */
  async answer(request: UiRequest): Promise<unknown> {
    switch (request.ask) {
      case 'session':
        return {
          kCGSSessionOnConsoleKey: !this.#faults.lasts('no-console'),
          ...(this.#faults.lasts('screen-locked') ? { CGSSessionScreenIsLocked: true } : {}),
        };
      case 'trusted':
        return !this.#faults.lasts('no-accessibility');
      case 'words':
        return this.#faults.lasts('no-words') ? null : bundleWord(request, this.#faults);
      case 'processes':
        if (this.#faults.notRunning()) return [];
        return this.#list().map(({ name, bundleId }) => ({ name, bundleId }));
      case 'open':
        return this.#open(request.url);
      case 'key':
        return this.#key(request);
      default:
        return this.#look(request);
    }
  }

  async #look(
    request: Exclude<UiRequest, { ask: 'session' | 'trusted' | 'words' | 'processes' | 'open' | 'key' }>,
  ): Promise<unknown> {
    if (this.#faults.lasts('no-accessibility')) throw new AppleEventFailure(NO_ASSISTIVE_ACCESS);
    if (request.ask === 'front') {
      this.#front = this.#process(request.process);
      return null;
    }
    if (request.ask === 'set') {
      const nothing = await this.#fault('set');
      if (!nothing) this.#set(this.#node(request.at), request.name, request.value);
      return null;
    }
    if (request.ask === 'perform') return this.#perform(request.at, request.action);
    await this.#fault('look');
    if (request.ask === 'roots') return this.#roots(request.process, request.root).length;
    const node = this.#node(request.at);
    if (request.ask === 'children') return node.children?.length ?? 0;
    if (request.ask === 'actions')
      return (node.actions ?? []).map(({ name, description }) => ({ name, description }));
    return attribute(node, request.name);
  }

  async #perform(at: UiPlace, name: string): Promise<null> {
    const action = this.#node(at).actions?.find((one) => one.name === name);
    if (!action) throw new AppleEventFailure(NO_SUCH_OBJECT);
    const nothing = await this.#fault('perform');
    if (!nothing) action.perform();
    await this.#fault('performed');
    return null;
  }

  async #key({ key, using }: Extract<UiRequest, { ask: 'key' }>): Promise<null> {
    if (this.#faults.lasts('no-accessibility')) throw new AppleEventFailure(NO_KEYSTROKES);
    const nothing = await this.#fault('key');
    if (!nothing) this.#front?.press?.({ key, using });
    await this.#fault('keyed');
    return null;
  }

  async #open(url: string): Promise<null> {
    const nothing = await this.#fault('open');
    if (nothing) return null;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const taker = parsed && this.#processes.find((process) => process.open?.(parsed));
    if (!taker) throw new AppleEventFailure(NO_APP_FOR_URL);
    this.#front = taker;
    await this.#fault('opened');
    return null;
  }

  /** A hang or an error that happens now; true when what is asked shall succeed and do nothing. */
  async #fault(point: FaultPoint): Promise<boolean> {
    const fault = this.#faults.at(point);
    if (fault?.kind === 'error') throw new AppleEventFailure(fault.number);
    if (fault?.kind === 'hang') await new Promise<never>(() => undefined);
    if (fault?.kind === 'window-closed') for (const process of this.#processes) process.close?.();
    return fault?.kind === 'nothing';
  }

  #list(): readonly UiProcess[] {
    const doubled = this.#faults.lasts('second-messages') ? this.#processes.slice(0, 1) : [];
    return [...this.#processes, ...doubled];
  }

  #process(index: number): UiProcess {
    const process = this.#list()[index];
    if (!process) throw new AppleEventFailure(NO_SUCH_INDEX);
    return process;
  }

  /** While the screen is locked System Events counts no windows. */
  #roots(index: number, root: UiPlace['root']): readonly UiNode[] {
    const process = this.#process(index);
    if (this.#faults.lasts('screen-locked')) return [];
    return (root === 'window' ? process.windows() : process.menus?.(this.#front === process)) ?? [];
  }

  #node({ process, root, path }: UiPlace): UiNode {
    const [first = 0, ...rest] = path;
    let node = this.#roots(process, root)[first];
    for (const index of rest) node = node?.children?.[index];
    if (!node) throw new AppleEventFailure(NO_SUCH_INDEX);
    return node;
  }

  #set(node: UiNode, name: string, value: string | boolean): void {
    if (name === 'AXValue' && typeof value === 'string' && node.setValue) node.setValue(value);
    else if (name === 'AXFocused' && value === true && node.focus) node.focus();
    else throw new AppleEventFailure(NO_SUCH_OBJECT);
  }
}

/** Value of an attribute; an element without it fails with -1728. */
function attribute(node: UiNode, name: string): unknown {
  const values: Record<string, unknown> = {
    AXRole: node.role,
    AXIdentifier: node.identifier,
    AXTitle: node.title,
    AXDescription: node.description,
    AXValue: node.value,
    AXEnabled: node.enabled ?? true,
    AXSelected: node.selected,
    AXFocused: node.focused,
  };
  const value = values[name];
  if (value === undefined) throw new AppleEventFailure(NO_SUCH_OBJECT);
  return value;
}
