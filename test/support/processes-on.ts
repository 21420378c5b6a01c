import { execFileSync } from 'node:child_process';

/** Command lines of the processes that work on a virtual Mac, by its home folder. */
export const processesOn = (home: string): string[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home));
