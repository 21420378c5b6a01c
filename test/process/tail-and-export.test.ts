import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MessagesStore } from '../../agent/virtual-mac/types.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { type AgentHomes, bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEER = '+14155550199';
const direct = { handle: PEER };
const DAY_MS = 86_400_000;

function world(): { homes: AgentHomes; store: MessagesStore } {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  return { homes, store: openStore(homes.mac, '26', LINE) };
}

function write(store: MessagesStore, text: string, at: number, sender: 'me' | { handle: string } = direct) {
  const row = store.insertMessage({ chat: direct, sender, parts: [{ kind: 'text', text }], at });
  store.joinChat(row, direct);
  return row;
}

interface Tail {
  child: ChildProcess;
  lines(): string[];
  end(signal: NodeJS.Signals): Promise<number | null>;
}

async function tail({ home, mac }: AgentHomes, ...args: string[]): Promise<Tail> {
  const child = spawn(process.execPath, [builtFile('agent/main.js'), 'tail', ...args], {
    env: { ...process.env, BLUERELAY_HOME: home, BLUERELAY_VIRTUAL_MAC: mac, BLUERELAY_LOG: 'error' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  await eventually(() => stderr.includes('Watching'), { what: 'begin of the tail' });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = await closed;
    return code;
  };
  return { child, end, lines: () => stdout.split('\n').filter(Boolean) };
}

test('tail tells what comes from now on as JSON lines, and ends well on SIGTERM', async () => {
  const { homes, store } = world();
  write(store, 'long ago', Date.now() - DAY_MS);
  const run = await tail(homes, '--json');
  const target = write(store, 'hello 🙂', Date.now());
  const tapback = store.insertTapback({
    kind: 'love',
    target: { guid: target.guid },
    sender: direct,
    at: Date.now(),
  });
  store.joinChat(tapback, direct);
  store.insertCall({
    kind: 'facetime-video',
    direction: 'in',
    handles: [PEER],
    answered: true,
    at: Date.now(),
    durationMs: 42_000,
  });
  await eventually(() => run.lines().length === 3, { what: 'three lines' });
  const told = run.lines().map((line) => JSON.parse(line));
  expect(told).toContainEqual(
    expect.objectContaining({ kind: 'received', guid: target.guid, text: 'hello 🙂', from: PEER }),
  );
  expect(told).toContainEqual(expect.objectContaining({ kind: 'tapback', tapback: 'love' }));
  expect(told).toContainEqual(
    expect.objectContaining({ kind: 'call', medium: 'video', durationSeconds: 42 }),
  );
  expect(await run.end('SIGTERM')).toBe(0);
});

test('tail shows people one line for each change, free of what a terminal obeys, and ends well on SIGINT', async () => {
  const { homes, store } = world();
  const run = await tail(homes);
  write(store, 'two\nlines \u001b[31mred', Date.now());
  await eventually(() => run.lines().length > 0);
  expect(run.lines()).toEqual([
    expect.stringMatching(/^\d{4}-.*Z {2}received {4}\+14155550199 {2}"two\\nlines \\u001b\[31mred"$/),
  ]);
  expect(await run.end('SIGINT')).toBe(0);
});

test.each([['tail'], ['messages export --since 1d']])(
  '%s says what to do when chat.db is refused',
  async (line) => {
    const folder = tempFolder();
    const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
    mkdirSync(path.join(homes.mac, 'Library/Messages'), { recursive: true });
    // A socket in its place cannot be opened, by root neither, just as a file without permission.
    const socket = net.createServer().listen(path.join(homes.mac, 'Library/Messages/chat.db'));
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    const result = await bluerelay(homes, [...line.split(' '), '--json']);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'full_disk_access_missing', hint: expect.stringContaining('Full Disk Access') },
    });
  },
);

test('export tells own and received messages, their edits and reactions, within its dates', async () => {
  const { homes, store } = world();
  const now = Date.now();
  write(store, 'too early', now - 3 * DAY_MS);
  const first = write(store, 'first', now - DAY_MS);
  store.editMessage(first.guid, { text: 'first, mended', at: now - DAY_MS + 1000 });
  const own = write(store, 'my answer', now - DAY_MS / 2, 'me');
  store.markSent(own.guid);
  store.markDelivered(own.guid, now - DAY_MS / 2 + 1000);
  const tapback = store.insertTapback({
    kind: 'emoji',
    emoji: '🎉',
    target: { guid: own.guid },
    sender: direct,
    at: now - DAY_MS / 4,
  });
  store.joinChat(tapback, direct);
  const group = { group: store.createGroup({ members: [PEER, '+14155550188'], name: 'Us' }) };
  const renamed = store.insertNote(group, { kind: 'renamed', name: 'All of us' }, 'me', now - DAY_MS / 8);
  store.joinChat(renamed, group);
  const toGroup = store.insertMessage({
    chat: group,
    sender: 'me',
    parts: [{ kind: 'text', text: 'hello all' }],
    at: now - DAY_MS / 9,
  });
  store.joinChat(toGroup, group);
  write(store, 'too late', now);

  const until = new Date(now - 60_000).toISOString();
  const { code, stdout, stderr } = await bluerelay(homes, [
    ...['messages', 'export', '--since', '2d', '--until', until, '--json'],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries).toEqual([
    expect.objectContaining({ kind: 'received', text: 'first', from: PEER, at: now - DAY_MS }),
    expect.objectContaining({ kind: 'edited', guid: first.guid, text: 'first, mended' }),
    expect.objectContaining({ kind: 'sent', text: 'my answer', from: null, state: 'delivered' }),
    expect.objectContaining({ kind: 'tapback', emoji: '🎉', target: { guid: own.guid, part: 0 } }),
    expect.objectContaining({ kind: 'group', change: 'renamed', name: 'All of us' }),
    expect.objectContaining({
      kind: 'sent',
      text: 'hello all',
      chat: { kind: 'group', identifier: group.group },
    }),
  ]);

  const people = await bluerelay(homes, ['messages', 'export', '--since', '2d', '--until', until]);
  expect(people.stdout.split('\n')[2]).toContain('me to +14155550199  [delivered] "my answer"');
});

test('export reads many rows page by page, in order', async () => {
  const { homes, store } = world();
  const at = Date.now() - DAY_MS;
  const many = Array.from({ length: 2_000 }, (_, i) => ({
    chat: direct,
    sender: direct,
    parts: [{ kind: 'text' as const, text: `number ${i}` }],
    at: at + i,
  }));
  store.backfill(many);
  const { stdout } = await bluerelay(homes, ['messages', 'export', '--since', '2d', '--json']);
  const texts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).text);
  expect(texts).toEqual(many.map(({ parts }) => parts[0]?.text));
});

test.each([
  [['--since', 'yesterday'], 'since'],
  [['--since', '1d', '--until', '2d'], 'until'],
])('export %j names the option that is wrong', async (args, param) => {
  const { homes } = world();
  const result = await bluerelay(homes, ['messages', 'export', ...args, '--json']);
  expect(result.code).toBe(1);
  expect(JSON.parse(result.stdout).error.message).toContain(`--${param}`);
});
