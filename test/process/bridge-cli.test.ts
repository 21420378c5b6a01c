import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { newPublicKey } from '../support/running-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MAIN = builtFile('bridge', 'main.js');

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

function start(args: string[], env: Record<string, string>): Run {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BLUERELAY_'));
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, stdout: () => out, stderr: () => err, ended };
}

const newStore = (): { BLUERELAY_BRIDGE_STORE: string } => ({
  BLUERELAY_BRIDGE_STORE: `sqlite:${path.join(tempFolder(), 'made', 'bridge.db')}`,
});

async function serve(env: Record<string, string>, ...args: string[]): Promise<Run & { url: string }> {
  const run = start(['serve', '--port', '0', '--json', ...args], env);
  await eventually(() => run.stdout().includes('\n') || run.child.exitCode !== null, {
    what: 'a bridge that serves',
  });
  const { url } = JSON.parse(run.stdout()) as { url: string };
  return { ...run, url };
}

async function json<T>(args: string[], env: Record<string, string>): Promise<T> {
  const run = start([...args, '--json'], env);
  const code = await run.ended;
  expect([code, run.stderr()]).toEqual([0, '']);
  expect(run.stdout().trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(run.stdout()) as T;
}

test('serve prints its URL alone on stdout, serves, and ends with 0 when it is told to', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const run = await serve(newStore());
    expect((await fetch(`${run.url}/readyz`)).status).toBe(200);
    run.child.kill(signal);
    expect(await run.ended, run.stderr()).toBe(0);
    expect(run.stdout()).toBe(`{"url":"${run.url}"}\n`);
  }
});

test('serve ends with 0 when its standard input ends, where that is asked for', async () => {
  const run = await serve({ ...newStore(), BLUERELAY_STOP_ON_STDIN_END: '1' });
  run.child.stdin?.end();
  expect(await run.ended, run.stderr()).toBe(0);
});

test('a second signal cuts off the request that the first one waits for', async () => {
  const run = await serve(newStore());
  const socket = net.connect(Number(new URL(run.url).port), '127.0.0.1');
  socket.on('error', () => socket.destroy());
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(
    'POST /agent/enrol HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
  );
  expect((await fetch(`${run.url}/healthz`)).status).toBe(200);
  run.child.kill('SIGTERM');
  await eventually(() => run.stderr().includes('"stopping"'), { what: 'the first signal to be taken' });
  expect(run.child.exitCode).toBeNull();
  const began = performance.now();
  run.child.kill('SIGTERM');
  expect(await run.ended, run.stderr()).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('operators work on the store while a bridge serves from it, and after it', async () => {
  const env = newStore();
  const run = await serve(env);
  const made = await json<{ account: { id: string }; liveKey: string; sandboxKey: string }>(
    ['account', 'create', '--name', 'Example'],
    env,
  );
  expect(made).toEqual({
    account: { id: expect.stringMatching(/^acc_/), name: 'Example', createdAt: expect.any(String) },
    liveKey: expect.stringMatching(/^sk_live_/),
    sandboxKey: expect.stringMatching(/^sk_sandbox_/),
  });
  const { id } = made.account;
  expect(await json(['account', 'list'], env)).toEqual([made.account]);
  expect((await fetch(`${run.url}/v1/messages`, { headers: { 'x-api-key': made.liveKey } })).status).toBe(
    200,
  );
  const { token } = await json<{ token: string }>(['agent', 'token', '--account', id], env);
  const enrolled = await fetch(`${run.url}/agent/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, publicKey: newPublicKey(), name: 'Mac', handle: '+14155550100' }),
  });
  expect(enrolled.status).toBe(201);
  const { agentId, line } = (await enrolled.json()) as { agentId: string; line: { id: string } };
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect(await json(['line', 'list', '--account', id], env)).toMatchObject([
    { id: line.id, handle: '+14155550100', status: 'provisioning', health: null, connected: false },
  ]);
  expect(await json(['agent', 'list'], env)).toMatchObject([{ id: agentId, revokedAt: null }]);
  expect(await json(['agent', 'revoke', '--id', agentId], env)).toEqual({ id: agentId, revoked: true });
  expect(await json(['agent', 'list', '--account', id], env)).toMatchObject([
    { id: agentId, revokedAt: expect.any(String) },
  ]);
  const file = env.BLUERELAY_BRIDGE_STORE.slice('sqlite:'.length);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(path.dirname(file)).mode & 0o777).toString(8)).toBe('700');
});

test('what was stored is there after the bridge was killed', async () => {
  const env = newStore();
  const first = await serve(env);
  const { liveKey } = await json<{ liveKey: string }>(['account', 'create', '--name', 'Example'], env);
  const headers = { 'x-api-key': liveKey, 'content-type': 'application/json' };
  const body = JSON.stringify({ url: 'https://example.com/hook' });
  const made = await fetch(`${first.url}/v1/webhooks`, { method: 'POST', headers, body });
  const { id } = (await made.json()) as { id: string };
  first.child.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const second = await serve(env);
  expect((await fetch(`${second.url}/v1/webhooks/${id}`, { headers })).status).toBe(200);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('openapi prints the document without a store', async () => {
  const env = newStore();
  const document = await json<{ openapi: string; paths: object }>(['openapi'], env);
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toContain('/v1/messages');
  expect(existsSync(env.BLUERELAY_BRIDGE_STORE.slice('sqlite:'.length))).toBe(false);
});

test('what keeps it from serving is one clear line and exit code 1', async () => {
  const taken = net.createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void taken.close(() => resolve())));
  const { port } = taken.address() as net.AddressInfo;
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['serve', '--port', String(port)], {}, /Port \d+ of 127\.0\.0\.1 is in use \(port_in_use\)/],
    [['serve', '--port', 'x'], {}, /--port must be a port number/],
    [['serve'], { BLUERELAY_BRIDGE_PORT: '65536' }, /BLUERELAY_BRIDGE_PORT must be/],
    [['serve'], { BLUERELAY_BRIDGE_STORE: 'sqlite:/proc/nothing/bridge.db' }, /\(store_unavailable\)/],
    [['serve'], { BLUERELAY_BRIDGE_STORE: 'sqlite:/dev/null/bridge.db' }, /\(store_unavailable\)/],
    [['serve'], { BLUERELAY_BRIDGE_STORE: 'postgres://u:sekret@127.0.0.1:1/db' }, /\(store_unavailable\)/],
    [['agent', 'token', '--account', 'acc_none'], {}, /\(not_found\)/],
  ];
  const runs = cases.map(([args, env, line]) => ({ line, run: start(args, { ...newStore(), ...env }) }));
  for (const { line, run } of runs) {
    const code = await run.ended;
    const told = run.stderr().trimEnd().split('\n');
    expect([code, told.length, run.stdout()], run.stderr()).toEqual([1, 1, '']);
    expect(told[0]).toMatch(/^bluerelay-bridge: /);
    expect(told[0]).toMatch(line);
    expect(told[0]).not.toContain('sekret');
  }
});

test('help tells every command, and an unknown one is refused', async () => {
  const help = start(['--help'], {});
  expect(await help.ended).toBe(0);
  expect(help.stdout()).toMatch(/serve[\s\S]*account[\s\S]*agent[\s\S]*line[\s\S]*openapi/);
  const group = start(['agent', '--help'], {});
  expect(await group.ended).toBe(0);
  expect(group.stdout()).toMatch(/token[\s\S]*list[\s\S]*revoke/);
  for (const args of [
    ['nonsense'],
    ['account', 'nonsense'],
    ['account', 'create'],
    ['serve', '--nonsense'],
  ]) {
    const run = start(args, newStore());
    expect(await run.ended, args.join(' ')).toBe(2);
    expect(run.stderr()).not.toBe('');
    expect(run.stdout()).toBe('');
  }
});
