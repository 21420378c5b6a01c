import { statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { control } from '../../agent/control/control.ts';
import { lockHome } from '../../agent/lock.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function serve(home: string): Promise<void> {
  const served = await control.serve({
    home,
    methods: {
      double: (params) => ({ doubled: Number(params) * 2 }),
      refuse: () => {
        throw new AppError('No', { code: 'not_found', retry: 'never', hint: 'Ask for another.' });
      },
    },
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => served.close());
}

test('the control socket is private, replaces one that a dead agent left, and answers each request', async () => {
  const home = tempFolder();
  const file = path.join(home, 'control.sock');
  writeFileSync(file, '');
  await serve(home);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await control.ask(home, systemClock, 'double', 21)).toEqual({ doubled: 42 });
  await expect(control.ask(home, systemClock, 'refuse')).rejects.toMatchObject({
    code: 'not_found',
    hint: 'Ask for another.',
  });
  await expect(control.ask(home, systemClock, 'toString')).rejects.toMatchObject({ code: 'unknown_request' });
});

test('a request that is no JSON is answered with an error, one without end is cut off', async () => {
  const home = tempFolder();
  await serve(home);
  let answer = '';
  const socket = net.connect(path.join(home, 'control.sock'), () =>
    socket.write('what?\n{"method":"double"}\n'),
  );
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await eventually(() => answer.split('\n').length === 3);
  expect(JSON.parse(answer.split('\n')[0] ?? '')).toMatchObject({ error: { code: 'invalid_request' } });
  expect(JSON.parse(answer.split('\n')[1] ?? '')).toMatchObject({ result: { doubled: null } });
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.write('x'.repeat(100_000));
  await eventually(() => closed);
});

test('nobody answers in a home where no agent runs', async () => {
  await expect(control.ask(tempFolder(), systemClock, 'status')).rejects.toMatchObject({
    code: 'agent_not_running',
  });
});

test('one daemon at a time holds a home', () => {
  const home = tempFolder();
  const release = lockHome(home);
  expect(() => lockHome(home)).toThrow(expect.objectContaining({ code: 'agent_running' }));
  release();
  lockHome(home)();
  expect(() => lockHome(path.join(home, 'none'))).toThrow(
    expect.objectContaining({ code: 'home_not_writable' }),
  );
});
