import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMac } from '../../agent/mac/mac.ts';
import type { Mac } from '../../agent/mac/types.ts';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import {
  causeFault,
  faultsHappened,
  startVirtualMac,
  type VirtualMac,
} from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');
const noHurry = new AbortController().signal;

interface World {
  virtualMac: VirtualMac;
  mac: Mac;
  actsFolder: string;
  home: string;
}

async function world({ allowSending = true, deadlineMs = 20_000 } = {}): Promise<World> {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const actsFolder = path.join(folder, 'acts');
  const virtualMac = await startVirtualMac({ home, macos: '26', clock: systemClock, logger });
  onTestFinished(() => virtualMac.stop());
  const target = { kind: 'virtual', home } as const;
  const mac = openMac({ actsFolder, target, allowSending, clock: systemClock, logger, deadlineMs });
  onTestFinished(() => mac.stop(noHurry));
  return { virtualMac, mac, actsFolder, home };
}

interface OwnRow {
  ROWID: number;
  text: string;
  is_sent: number;
  is_delivered: number;
  is_read: number;
  error: number;
  chat: string | null;
}

function ownRows(messagesDb: string): OwnRow[] {
  const db = new Database(messagesDb, { readonly: true });
  try {
    const rows = db
      .prepare(
        `SELECT m.ROWID, m.attributedBody, m.is_sent, m.is_delivered, m.is_read, m.error, c.chat_identifier AS chat
           FROM message m LEFT JOIN chat_message_join j ON j.message_id = m.ROWID
           LEFT JOIN chat c ON c.ROWID = j.chat_id WHERE m.is_from_me = 1 ORDER BY m.ROWID`,
      )
      .all() as Array<OwnRow & { attributedBody: Buffer }>;
    return rows.map(({ attributedBody, ...row }) => ({
      ...row,
      text: decodeAttributedBody(attributedBody).text,
    }));
  } finally {
    db.close();
  }
}

/** Command lines of running processes that have a word in them. */
const processesWith = (word: string): string[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(word));

describe('a send', () => {
  test('is handed over and makes exactly one row', async () => {
    const { mac, virtualMac, actsFolder } = await world();
    const outcome = await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hello' });
    expect(outcome).toEqual({ outcome: 'handed_over' });
    await eventually(() => ownRows(virtualMac.messagesDb)[0]?.is_delivered === 1);
    expect(ownRows(virtualMac.messagesDb)).toMatchObject([
      { text: 'hello', chat: '+14155550103', is_sent: 1, is_read: 0, error: 0 },
    ]);
    const files = readdirSync(actsFolder).sort();
    expect(files).toEqual(['act_1.result', 'act_1.started']);
    for (const file of files) {
      const content = readFileSync(path.join(actsFolder, file), 'utf8');
      expect(content).not.toContain('hello');
      expect(content).not.toContain('4155550103');
    }
    mac.forget('act_1');
    expect(readdirSync(actsFolder)).toEqual([]);
  });

  test.each([
    ['18,000 characters', 'x'.repeat(18_000)],
    [
      'every plane and direction',
      `${'👩‍👩‍👧‍👦é漢字🇫🇷\u{10ffff}\u{20000}'.repeat(200)}\r\n\tשלום "quoted" \\ $HOME`,
    ],
    ['control characters', '\u0001\u0002\u001f\u007f\u2028\u2029'.repeat(100)],
  ])('of %s is byte-equal', async (_name, text) => {
    const { mac, virtualMac } = await world();
    expect(await mac.sendText({ actId: 'act_1', handle: 'a.b@example.com', text })).toEqual({
      outcome: 'handed_over',
    });
    expect(ownRows(virtualMac.messagesDb).map((row) => row.text)).toEqual([text]);
  });

  test.each([
    ['NUL', '+14155550103', 'a\0b', 'text_not_sendable'],
    ['half a surrogate pair', '+14155550103', 'a\ud83d', 'text_not_sendable'],
    ['nothing', '+14155550103', '', 'text_not_sendable'],
    ['a number without plus', '14155550103', 'hi', 'invalid_recipient'],
    ['a chat id', 'chat123456', 'hi', 'invalid_recipient'],
    ['a chat guid', 'any;-;+14155550103', 'hi', 'invalid_recipient'],
  ])('with %s is refused before anything happens', async (_name, handle, text, code) => {
    const { mac, actsFolder } = await world();
    expect(await mac.sendText({ actId: 'act_1', handle, text })).toMatchObject({
      outcome: 'not_started',
      error: { code },
    });
    expect(readdirSync(actsFolder)).toEqual([]);
  });

  test('is refused where sending is not allowed', async () => {
    const { mac } = await world({ allowSending: false });
    expect(await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'mac_read_only' },
    });
  });

  test('waits for the one before it', async () => {
    const { mac, virtualMac } = await world();
    const texts = ['one', 'two', 'three'];
    await Promise.all(
      texts.map((text, index) => mac.sendText({ actId: `act_${index}`, handle: '+14155550103', text })),
    );
    expect(ownRows(virtualMac.messagesDb).map((row) => row.text)).toEqual(texts);
  });
});

describe('a send into a known chat', () => {
  const handle = '+14155550103';
  const chat = `any;-;${handle}`;

  async function withChat(): Promise<World> {
    const there = await world();
    await there.mac.sendText({ actId: 'act_0', handle, text: 'first' });
    await eventually(() => ownRows(there.virtualMac.messagesDb)[0]?.chat);
    return there;
  }

  test('goes into it without asking for a participant', async () => {
    const { mac, virtualMac, home } = await withChat();
    await causeFault(home, { kind: 'error', at: 'participant', number: -2741 });
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'second', chat })).toEqual({
      outcome: 'handed_over',
    });
    await eventually(() => ownRows(virtualMac.messagesDb)[1]?.chat === handle);
    expect(ownRows(virtualMac.messagesDb).map((row) => row.text)).toEqual(['first', 'second']);
  });

  test.each([
    ['that Messages does not know', `iMessage;-;${handle}`, undefined],
    ['that is in chat.db but not in Messages', chat, { kind: 'error', at: 'chat', number: -1728 }],
  ] as const)('%s goes to the participant, once', async (_name, guid, fault) => {
    const { mac, virtualMac, home } = await withChat();
    if (fault) await causeFault(home, fault);
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'second', chat: guid })).toEqual({
      outcome: 'handed_over',
    });
    await eventually(() => ownRows(virtualMac.messagesDb)[1]?.chat === handle);
    expect(ownRows(virtualMac.messagesDb).map((row) => row.text)).toEqual(['first', 'second']);
  });

  test('that fails before the send is not_started and falls back to nothing', async () => {
    const { mac, virtualMac, home } = await withChat();
    await causeFault(home, { kind: 'error', at: 'chat', number: -1712 });
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'second', chat })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'act_timed_out' },
    });
    expect(ownRows(virtualMac.messagesDb)).toHaveLength(1);
  });

  test('that Messages loses is uncertain, not tried again', async () => {
    const { mac, virtualMac, home } = await withChat();
    await causeFault(home, { kind: 'error', at: 'send', number: -1728 });
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'second', chat })).toMatchObject({
      outcome: 'uncertain',
    });
    expect(ownRows(virtualMac.messagesDb)).toHaveLength(1);
  });

  test('may leave a ghost: a row that proves nothing', async () => {
    const { mac, virtualMac, home } = await withChat();
    await causeFault(home, { kind: 'ghost-row' });
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'second', chat })).toEqual({
      outcome: 'handed_over',
    });
    const ghosts = ownRows(virtualMac.messagesDb).filter((row) => row.chat === null);
    expect(ghosts).toMatchObject([{ text: '', is_sent: 0 }]);
  });

  test.each(['any;+;chat123', handle, 'any;-;a b'])('%s is refused: it is no direct chat', async (guid) => {
    const { mac } = await world();
    expect(await mac.sendText({ actId: 'act_1', handle, text: 'x', chat: guid })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'invalid_recipient' },
    });
  });
});

describe('of what is in the way,', () => {
  test('a participant that is not found by name is sent to by id', async () => {
    const { mac, virtualMac, home } = await world();
    await causeFault(home, { kind: 'error', at: 'participant', number: -1728 });
    expect(await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' })).toEqual({
      outcome: 'handed_over',
    });
    expect(ownRows(virtualMac.messagesDb)).toHaveLength(1);
  });

  test('Messages not running is not_started and is not launched', async () => {
    const { mac, home } = await world();
    await causeFault(home, { kind: 'not-running' });
    expect(await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'messages_not_running' },
    });
  });

  test('no virtual Mac at all is Messages not running', async () => {
    const { mac, virtualMac } = await world();
    await virtualMac.stop();
    virtualMac.stop = async () => undefined;
    expect(await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'messages_not_running', apple: -600 },
    });
  });
});

describe('the deadline', () => {
  test.each([
    ['participant', { outcome: 'not_started', error: { code: 'act_timed_out' } }],
    ['send', { outcome: 'uncertain' }],
    ['sent', { outcome: 'uncertain' }],
  ] as const)('ends a hang at %s and leaves no child', async (at, outcome) => {
    const { mac, home } = await world({ deadlineMs: 1_500 });
    await causeFault(home, { kind: 'hang', at });
    expect(await mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' })).toMatchObject(outcome);
    await eventually(() => processesWith(home).length === 0);
    expect(await mac.sendText({ actId: 'act_2', handle: '+14155550103', text: 'hi' })).toEqual({
      outcome: 'handed_over',
    });
  });

  test('a stop in a hurry ends the act under way', async () => {
    const { mac, home } = await world();
    await causeFault(home, { kind: 'hang', at: 'participant' });
    const act = mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' });
    const queued = mac.sendText({ actId: 'act_2', handle: '+14155550103', text: 'hi' });
    await eventually(() => processesWith(home).length > 0);
    await mac.stop(AbortSignal.abort());
    const interrupted = { outcome: 'not_started', error: { code: 'act_interrupted' } };
    expect(await act).toMatchObject(interrupted);
    expect(await queued).toMatchObject(interrupted);
    expect(processesWith(home)).toEqual([]);
  });
});

test('a worker that is killed takes its osascript with it, and the next act works', async () => {
  const { mac, home, actsFolder, virtualMac } = await world();
  await causeFault(home, { kind: 'hang', at: 'participant' });
  const act = mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'hi' });
  await eventually(() => faultsHappened(home), { what: 'the hang' });
  const { pid } = JSON.parse(readFileSync(path.join(actsFolder, 'act_1.started'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  expect(await act).toMatchObject({ outcome: 'uncertain' });
  await eventually(() => processesWith(home).length === 0);
  expect(await mac.sendText({ actId: 'act_2', handle: '+14155550103', text: 'hi' })).toEqual({
    outcome: 'handed_over',
  });
  expect(ownRows(virtualMac.messagesDb)).toHaveLength(1);
});

describe('recovery', () => {
  /** Starts an act from another process, and kills that process once the act is under way. */
  async function abandonedAct({ home, actsFolder }: World, actId: string): Promise<void> {
    const program = `
      import { openMac } from ${JSON.stringify(compiledModule('agent/mac/mac.js'))};
      import { systemClock } from ${JSON.stringify(compiledModule('bridge/runtime/clock.js'))};
      import { createLogger } from ${JSON.stringify(compiledModule('bridge/runtime/logger.js'))};
      const target = { kind: 'virtual', home: ${JSON.stringify(home)} };
      const mac = openMac({ actsFolder: ${JSON.stringify(actsFolder)}, target, allowSending: true,
        clock: systemClock, logger: createLogger('test', 'silent'), deadlineMs: 6000 });
      await mac.sendText({ actId: ${JSON.stringify(actId)}, handle: '+14155550103', text: 'hi' });`;
    const agent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const exited = new Promise((resolve) => agent.once('exit', resolve));
    await eventually(() => existsSync(path.join(actsFolder, `${actId}.started`)));
    agent.kill('SIGKILL');
    await exited;
    expect(existsSync(path.join(actsFolder, `${actId}.result`))).toBe(false);
  }

  test('reads the result of a worker that outlived its agent', async () => {
    const there = await world();
    await abandonedAct(there, 'act_1');
    expect(await there.mac.recover('act_1')).toEqual({ outcome: 'handed_over' });
    expect(ownRows(there.virtualMac.messagesDb)).toHaveLength(1);
  });

  test('waits for the deadline of a worker that hangs', async () => {
    const there = await world();
    await causeFault(there.home, { kind: 'hang', at: 'sent' });
    await abandonedAct(there, 'act_1');
    expect(await there.mac.recover('act_1')).toMatchObject({ outcome: 'uncertain' });
    expect(ownRows(there.virtualMac.messagesDb)).toHaveLength(1);
    expect(processesWith(there.home)).toEqual([]);
  });

  test('is uncertain when the worker was killed too, and ends its osascript', async () => {
    const there = await world();
    await causeFault(there.home, { kind: 'hang', at: 'send' });
    await abandonedAct(there, 'act_1');
    await eventually(() => processesWith(there.home).length > 0);
    const { pid } = JSON.parse(readFileSync(path.join(there.actsFolder, 'act_1.started'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect(await there.mac.recover('act_1')).toMatchObject({ outcome: 'uncertain' });
    await eventually(() => processesWith(there.home).length === 0);
  });

  test('bars an act that never began, so that a late worker does nothing', async () => {
    const { mac, virtualMac, actsFolder, home } = await world();
    expect(await mac.recover('act_1')).toMatchObject({ outcome: 'not_started' });
    mac.forget('act_1');
    const worker = spawn(process.execPath, [builtFile('agent', 'mac', 'jxa-worker.js')], {
      detached: true,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.stdin.end(
      JSON.stringify({
        actId: 'act_1',
        actsFolder,
        script: 'send-text',
        libraries: ['sending'],
        input: { handle: '+14155550103', text: 'hi' },
        target: { kind: 'virtual', home },
        deadlineMs: 5_000,
        beginBefore: Date.now() + 5_000,
      }),
    );
    expect(await exited).toBe(3);
    expect(ownRows(virtualMac.messagesDb)).toEqual([]);
    expect(await mac.recover('act_1')).toMatchObject({ outcome: 'not_started' });
  });
});
