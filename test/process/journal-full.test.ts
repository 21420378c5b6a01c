import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { type BuiltRelay, builtRelay } from '../support/built-relay.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HER = '+14155550142';
const LONG = 'x'.repeat(60_000);

interface Running {
  agent: BuiltAgent;
  status(): Promise<{
    link: { state: string };
    journal: {
      unacknowledgedEvents: number;
      state: string;
      problem: { code: string; hint: string } | null;
    };
  }>;
}

function run(home: string, mac: string, env: NodeJS.ProcessEnv = {}): Running {
  const agent = new BuiltAgent({ home, mac }, ['--pacing', 'off'], env);
  onTestFinished(async () => void (await agent.kill()));
  return {
    agent,
    status: async () => JSON.parse((await bluerelay({ home, mac }, ['status', '--json'])).stdout),
  };
}

/** What a person writes at once. */
const SLICE = 20;

/** Lets a person write, slice by slice, until the journal is full, and two slices more; returns how many messages. */
async function receiveUntilFull(relay: BuiltRelay, at: Running): Promise<number> {
  let written = 0;
  for (;;) {
    receive(relay, written, SLICE);
    written += SLICE;
    const before = written;
    const { journal } = await running(
      at,
      (state) => state.journal.state === 'failing' || state.journal.unacknowledgedEvents >= before,
    );
    if (journal.state !== 'failing') continue;
    expect(journal.problem).toMatchObject({
      code: 'disk_full',
      hint: expect.stringContaining('nothing is lost'),
    });
    receive(relay, written, 2 * SLICE);
    return written + 2 * SLICE;
  }
}

/** Lets a person write so often, as Messages writes it. */
function receive({ homes }: BuiltRelay, first: number, count: number): void {
  const writer = new ChatDbWriter(path.join(homes.mac, 'Library', 'Messages', 'chat.db'));
  writer.db.function('verify_chat', (guid) => guid as string);
  try {
    for (let n = 0; n < count; n += 1) writer.receive(HER, `${first + n} ${LONG}`);
  } finally {
    writer.close();
  }
}

async function told({ core, live }: BuiltRelay): Promise<number[]> {
  const numbers: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await core.listMessages(live, { direction: 'inbound' }, { limit: 100, cursor });
    numbers.push(...page.messages.map(({ text }) => Number.parseInt(text, 10)));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return numbers.sort((a, b) => a - b);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const running = async (
  { status }: Running,
  what: (state: Awaited<ReturnType<Running['status']>>) => boolean,
) =>
  eventually(
    async () => {
      const state = await status();
      return state.journal !== undefined && what(state) && state;
    },
    { within: 90_000, every: 200, what: 'the state of the agent' },
  );

/** Everything that was written is told, once, by an agent that went on, and the journal has room again. */
async function allIsTold(relay: BuiltRelay, at: Running, written: number): Promise<void> {
  await eventually(async () => (await told(relay)).length >= written, {
    within: 180_000,
    every: 2_000,
    what: 'all messages',
  });
  expect(await told(relay)).toEqual(upTo(written));
  await running(at, ({ journal }) => journal.state === 'ok');
  expect(at.agent.child.exitCode).toBeNull();
}

test('days without a bridge fill the journal to its bound: it says so, and every message is told afterwards, once', {
  timeout: 300_000,
}, async () => {
  const relay = await builtRelay();
  const { homes, bridge } = relay;
  const at = run(homes.home, homes.mac, { BLUERELAY_JOURNAL_MB: '8' });
  await running(at, ({ link }) => link.state === 'open');
  await bridge.kill();
  const written = await receiveUntilFull(relay, at);
  expect(written * LONG.length).toBeGreaterThan(7 * 1024 ** 2);
  await bridge.serve();
  await running(at, ({ link }) => link.state === 'open');
  await allIsTold(relay, at, written);
});

/** A disk of its own of so many bytes; undefined where this user may not mount one. */
function smallDisk(bytes: number): string | undefined {
  const folder = path.join(tempFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return folder;
}

test('an agent that starts on a full disk waits for room and says so, and can be stopped meanwhile', {
  timeout: 300_000,
}, async ({ skip }) => {
  const disk = process.platform === 'linux' ? smallDisk(16 * 1024 ** 2) : undefined;
  if (disk === undefined) skip('only where a file system may be mounted');
  onTestFinished(() => void execFileSync('umount', ['--lazy', `${disk}`]));
  const { homes } = await builtRelay();
  const home = path.join(`${disk}`, 'agent');
  cpSync(homes.home, home, { recursive: true, filter: (file) => !lstatSync(file).isSocket() });
  const first = run(home, homes.mac);
  await running(first, ({ link }) => link.state === 'open');
  await first.agent.kill('SIGTERM');
  const ballast = path.join(`${disk}`, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(17 * 1024 ** 2))).toThrow('ENOSPC');
  const saysFull = async ({ agent }: Running) => {
    await eventually(
      async () => {
        const { stdout } = await bluerelay({ home, mac: homes.mac }, ['status', '--json']);
        return stdout !== '' && JSON.parse(stdout).error?.code === 'disk_full';
      },
      { within: 90_000, every: 200, what: 'that the disk is full' },
    );
    expect(agent.child.exitCode).toBeNull();
  };
  const second = run(home, homes.mac);
  await saysFull(second);
  await second.agent.kill('SIGTERM');
  expect(second.agent.child.exitCode).toBe(0);
  const third = run(home, homes.mac);
  await saysFull(third);
  rmSync(ballast);
  await running(third, ({ link }) => link?.state === 'open');
});

test('a disk that is full is a state and not a crash: room made, everything goes on', {
  timeout: 300_000,
}, async ({ skip }) => {
  const disk = process.platform === 'linux' ? smallDisk(40 * 1024 ** 2) : undefined;
  if (disk === undefined) skip('only where a file system may be mounted');
  const relay = await builtRelay();
  const { homes, bridge } = relay;
  const home = path.join(`${disk}`, 'agent');
  cpSync(homes.home, home, { recursive: true, filter: (file) => !lstatSync(file).isSocket() });
  onTestFinished(() => void execFileSync('umount', ['--lazy', `${disk}`]));
  const at = run(home, homes.mac);
  await running(at, ({ link }) => link.state === 'open');
  await bridge.kill();
  writeFileSync(path.join(`${disk}`, 'ballast'), Buffer.alloc(34 * 1024 ** 2));
  const written = await receiveUntilFull(relay, at);
  expect(at.agent.child.exitCode).toBeNull();
  rmSync(path.join(`${disk}`, 'ballast'));
  await bridge.serve();
  await allIsTold(relay, at, written);
});
