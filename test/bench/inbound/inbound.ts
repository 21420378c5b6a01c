import os from 'node:os';
import { parseArgs } from 'node:util';
import { type CatchUp, catchUp } from './catch-up.ts';
import { type Decoding, decoding } from './decoder.ts';
import { round, table } from './figures.ts';
import { type Idle, idle } from './idle.ts';
import { agentWatcher, childWatcher, joins, type Measured, measure, type Watcher } from './latency.ts';
import { makeWorld } from './world.ts';

const PEER = '@photon-ai/imessage-kit';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Less of everything: for a look, not for figures to be told. */
    quick: { type: 'boolean', default: false },
    messages: { type: 'string' },
    rows: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const messages = Number(values.messages ?? (values.quick ? 15 : 100));
const rows = Number(values.rows ?? (values.quick ? 20_000 : 200_000));
const seconds = Number(values.seconds ?? (values.quick ? 5 : 60));
const settle = values.quick ? 5 : 30;

interface Watched {
  who: string;
  measured?: Measured;
  idle?: Idle;
  cannot?: string;
}

interface Report {
  /** Where and when: figures of two machines, or of a busy one, are not to be compared. */
  machine: { at: string; node: string; system: string; cpu: string; cores: number; load: number[] };
  watched: Watched[];
  catchUp: CatchUp;
  decoder: Decoding;
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

async function watch(
  who: string,
  start: (world: Awaited<ReturnType<typeof makeWorld>>) => Promise<Watcher>,
  { idles }: { idles: boolean },
): Promise<Watched> {
  tell(`${who}: ${messages} messages for each of ${joins.length} kinds${idles ? `, ${seconds} s idle` : ''}`);
  const world = await makeWorld();
  try {
    const watcher = await start(world);
    try {
      const used = idles ? await idle(watcher.pid, { settle, seconds }) : undefined;
      return { who, measured: await measure(world, watcher, messages), ...(used && { idle: used }) };
    } finally {
      await watcher.stop();
    }
  } catch (error) {
    return { who, cannot: error instanceof Error ? error.message : String(error) };
  } finally {
    await world.end();
  }
}

const machine = (): Report['machine'] => ({
  at: new Date().toISOString(),
  node: process.version,
  system: `${os.type()} ${os.release()} ${os.arch()}`,
  cpu: os.cpus()[0]?.model.trim() ?? '',
  cores: os.cpus().length,
  load: os.loadavg().map((load) => round(load)),
});

async function run(): Promise<Report> {
  const here = machine();
  const watched = [
    await watch('bare limit', (world) => childWatcher('bare-watcher', world), { idles: false }),
    await watch('bluerelay', agentWatcher, { idles: true }),
    await watch(PEER, (world) => childWatcher('peer-watcher', world), { idles: true }),
  ];
  tell(`catch-up of ${rows} rows`);
  const caughtUp = await catchUp(rows);
  tell('decoder');
  return { machine: here, watched, catchUp: caughtUp, decoder: decoding(values.quick ? 5_000 : 50_000) };
}

function print({
  machine: { at, node, system, cpu, cores, load },
  watched,
  catchUp: caught,
  decoder,
}: Report): void {
  const bare = watched[0]?.measured;
  const lines = watched.flatMap(({ who, measured, cannot }) =>
    joins.map((join) => {
      const latency = measured?.latency[join];
      const limit = bare?.latency[join]?.p50;
      if (!latency) return [who, join, cannot ? 'cannot run here' : 'deaf', '', '', '', ''];
      const ratio = limit ? `${round(latency.p50 / limit, 1)}x` : '';
      return [who, join, latency.p50, latency.p90, latency.p99, ratio, measured?.heardAfterSwap ?? ''];
    }),
  );
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  write(`${at}, Node.js ${node}, ${system}, ${cores} x ${cpu}, load before ${load.join(' ')}`);
  write('');
  write('Last commit that makes a message whole to its event, in ms; join in ms after the row.');
  write('bluerelay: the built agent with its journal, to the event frame at the other end of the link.');
  write('bare limit: a process that asks for data_version without pause. Other watchers: to their callback.');
  write(
    bare?.apart
      ? 'Each watcher had a processor of its own.'
      : 'All shared their processors: who is woken may wait for who woke it.',
  );
  write(table(['watcher', 'join', 'p50', 'p90', 'p99', 'to bare', 'after a WAL swap'], lines));
  for (const { who, cannot } of watched) if (cannot) write(`${who} cannot run here: ${cannot}`);
  write('');
  write(`Idle: over ${seconds} s, ${settle} s after the start.`);
  write(
    table(
      ['idle', 'CPU % of a core', 'RSS MB'],
      watched.flatMap(({ who, idle: used }) => (used ? [[who, used.cpuPercent, used.rssMb]] : [])),
    ),
  );
  write('');
  write(
    table(
      ['', 'ours per second', 'beside it', 'ratio'],
      [
        [
          `catch-up of ${caught.rows} rows (file to batches), bare SELECT; ratio of processor time`,
          caught.rowsPerSecond,
          caught.bareRowsPerSecond,
          `${round(caught.share * 100, 1)}%`,
        ],
        [
          'bodies decoded, node-typedstream',
          decoder.blobsPerSecond,
          decoder.peerBlobsPerSecond,
          `${decoder.times}x`,
        ],
      ],
    ),
  );
  write('');
  write('Aims: p50 <= 3, p99 <= 15; idle < 0.2 % and < 80 MB; catch-up >= 40%; decoder >= 5x.');
  if (caught.told !== caught.rows) write(`Only ${caught.told} of ${caught.rows} rows were told.`);
}

const report = await run();
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else print(report);
process.exit(0);
