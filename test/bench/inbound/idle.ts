import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { round } from './figures.ts';

export interface Idle {
  /** Share of one core, in percent. */
  cpuPercent: number;
  /** Largest resident size that was seen, in megabytes. */
  rssMb: number;
}

interface Usage {
  cpuMs: number;
  rssMb: number;
}

/** `ps` on macOS writes minutes:seconds.hundredths; on Linux only /proc is fine enough, in ticks of 10 ms. */
function usageOf(pid: number): Usage {
  if (process.platform === 'linux') {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1];
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, rssMb: (Number(pages) * 4096) / 1e6 };
  }
  const [rss = '0', time = '0'] = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)])
    .toString()
    .trim()
    .split(/\s+/);
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1_000, rssMb: (Number(rss) * 1024) / 1e6 };
}

/** What a process uses while nothing happens, once it has settled: after its start V8 still cleans up. */
export async function idle(
  pid: number,
  { settle, seconds }: { settle: number; seconds: number },
): Promise<Idle> {
  await sleep(settle * 1_000);
  const before = usageOf(pid);
  let rssMb = before.rssMb;
  for (let second = 0; second < seconds; second += 1) {
    await sleep(1_000);
    rssMb = Math.max(rssMb, usageOf(pid).rssMb);
  }
  const used = usageOf(pid).cpuMs - before.cpuMs;
  return { cpuPercent: round((used / (seconds * 1_000)) * 100, 3), rssMb: round(rssMb, 1) };
}
