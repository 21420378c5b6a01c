import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { messageRows } from '../support/message-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANSWERS = '+14155550101';
const SILENT = '+14155550102';

/** A module that ends its process by SIGKILL before the n-th statement that writes, transactions' ends among them. */
const killBefore = (n: number): string => `
  import Database from ${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))};
  const probe = new Database(':memory:').prepare('SELECT 1');
  const proto = Object.getPrototypeOf(probe);
  const run = proto.run;
  let left = ${n};
  proto.run = function (...args) {
    if (!this.readonly || /^(COMMIT|RELEASE)/.test(this.source)) left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return run.apply(this, args);
  };
`;

interface Mac {
  child: ChildProcess;
  exited: Promise<unknown>;
}

/** Starts the built virtual Mac; with a preload it may be gone before it is up. */
async function startMac(home: string, preload?: string): Promise<Mac> {
  const child = spawn(
    process.execPath,
    [
      ...(preload === undefined ? [] : ['--import', preload]),
      ...[builtFile('agent', 'main.js'), 'virtual-mac', 'run', '--home', home, '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, BLUERELAY_LOG: 'silent' } },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), exited]);
  return { child, exited };
}

/** What was asked of it was done: it said so. Undefined where it died before. */
async function ask<T>(home: string, request: Parameters<typeof askVirtualMac>[1]): Promise<T | undefined> {
  try {
    return (await askVirtualMac(home, request)) as T;
  } catch (error) {
    if (error instanceof AppError && error.code === 'virtual_mac_not_running') return undefined;
    throw error;
  }
}

function stepsLeft(home: string): number {
  const db = new Database(path.join(home, 'virtual-mac.sqlite'), { readonly: true });
  try {
    return Number(db.prepare('SELECT count(*) FROM step').pluck().get());
  } finally {
    db.close();
  }
}

interface Final {
  guid: string;
  sent: number;
  delivered: number;
  joins: number;
  files: number;
}

function finals(home: string, guids: readonly string[]): Final[] {
  const db = new Database(path.join(home, 'Library', 'Messages', 'chat.db'), { readonly: true });
  try {
    const one = db.prepare<[string], Final>(
      `SELECT guid, is_sent AS sent, is_delivered AS delivered,
         (SELECT count(*) FROM chat_message_join WHERE message_id = message.ROWID) AS joins,
         (SELECT count(*) FROM message_attachment_join AS link JOIN attachment ON attachment.ROWID = link.attachment_id
          WHERE link.message_id = message.ROWID AND attachment.transfer_state = 5) AS files
       FROM message WHERE guid = ?`,
    );
    return guids.flatMap((guid) => one.get(guid) ?? []);
  } finally {
    db.close();
  }
}

/** Lets the Mac take a text, a file and a message of a person, and die where it is told to; then it goes on. */
async function dieAndGoOn(killAt: number): Promise<{ died: boolean }> {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const preload = path.join(folder, 'kill.mjs');
  writeFileSync(preload, killBefore(killAt));
  const media = path.join(home, 'Media');
  mkdirSync(media, { recursive: true });
  const file = path.join(media, 'photo.png');
  writeFileSync(file, 'the bytes of a photo');

  const doomed = await startMac(home, preload);
  const accounts = (await ask<Array<{ id: string }>>(home, { call: 'accounts' })) ?? [];
  const account = accounts[0]?.id ?? '';
  const to = (value: string) => ({ participant: { account, by: 'name', value } as const });
  const sent = await ask(home, { call: 'send', to: to(ANSWERS), text: 'a question' });
  const sentFile = await ask(home, { call: 'send', to: to(SILENT), file });
  const heard = await ask(home, { call: 'receive', from: SILENT, text: 'a text of a person' });
  if ([sent, sentFile, heard].includes(undefined)) await doomed.exited;
  else await Promise.race([doomed.exited, eventually(() => stepsLeft(home) === 0, { within: 60_000 })]);
  const died = doomed.child.signalCode === 'SIGKILL';

  await startMac(home);
  await eventually(() => stepsLeft(home) === 0, { within: 60_000, what: 'the end of all that was planned' });
  const rows = messageRows(path.join(home, 'Library', 'Messages', 'chat.db'));
  const texts = rows.map(({ text }) => text);
  const count = (text: string): number => texts.filter((one) => one === text).length;
  const questions = count('a question');
  expect(questions).toBeLessThanOrEqual(1);
  if (sent !== undefined) expect(questions).toBe(1);
  expect(count('You wrote: a question'), 'answers').toBe(questions);
  expect(count('\uFFFC')).toBeLessThanOrEqual(1);
  if (sentFile !== undefined) expect(count('\uFFFC')).toBe(1);
  if (heard !== undefined) expect(count('a text of a person')).toBe(1);
  expect(rows.every(({ chat }) => chat !== null)).toBe(true);
  const mine = rows.filter((row) => row.mine === 1);
  for (const final of finals(
    home,
    rows.map(({ guid }) => guid),
  )) {
    const own = mine.find(({ guid }) => guid === final.guid);
    expect(final).toMatchObject({ joins: 1, delivered: 1, ...(own && { sent: 1 }) });
    if (own?.text === '\uFFFC') expect(final.files).toBe(1);
  }
  return { died };
}

/** More writes than there are in such a run. */
const MOST_WRITES = 120;

test(
  'a virtual Mac that is killed between any two writes goes on without a message too many or too few',
  async () => {
    const step = whole ? 1 : 8;
    let deaths = 0;
    for (let killAt = 1; killAt <= MOST_WRITES; killAt += step) {
      const { died } = await dieAndGoOn(killAt);
      if (!died) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(30 / step);
    expect(deaths).toBeLessThan(MOST_WRITES / step);
  },
  whole ? 3_600_000 : 600_000,
);
