import { z } from 'zod';

/** Where Messages can fail: at a call of a script, or `sent`, after it took a message and before it answers. */
const point = z.enum(['running', 'accounts', 'participant', 'chat', 'send', 'sent']);

/** A fault that waits for its occasion; it happens `times` times. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Messages never answers. */
  z.strictObject({ kind: z.literal('hang'), at: point, times: z.int().min(1).default(1) }),
  /** The Apple event fails with a number. */
  z.strictObject({ kind: z.literal('error'), at: point, number: z.int(), times: z.int().min(1).default(1) }),
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

/** Faults of a virtual Mac that have not happened yet. */
export class Faults {
  #waiting: Fault[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ ...fault });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** A hang or an error that happens now at this point. */
  at(point: FaultPoint): Extract<Fault, { at: FaultPoint }> | undefined {
    const found = this.#waiting.find((fault) => 'at' in fault && fault.at === point);
    return this.#take(found) as Extract<Fault, { at: FaultPoint }> | undefined;
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
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times === 0) this.#waiting = this.#waiting.filter((other) => other !== fault);
    return fault;
  }
}
