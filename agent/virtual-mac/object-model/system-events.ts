import { z } from 'zod';
import { AppleEventFailure } from '../control.ts';
import type { UiPlace, UiRequest } from '../desktop/requests.ts';
import type { Call } from './messages.ts';

/** Looks at elements that one program may take: a real look takes about 70 ms, so that a walk of everything never ends. */
const MOST_LOOKS = 20_000;
const TIMED_OUT = -1712;
const BAD_PARAMETER = -1700;

const actionsSchema = z.array(z.object({ name: z.string(), description: z.string() }));
const processesSchema = z.array(z.object({ name: z.string(), bundleId: z.string() }));

type Ask = (request: UiRequest) => unknown;

/** `Application('System Events')` as JXA shows it: processes, their windows, and the elements in them. */
export function systemEventsApplication(call: Call): object {
  let looks = 0;
  const ask: Ask = (request) => {
    looks += 1;
    if (looks > MOST_LOOKS) throw new AppleEventFailure(TIMED_OUT);
    return call({ call: 'ui', request });
  };
  const list = (): object[] =>
    processesSchema.parse(ask({ ask: 'processes' })).map((process, index) => processOf(ask, process, index));
  return {
    processes: {
      byName: (name: string) => list().find((one) => 'is' in one && named(one, name)) ?? missing(),
      whose: (test: { bundleIdentifier?: string }) => () =>
        list().filter((one) => identified(one, test.bundleIdentifier)),
    },
    keystroke: (text: unknown, options?: { using?: readonly string[] }) => {
      if (typeof text !== 'string') throw new AppleEventFailure(BAD_PARAMETER);
      ask({ ask: 'key', key: text, using: [...(options?.using ?? [])] });
    },
    keyCode: (code: unknown, options?: { using?: readonly string[] }) => {
      if (typeof code !== 'number') throw new AppleEventFailure(BAD_PARAMETER);
      ask({ ask: 'key', key: code, using: [...(options?.using ?? [])] });
    },
  };
}

interface Process {
  name: () => string;
  bundleIdentifier: () => string;
}

const named = (one: object, name: string): boolean => (one as Process).name() === name;
const identified = (one: object, id: string | undefined): boolean =>
  (one as Process).bundleIdentifier() === id;

const missing = (): never => {
  throw new AppleEventFailure(-1728);
};

function processOf(ask: Ask, process: { name: string; bundleId: string }, index: number): object {
  const roots = (root: UiPlace['root']) => () => {
    const count = Number(ask({ ask: 'roots', process: index, root }));
    return elements(ask, count, (at) => ({ process: index, root, path: [at] }));
  };
  const specifier = {
    is: 'process',
    name: () => process.name,
    bundleIdentifier: () => process.bundleId,
    windows: roots('window'),
    /** The menu bar, whose elements are its items. */
    menuBars: () => [{ uiElements: roots('menu') }],
  };
  return settable(specifier, 'frontmost', () => ask({ ask: 'front', process: index }));
}

/** An element as a specifier: every property of it is read when it is called. */
function elementOf(ask: Ask, at: UiPlace): object {
  const read = (name: string) => () => ask({ ask: 'attribute', at, name });
  const attribute = (name: string): object =>
    settable({ value: read(name) }, 'value', (value) => {
      if (typeof value !== 'string' && typeof value !== 'boolean') throw new AppleEventFailure(BAD_PARAMETER);
      ask({ ask: 'set', at, name, value });
    });
  const perform = (action: string) => () => ask({ ask: 'perform', at, action });
  const actions = Object.assign(
    () =>
      actionsSchema.parse(ask({ ask: 'actions', at })).map(({ name, description }) => ({
        name: () => name,
        description: () => description,
        perform: perform(name),
      })),
    { byName: (name: string) => ({ perform: perform(name) }) },
  );
  return {
    uiElements: () => {
      const count = Number(ask({ ask: 'children', at }));
      return elements(ask, count, (index) => ({ ...at, path: [...at.path, index] }));
    },
    attributes: { byName: attribute },
    actions,
    role: read('AXRole'),
    description: read('AXDescription'),
    title: read('AXTitle'),
    value: read('AXValue'),
    enabled: read('AXEnabled'),
  };
}

const elements = (ask: Ask, count: number, placeOf: (index: number) => UiPlace): object[] =>
  Array.from({ length: count }, (_, index) => elementOf(ask, placeOf(index)));

/** A property that is read by calling it and written by assigning to it, as JXA has them. */
function settable<T extends object>(target: T, name: string, write: (value: unknown) => void): T {
  const reader = (target as Record<string, unknown>)[name];
  return Object.defineProperty(target, name, { get: () => reader, set: write, enumerable: true });
}
