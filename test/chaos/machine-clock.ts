import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFile } from '../../bridge/runtime/package-root.ts';

/** The clock of the programs of one machine: it can be set while they run, and those that start go by it as well. */
export class MachineClock {
  readonly #file: string;
  #shift = 0;
  #furthest = 0;

  constructor(folder: string, machine: string) {
    this.#file = path.join(folder, `clock-of-${machine}`);
    this.#write();
  }

  /** What makes a program, and all that it starts, go by this clock. */
  get environment(): NodeJS.ProcessEnv {
    const module = pathToFileURL(packageFile('scripts', 'chaos', 'shifted-clock.mjs')).href;
    return { NODE_OPTIONS: `--import=${module}`, CHAOS_CLOCK: this.#file };
  }

  /** Sets it forward, or back, by so many milliseconds. */
  jump(byMs: number): void {
    this.#set(this.#shift + byMs);
  }

  /** Sets it to where it has been furthest, so that what waits for a time is not in the future for hours. */
  catchUp(): void {
    this.#set(this.#furthest);
  }

  #set(shift: number): void {
    if (shift === this.#shift) return;
    this.#shift = shift;
    this.#furthest = Math.max(this.#furthest, shift);
    this.#write();
  }

  /** Whole at once, whoever reads meanwhile. */
  #write(): void {
    writeFileSync(`${this.#file}.new`, String(this.#shift));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
