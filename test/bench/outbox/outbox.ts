import { parseArgs } from 'node:util';
import { table } from '../inbound/figures.ts';
import { type BridgeResume, resumeWithBridge } from './bridge-resume.ts';
import { type CommandsPerSecond, commandsPerSecond } from './commands.ts';
import { type Resume, resume } from './resume.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Less of everything: for a look, not for figures to be told. */
    quick: { type: 'boolean', default: false },
    commands: { type: 'string' },
    events: { type: 'string' },
  },
});
const commands = Number(values.commands ?? (values.quick ? 300 : 3_000));
const events = Number(values.events ?? (values.quick ? 10_000 : 100_000));
/** A whole bridge stores far more for each than the link carries. */
const taken = Math.ceil(events / 5);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

interface Figures {
  outbox: CommandsPerSecond;
  resumed: Resume;
  bridged: BridgeResume;
}

function print({ outbox, resumed, bridged }: Figures): void {
  const lines = [
    [
      `${outbox.commands} commands, queued to done`,
      `${outbox.perSecond}/s`,
      `${outbox.bareCommitsPerSecond} bare commits/s`,
      `${percent(outbox.share)} at ${outbox.commitsPerCommand} commits each`,
    ],
    [
      `${resumed.events} unacknowledged events (${resumed.megabytes} MB) in ${resumed.seconds} s`,
      `${resumed.perSecond}/s`,
      `${resumed.barePerSecond}/s bare socket`,
      percent(resumed.share),
    ],
    [
      `${bridged.events} of them taken by a bridge in ${bridged.seconds} s`,
      `${bridged.perSecond}/s`,
      `${bridged.bareCommitsPerSecond} bare commits/s`,
      percent(bridged.share),
    ],
  ];
  process.stdout.write(`${table(['', 'ours', 'beside it', 'share'], lines)}\n`);
}

tell(`${commands} commands`);
const outbox = await commandsPerSecond(commands);
tell(`${events} events`);
const resumed = await resume(events);
tell(`${taken} events to a bridge`);
const bridged = await resumeWithBridge(taken);
if (values.json) process.stdout.write(`${JSON.stringify({ outbox, resumed, bridged })}\n`);
else print({ outbox, resumed, bridged });
process.exit(0);
