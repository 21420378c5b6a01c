import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import {
  type Demo,
  type DemoProgram,
  demoHome,
  demoPrograms,
  isAlive,
  livingPid,
  spawnStart,
  startDemo,
  supervisorPid,
} from '../support/demo.ts';
import { type ApiMessage, allMessages, reached, registerHook, send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const home = demoHome();

/** Of a test that fails half-way nothing may stay to disturb the next. */
afterEach(async () => {
  const pid = supervisorPid(home);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  await eventually(() => supervisorPid(home) === undefined, { what: 'the end of a start' });
});

const supervisor = (): number => supervisorPid(home) ?? 0;

const children = (demo: Demo): Record<DemoProgram, number> => {
  const pids = demoPrograms.map((program) => [program, demo.pid(program)] as const);
  for (const [program, pid] of pids) expect(pid, `${program} runs`).toBeGreaterThan(0);
  return Object.fromEntries(pids) as Record<DemoProgram, number>;
};

const allGone = (pids: Iterable<number>): Promise<true> =>
  eventually(() => [...pids].every((pid) => !isAlive(pid)) && true, { what: 'the end of every process' });

test.for([
  [
    'SIGINT to the group, as Ctrl-C sends it',
    (demo: Demo): unknown => process.kill(-(demo.npm.pid ?? 0), 'SIGINT'),
  ],
  ['SIGTERM to the group', (demo: Demo): unknown => process.kill(-(demo.npm.pid ?? 0), 'SIGTERM')],
  ['SIGTERM to the program alone', () => process.kill(supervisor(), 'SIGTERM')],
  ['SIGINT to npm alone', (demo: Demo) => demo.npm.kill('SIGINT')],
  ['SIGTERM to npm alone', (demo: Demo) => demo.npm.kill('SIGTERM')],
] as const)('%s stops everything and exits 0, and the next start goes on', async ([, signal]) => {
  const demo = await startDemo(home);
  const pids = [...Object.values(children(demo)), supervisor(), demo.npm.pid ?? 0];
  signal(demo);
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(pids.filter(isAlive)).toEqual([]);
  expect(demo.stdout().trimEnd().split('\n')).toHaveLength(1);
  for (const program of demoPrograms)
    expect(existsSync(path.join(home, 'run', `${program}.pid`))).toBe(false);
});

test('a second start has the same keys and lines, and tells and sends nothing again', async () => {
  const first = await startDemo(home);
  const hook = await registerHook(first);
  try {
    const { id } = await send(first, '+14155550102', 'before the pause');
    await first.receive('+14155550103', 'also before');
    await reached(first, id, 'read');
    await hook.receiver.waitFor(({ event }) => event?.data.text === 'also before');
    await hook.receiver.waitFor(({ event }) => event?.type === 'message.read');
    await first.stop();
    const told = hook.events().map((event) => event.id);
    const listed = (await startDemoAndList(first)).map((message) => message.id);
    expect(new Set(listed).size).toBe(listed.length);
    expect(
      hook
        .events()
        .map((event) => event.id)
        .slice(0, told.length),
    ).toEqual(told);
    const after = hook.events().slice(told.length);
    expect(after.map(({ data }) => data.text)).toEqual(['after the pause']);
  } finally {
    await hook.receiver.close();
  }

  async function startDemoAndList(before: Demo): Promise<ApiMessage[]> {
    const second = await startDemo(home);
    try {
      expect(second.summary).toEqual(before.summary);
      const messages = await allMessages(second);
      await second.receive('+14155550103', 'after the pause');
      await hook.receiver.waitFor(({ event }) => event?.data.text === 'after the pause');
      expect(messages.filter(({ text }) => text === 'before the pause')).toHaveLength(1);
      expect(messages.filter(({ text }) => text === 'also before')).toHaveLength(1);
      return messages;
    } finally {
      await second.stop();
    }
  }
});

test('the state is for its owner alone', async () => {
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(home, 'demo.json')).mode & 0o777).toBe(0o600);
});

test.skipIf(process.platform === 'darwin')(
  'off a Mac the commands of both programs, run as files, mean this relay',
  async () => {
    const demo = await startDemo(home);
    const env = { PATH: process.env.PATH, HOME: tempFolder(), BLUERELAY_DEMO_HOME: home };
    const run = (program: string, args: string[]) =>
      spawnSync(builtFile(program), [...args, '--json'], { encoding: 'utf8', env });
    const status = run('agent/main.js', ['status']);
    expect(status.status, status.stderr).toBe(0);
    const accounts = run('bridge/main.js', ['account', 'list']);
    expect(accounts.status, accounts.stderr).toBe(0);
    const [{ id }] = JSON.parse(accounts.stdout) as [{ id: string }];
    const lines = run('bridge/main.js', ['line', 'list', '--account', id]);
    expect(lines.stdout).toContain(JSON.parse(status.stdout).line.id);
    await demo.stop();
  },
);

test('a second start on a home in use is one clear line and exit 1, and disturbs nothing', async () => {
  const demo = await startDemo(home);
  try {
    const before = children(demo);
    const refused = spawnStart(home);
    expect(await refused.exited).toEqual({ code: 1, signal: null });
    expect(refused.stderr()).toMatch(/^BlueRelay already runs on .*\n$/);
    expect(refused.stdout()).toBe('');
    expect(children(demo)).toEqual(before);
  } finally {
    await demo.stop();
  }
});

test('a program that dies is started again, and each has its pid file', async () => {
  const demo = await startDemo(home);
  try {
    const before = children(demo);
    for (const program of demoPrograms) {
      const pid = await demo.kill(program);
      expect(pid).not.toBe(before[program]);
    }
    await eventually(async () => JSON.parse(await demo.agent('status', '--json')).link.state === 'open', {
      within: 30_000,
      every: 200,
      what: 'an open link',
    });
    const { id } = await send(demo, '+14155550102', 'after all three died');
    await reached(demo, id, 'read');
  } finally {
    await demo.stop();
  }
});

test.for(['the program', 'npm'])(
  'when %s is killed nothing of it stays, and the next start works',
  async (who) => {
    const demo = await startDemo(home);
    const pids = [...Object.values(children(demo)), supervisor()];
    if (who === 'npm') demo.npm.kill('SIGKILL');
    else process.kill(supervisor(), 'SIGKILL');
    await demo.exited;
    await allGone(pids);
    const next = await startDemo(home);
    expect(next.summary.account).toEqual(demo.summary.account);
    expect(await next.stop('SIGINT')).toEqual({ code: 0, signal: null });
  },
);

test('signals while it still starts stop it just so', async () => {
  const { npm, stderr, exited } = spawnStart(home);
  await eventually(() => livingPid(home, 'virtual-mac'), { what: 'the first program' });
  npm.kill('SIGINT');
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(stderr()).not.toMatch(/Error|rejected/);
  for (const program of demoPrograms) expect(livingPid(home, program)).toBeUndefined();
});

/** Runs `npm start` to its end and resolves with how it went. */
async function refusal(folder: string, options: string[]) {
  const run = spawnStart(folder, options);
  const exit = await run.exited;
  return { code: exit.code, said: run.stderr(), printed: run.stdout() };
}

test('a port in use is one clear line and exit 1', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const { code, said, printed } = await refusal(tempFolder(), ['--json', '--port', String(port)]);
    expect({ code, printed }).toEqual({ code: 1, printed: '' });
    expect(said).toBe(`Port ${port} is in use; choose another with --port N, or 0 for any.\n`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a home that cannot be written is one clear line and exit 1', async () => {
  const file = path.join(tempFolder(), 'not-a-folder');
  writeFileSync(file, '');
  for (const impossible of [file, path.join(file, 'below'), '/proc/bluerelay']) {
    const { code, said, printed } = await refusal(impossible, ['--json']);
    expect({ code, printed }).toEqual({ code: 1, printed: '' });
    expect(said).toMatch(/^Cannot write in [^\n]+\n$/);
  }
});

test.for([
  [['--colour', 'blue'], /^Unknown option '--colour'/],
  [['--port', 'many'], /^--port takes/],
  [['--port', '70000'], /^--port takes/],
  [['--macos', '16'], /^--macos takes/],
  [['--pacing', 'on'], /^--pacing takes/],
  [['now'], /^Unexpected argument 'now'/],
] as const)('%j is refused in one line with exit 2', async ([options, said]) => {
  const answer = await refusal(tempFolder(), [...options]);
  expect(answer.code).toBe(2);
  expect(answer.said).toMatch(said);
  expect(answer.said.trimEnd().split('\n')).toHaveLength(1);
});

test('an old Node.js is told in one line which it needs', () => {
  const old = 'Object.defineProperty(process.versions, "node", { value: "18.20.8" });';
  const answer = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(old)}`, 'scripts/start.mjs'],
    { encoding: 'utf8', env: { ...process.env, BLUERELAY_DEMO_HOME: tempFolder() } },
  );
  expect(answer.status).toBe(1);
  expect(answer.stderr).toBe('BlueRelay needs Node.js 20.19 or newer; this is 18.20.8.\n');
});

test('another release of macOS is refused on a home that was made as one', async () => {
  const { code, said } = await refusal(home, ['--json', '--port', '0', '--macos', '15']);
  expect(code).toBe(1);
  expect(said).toMatch(/is macOS 26; for macOS 15 set BLUERELAY_DEMO_HOME/);
});
