import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Room on a disk of its own: more than a run needs, soon filled. */
const ROOM = '48m';
const BALLAST_BYTES = 1 << 20;

/**
 * How a disk is made full here: `own`, a file system of its own, which only root may mount; `limit`, no file of the
 * processes grows any more, which Linux allows everybody.
 */
export type DiskWay = 'own' | 'limit';

/** The ways that this machine allows, the best one first. */
export function diskWays(): DiskWay[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-chaos-disk-'));
  try {
    const own = process.getuid?.() === 0 && runs('mount', mountArguments(folder));
    if (own) execFileSync('umount', [folder]);
    const limit = runs('prlimit', ['--pid', String(process.pid), '--fsize']);
    return [...(own ? (['own'] as const) : []), ...(limit ? (['limit'] as const) : [])];
  } finally {
    rmdirSync(folder);
  }
}

const mountArguments = (folder: string): string[] => [
  ...['-t', 'tmpfs', '-o', `size=${ROOM},mode=0700`, 'tmpfs'],
  folder,
];

function runs(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    // Not installed, or not allowed.
    if (error instanceof Error) return false;
    throw error;
  }
}

/** The disk under the folder of a program. */
export class Disk {
  readonly #folder: string;
  readonly #way: DiskWay | undefined;
  readonly #pids: () => readonly number[];
  #full = false;

  /** `pids` are the processes that write in the folder now; without a way it cannot be filled. */
  constructor(folder: string, way: DiskWay | undefined, pids: () => readonly number[]) {
    this.#folder = folder;
    this.#way = way;
    this.#pids = pids;
    mkdirSync(folder, { mode: 0o700, recursive: true });
    if (way === 'own') execFileSync('mount', mountArguments(folder));
  }

  get full(): boolean {
    return this.#full;
  }

  /** From now on nothing is written. Returns false where that cannot be done. */
  fill(): boolean {
    if (!this.#way) return false;
    this.#full = true;
    if (this.#way === 'own') writeBallast(this.#ballast);
    else this.limitProcesses();
    return true;
  }

  /** There is room again. */
  free(): void {
    if (!this.#full) return;
    this.#full = false;
    if (this.#way === 'own') rmSync(this.#ballast, { force: true });
    else this.limitProcesses();
  }

  /** Holds for processes that started since as well. */
  limitProcesses(): void {
    if (this.#way !== 'limit') return;
    // The hard limit stays, so that the soft one can be raised again.
    const limit = `--fsize=${this.#full ? '0' : 'unlimited'}:`;
    for (const pid of this.#pids()) runs('prlimit', ['--pid', String(pid), limit]);
  }

  /** Takes the disk away; what stands on it is gone unless it is kept, at the same place. */
  remove(keep: boolean): void {
    this.#full = false;
    if (this.#way !== 'own') return;
    if (!keep) {
      execFileSync('umount', ['--lazy', this.#folder]);
      return;
    }
    const kept = mkdtempSync(path.join(path.dirname(this.#folder), 'kept-'));
    cpSync(this.#folder, kept, {
      recursive: true,
      // A socket is nothing to keep.
      filter: (file) => lstatSync(file).isFile() || lstatSync(file).isDirectory(),
    });
    execFileSync('umount', ['--lazy', this.#folder]);
    rmdirSync(this.#folder);
    renameSync(kept, this.#folder);
  }

  get #ballast(): string {
    return path.join(this.#folder, '.ballast');
  }
}

function writeBallast(file: string): void {
  const ballast = openSync(file, 'w', 0o600);
  try {
    // The last piece is written as far as there is room.
    for (let size = BALLAST_BYTES; size >= 1; ) {
      try {
        writeSync(ballast, Buffer.alloc(size));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        size = size > 1 ? Math.floor(size / 2) : 0;
      }
    }
  } finally {
    closeSync(ballast);
  }
}
