import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Run {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  exit: Promise<number | string | null>;
}

/** Starts `bluerelay` as it is built. */
function bluerelay(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [builtFile('agent', 'main.js'), ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const run: Run = {
    child,
    stdout: '',
    stderr: '',
    exit: new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal))),
  };
  child.stdout.on('data', (chunk) => {
    run.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    run.stderr += chunk;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await run.exit;
  });
  return run;
}

async function finished(run: Run): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
  return { code: await run.exit, stdout: run.stdout, stderr: run.stderr };
}

test('runs until it is told to stop, keeps what it has, and tells where it is', async () => {
  const home = path.join(tempFolder(), 'mac');
  const start = async (): Promise<Run> => {
    const run = bluerelay(['virtual-mac', 'run', '--home', home, '--json']);
    await eventually(() => run.stdout.endsWith('\n'));
    return run;
  };
  const first = await start();
  expect(JSON.parse(first.stdout)).toMatchObject({
    home,
    messagesDb: path.join(home, 'Library/Messages/chat.db'),
    people: expect.arrayContaining([{ handle: '+14155550102', behaves: expect.any(String) }]),
  });

  const second = await finished(bluerelay(['virtual-mac', 'run', '--home', home]));
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain('runs in this home already');

  const text = ['--from', '+14155550101', '--text', 'hi', '--json'];
  const received = await finished(
    bluerelay(['virtual-mac', 'receive', ...text], { BLUERELAY_VIRTUAL_MAC: home }),
  );
  expect(received.code).toBe(0);
  expect(JSON.parse(received.stdout).rowid).toBe(1);

  first.child.kill('SIGKILL');
  await first.exit;
  const third = await start();
  const again = await finished(bluerelay(['virtual-mac', 'receive', '--home', home, ...text]));
  expect(JSON.parse(again.stdout).rowid).toBe(2);
  const faults = async (...args: string[]): Promise<object[]> => {
    const { stdout } = await finished(bluerelay(['virtual-mac', 'fault', '--home', home, ...args, '--json']));
    return JSON.parse(stdout);
  };
  expect(await faults('--make', 'screen-locked')).toEqual([{ kind: 'screen-locked' }]);
  const hang = { kind: 'hang', at: 'send', times: 1, skip: 0 };
  expect(await faults('--make', '{"kind":"hang","at":"send"}')).toEqual([{ kind: 'screen-locked' }, hang]);
  expect(await faults('--clear')).toEqual([]);

  third.child.kill('SIGTERM');
  expect(await third.exit).toBe(0);
});

test('ends when its supervisor does', async () => {
  const home = path.join(tempFolder(), 'mac');
  const run = bluerelay(['virtual-mac', 'run', '--home', home], { BLUERELAY_STOP_ON_STDIN_END: '1' });
  await eventually(() => run.stderr.includes('+14155550101'));
  run.child.stdin?.end();
  expect(await run.exit).toBe(0);
  expect(run.stdout).toBe('');
});

test.each([
  [['virtual-mac', 'receive', '--from', '+14155550101', '--text', ''], 'invalid_parameter_value'],
  [
    ['virtual-mac', 'receive', '--home', '/nowhere', '--from', '+14155550101', '--text', 'hi'],
    'virtual_mac_not_running',
  ],
  [['virtual-mac', 'fault', '--home', '/nowhere', '--make', 'sheet'], 'virtual_mac_not_running'],
  [['virtual-mac', 'fault', '--home', '/nowhere', '--make', 'fire'], 'invalid_parameter_value'],
  [['virtual-mac', 'fault', '--home', '/nowhere', '--make', '{"kind":'], 'invalid_parameter_value'],
  [['virtual-mac', 'run', '--home', '/proc/1/nowhere'], 'home_not_writable'],
  [['virtual-mac', 'run', '--home', '/tmp/x', '--macos', '11'], 'invalid_parameter_value'],
  [['virtual-mac', 'run', '--home', '/tmp/x', '--line', 'me'], 'invalid_parameter_value'],
])('%j fails and says why and what to do', async (args, code) => {
  const result = await finished(bluerelay([...args, '--json']));
  expect(result.code).toBe(1);
  expect(JSON.parse(result.stdout)).toMatchObject({ error: { code, hint: expect.any(String) } });
  expect(result.stderr).toMatch(/^Error: .+\nTry: .+\n$/);
});

test('lists its people as one JSON array', async () => {
  const { code, stdout } = await finished(bluerelay(['virtual-mac', 'people', '--json']));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)[0]).toEqual({
    handle: '+14155550101',
    behaves: expect.stringContaining('reads and answers'),
  });
});
