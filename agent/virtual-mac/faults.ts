import { z } from 'zod';

/**
 * Where something can fail: at a call of a script, or `sent`, after Messages took a message and before it answers. On
 * the screen: at a look at an element, before and after an action of one, when a value is set, before and after a key,
 * before and after a URL is opened.
 */
const point = z.enum([
  'running',
  'accounts',
  'participant',
  'chat',
  'send',
  'sent',
  'look',
  'perform',
  'performed',
  'set',
  'key',
  'keyed',
  'open',
  'opened',
]);

/** How often it happens, and how many occasions pass before it does. */
const often = { times: z.int().min(1).default(1), skip: z.int().min(0).default(0) };

/**
 * Conditions of the whole Mac: nobody at the screen, the screen locked, Accessibility not allowed, Full Keyboard Access
 * off, a sheet or a second window in the way, Messages running twice, Messages in another language, its bundles without
 * words.
 */
export const lastingFaults = [
  'no-console',
  'screen-locked',
  'no-accessibility',
  'no-full-keyboard-access',
  'sheet',
  'second-window',
  'second-messages',
  'other-language',
  'no-words',
] as const;

type Lasting = (typeof lastingFaults)[number];

/** A fault that waits for its occasion; it happens `times` times. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Messages never answers. */
  z.strictObject({ kind: z.literal('hang'), at: point, ...often }),
  /** The Apple event fails with a number. */
  z.strictObject({ kind: z.literal('error'), at: point, number: z.int(), ...often }),
  /** What is asked succeeds and does nothing. */
  z.strictObject({ kind: z.literal('nothing'), at: point, ...often }),
  /** The window of Messages closes. */
  z.strictObject({ kind: z.literal('window-closed'), at: point, ...often }),
  /** A link to a message or conversation shows another one. */
  z.strictObject({ kind: z.literal('wrong-conversation'), times: z.int().min(1).default(1) }),
  /** The picker of tapbacks does not appear. */
  z.strictObject({ kind: z.literal('no-picker'), times: z.int().min(1).default(1) }),
  /** How things are until the faults are cleared. */
  z.strictObject({ kind: z.enum(lastingFaults) }),
  /** How things begin to be while a program is at work. */
  z.strictObject({ kind: z.literal('becomes'), what: z.enum(lastingFaults), at: point, ...often }),
  /** Messages is not running. */
  z.strictObject({ kind: z.literal('not-running'), times: z.int().min(1).default(1) }),
  /**
   * A send into a chat is taken without an error and goes nowhere: its row is empty, SMS, to the chat's id as if that
   * were a handle, and gets no join row. Seen on macOS 26.3.
   */
  z.strictObject({ kind: z.literal('ghost-row'), times: z.int().min(1).default(1) }),
  /** The join row of a sent message comes late, by this many milliseconds. */
  z.strictObject({
    kind: z.literal('late-join'),
    ms: z.int().min(0).max(600_000),
    times: z.int().min(1).default(1),
  }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type FaultPoint = z.infer<typeof point>;

/** A fault as a person writes it: one of {@link lastingFaults}, or JSON; undefined where it is none. */
export function readFault(text: string): Fault | undefined {
  try {
    return faultSchema.safeParse(text.startsWith('{') ? JSON.parse(text) : { kind: text }).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Faults of a virtual Mac that have not happened yet. */
export class Faults {
  #waiting: Fault[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ ...fault });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Those that have not happened yet, or last. */
  waiting(): readonly Fault[] {
    return this.#waiting;
  }

  /** What happens now at this point. */
  at(point: FaultPoint): Extract<Fault, { at: FaultPoint }> | undefined {
    const found = this.#waiting.find((fault) => 'at' in fault && fault.at === point);
    if (found && 'skip' in found && found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    if (found?.kind === 'becomes') this.#waiting.push({ kind: found.what });
    return this.#take(found) as Extract<Fault, { at: FaultPoint }> | undefined;
  }

  /** Whether the Mac is so until the faults are cleared. */
  lasts(kind: Lasting): boolean {
    return this.#waiting.some((fault) => fault.kind === kind);
  }

  wrongConversation(): boolean {
    return this.#take(this.#waiting.find(({ kind }) => kind === 'wrong-conversation')) !== undefined;
  }

  noPicker(): boolean {
    return this.#take(this.#waiting.find(({ kind }) => kind === 'no-picker')) !== undefined;
  }

  notRunning(): boolean {
    return this.#take(this.#waiting.find(({ kind }) => kind === 'not-running')) !== undefined;
  }

  ghostRow(): boolean {
    return this.#take(this.#waiting.find(({ kind }) => kind === 'ghost-row')) !== undefined;
  }

  /** How late the join row of the message that is sent now comes, in milliseconds. */
  joinDelay(): number | undefined {
    const found = this.#take(this.#waiting.find(({ kind }) => kind === 'late-join'));
    return found?.kind === 'late-join' ? found.ms : undefined;
  }

  #take(fault: Fault | undefined): Fault | undefined {
    if (!fault || !('times' in fault)) return undefined;
    fault.times -= 1;
    if (fault.times === 0) this.#waiting = this.#waiting.filter((other) => other !== fault);
    return fault;
  }
}
