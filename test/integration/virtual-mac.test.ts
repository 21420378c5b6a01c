import { spawn } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { virtualMacPeopleCommand } from '../../agent/cli/commands/virtual-mac-people.ts';
import { virtualMacReceiveCommand } from '../../agent/cli/commands/virtual-mac-receive.ts';
import { readAgentConfig } from '../../agent/config.ts';
import { socketPath } from '../../agent/control/socket-path.ts';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { receiveText, startVirtualMac, virtualPeople } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');

interface Row {
  is_from_me: number;
  text: string;
  is_sent: number;
  is_delivered: number;
  is_read: number;
  error: number;
  chat: string | null;
}

function rows(home: string): Row[] {
  const db = new Database(path.join(home, 'Library/Messages/chat.db'), { readonly: true });
  try {
    const found = db
      .prepare(
        `SELECT m.is_from_me, m.attributedBody, m.is_sent, m.is_delivered, m.is_read, m.error, c.chat_identifier AS chat
           FROM message m LEFT JOIN chat_message_join j ON j.message_id = m.ROWID
           LEFT JOIN chat c ON c.ROWID = j.chat_id ORDER BY m.ROWID`,
      )
      .all() as Array<Row & { attributedBody: Buffer }>;
    return found.map(({ attributedBody, ...row }) => ({
      ...row,
      text: decodeAttributedBody(attributedBody).text,
    }));
  } finally {
    db.close();
  }
}

async function start({ home = path.join(tempFolder(), 'mac'), clock = new ManualClock() } = {}) {
  const virtualMac = await startVirtualMac({ home, macos: '26', clock, logger });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await virtualMac.stop();
    stopped = true;
  };
  onTestFinished(stop);
  return { home, clock, stop };
}

async function sendTo(home: string, handle: string, text = 'hello'): Promise<void> {
  const [account] = (await askVirtualMac(home, { call: 'accounts' })) as Array<{ id: string }>;
  const participant = { account: account?.id ?? '', by: 'name', value: handle } as const;
  await askVirtualMac(home, { call: 'send', text, to: { participant } });
}

describe('the people', () => {
  test.each([
    ['+14155550101', { is_sent: 1, is_delivered: 1, is_read: 1, error: 0 }, ['You wrote: hello']],
    ['+14155550102', { is_sent: 1, is_delivered: 1, is_read: 1, error: 0 }, []],
    ['+14155550103', { is_sent: 1, is_delivered: 1, is_read: 0, error: 0 }, []],
    ['+14155550104', { is_sent: 1, is_delivered: 0, is_read: 0, error: 0 }, []],
    ['+14155550105', { is_sent: 0, is_delivered: 0, is_read: 0, error: 22 }, []],
    ['+14155550106', { is_sent: 1, is_delivered: 1, is_read: 1, error: 0 }, ['You wrote: hello']],
    ['+442071838750', { is_sent: 1, is_delivered: 1, is_read: 0, error: 0 }, []],
  ])('%s lives as told', async (handle, state, answers) => {
    const { home, clock } = await start();
    await sendTo(home, handle);
    expect(rows(home)).toMatchObject([{ is_sent: 0, is_delivered: 0, is_read: 0, error: 0, chat: null }]);
    await clock.advance(20);
    expect(rows(home)).toMatchObject([{ chat: handle }]);
    await clock.advance(60_000);
    const [own, ...others] = rows(home);
    expect(own).toMatchObject({ ...state, chat: handle, text: 'hello', is_from_me: 1 });
    expect(others.map((row) => row.text)).toEqual(answers);
    for (const row of others) expect(row).toMatchObject({ is_from_me: 0, chat: handle });
  });

  test('fail and slow down only in their own time', async () => {
    const { home, clock } = await start();
    await sendTo(home, '+14155550105');
    await sendTo(home, '+14155550106');
    await clock.advance(1_990);
    expect(rows(home)).toMatchObject([{ error: 0 }, { is_sent: 0 }]);
    await clock.advance(20);
    expect(rows(home)).toMatchObject([{ error: 22 }, { is_sent: 1, is_delivered: 0 }]);
  });

  test('are listed with what they do', async () => {
    const printed: string[] = [];
    const context = {
      config: readAgentConfig({}),
      clock: systemClock,
      logger,
      print: (line: string) => printed.push(line),
      tell: () => undefined,
    };
    await virtualMacPeopleCommand.run(context, { json: true });
    const people = JSON.parse(printed.join('\n'));
    expect(people).toEqual(virtualPeople());
    expect(people.length).toBeGreaterThanOrEqual(6);
    for (const person of people) expect(person.handle).toMatch(/^\+141555501\d\d$/);
  });
});

describe('a person who writes', () => {
  const context = (home: string | undefined, printed: string[]) => ({
    config: readAgentConfig(home ? { BLUERELAY_VIRTUAL_MAC: home } : {}),
    clock: systemClock,
    logger,
    print: (line: string) => printed.push(line),
    tell: () => undefined,
  });

  test('makes a row first and its join later', async () => {
    const { home, clock } = await start();
    const printed: string[] = [];
    await virtualMacReceiveCommand.run(context(home, printed), {
      from: '+14155550101',
      text: 'hi 👋',
      json: true,
    });
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ rowid: 1, guid: expect.any(String) });
    expect(rows(home)).toMatchObject([{ is_from_me: 0, text: 'hi 👋', chat: null }]);
    await clock.advance(30);
    expect(rows(home)).toMatchObject([{ chat: '+14155550101' }]);
  });

  test('needs a virtual Mac that runs', async () => {
    const home = path.join(tempFolder(), 'nobody');
    await expect(
      virtualMacReceiveCommand.run(context(home, []), { from: '+14155550101', text: 'hi' }),
    ).rejects.toMatchObject({
      code: 'virtual_mac_not_running',
      hint: expect.stringContaining('virtual-mac run'),
    });
    await expect(
      virtualMacReceiveCommand.run(context(home, []), { from: '+14155550101', text: '' }),
    ).rejects.toMatchObject({ code: 'invalid_parameter_value', param: 'text' });
  });

  test('means the virtual Mac of npm start unless another is named', async () => {
    const demo = tempFolder();
    const { home } = await start({ home: path.join(demo, 'virtual-mac') });
    const config = readAgentConfig({ BLUERELAY_DEMO_HOME: demo });
    await virtualMacReceiveCommand.run(
      { ...context(undefined, []), config },
      { from: '+14155550101', text: 'hi' },
    );
    expect(rows(home)).toMatchObject([{ is_from_me: 0, text: 'hi' }]);
  });

  test.each([
    ['linux', {}, 'agent', true],
    ['darwin', {}, undefined, false],
    ['linux', { BLUERELAY_HOME: '/elsewhere' }, undefined, false],
  ] as const)(
    'off a Mac, commands mean the relay of npm start unless another is named: %s %o',
    (platform, env, agent, virtual) => {
      const demo = tempFolder();
      mkdirSync(path.join(demo, 'virtual-mac'));
      const config = readAgentConfig({ BLUERELAY_DEMO_HOME: demo, ...env }, platform);
      expect(config.virtual).toBe(virtual);
      if (agent) expect(config.home).toBe(path.join(demo, agent));
      else expect(config.home.startsWith(demo)).toBe(false);
    },
  );

  test('needs a handle', async () => {
    const { home } = await start();
    await expect(receiveText(home, 'chat12;x', 'hi')).rejects.toMatchObject({ code: 'invalid_handle' });
    expect(rows(home)).toEqual([]);
  });
});

describe('the process', () => {
  test('goes on after a restart with what was on its way', async () => {
    const clock = new ManualClock();
    const first = await start({ clock });
    await sendTo(first.home, '+14155550101');
    await clock.advance(50);
    expect(rows(first.home)).toMatchObject([{ is_sent: 1, is_delivered: 0 }]);
    await first.stop();
    await clock.advance(5_000);
    const second = await start({ home: first.home, clock });
    await clock.advance(1_000);
    expect(rows(second.home)).toMatchObject([
      { is_read: 1, is_from_me: 1 },
      { is_from_me: 0, chat: '+14155550101' },
    ]);
  });

  test('goes on after SIGKILL', async () => {
    const home = path.join(tempFolder(), 'mac');
    const program = `
      import { startVirtualMac } from ${JSON.stringify(compiledModule('agent/virtual-mac/virtual-mac.js'))};
      import { systemClock } from ${JSON.stringify(compiledModule('bridge/runtime/clock.js'))};
      import { createLogger } from ${JSON.stringify(compiledModule('bridge/runtime/logger.js'))};
      await startVirtualMac({ home: ${JSON.stringify(home)}, macos: '26', clock: systemClock,
        logger: createLogger('test', 'silent') });`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const exited = new Promise((resolve) => other.once('exit', resolve));
    await eventually(() => receiveText(home, '+14155550102', 'a'));
    await sendTo(home, '+14155550101');
    other.kill('SIGKILL');
    await exited;
    await startVirtualMac({ home, macos: '26', clock: systemClock, logger }).then((mac) =>
      onTestFinished(() => mac.stop()),
    );
    const all = await eventually(
      () => rows(home).length === 3 && rows(home).every((row) => row.chat) && rows(home),
    );
    expect(all).toMatchObject([
      { text: 'a', is_from_me: 0 },
      { text: 'hello', is_from_me: 1, is_sent: 1, is_read: 1 },
      { text: 'You wrote: hello', is_from_me: 0 },
    ]);
  });

  test('is one for each home', async () => {
    const { home, clock } = await start();
    await expect(startVirtualMac({ home, macos: '26', clock, logger })).rejects.toMatchObject({
      code: 'virtual_mac_running',
    });
  });

  test('keeps its socket and files to its user', async () => {
    const { home } = await start();
    for (const file of [socketPath(home, 'virtual-mac.sock'), path.join(home, 'virtual-mac.sqlite')])
      expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(home).mode & 0o077).toBe(0);
  });

  test('works in a home whose path is too long for a socket', async () => {
    const home = path.join(tempFolder(), 'x'.repeat(120));
    await start({ home });
    expect(Buffer.byteLength(socketPath(home, 'virtual-mac.sock'))).toBeLessThanOrEqual(100);
    await receiveText(home, '+14155550101', 'hi');
    expect(rows(home)).toHaveLength(1);
  });

  test.each([
    ['what is not JSON', 'nonsense\n', 'invalid_request'],
    ['an unknown call', '{"call":"erase"}\n', 'invalid_request'],
    ['too much', `{"call":"receive","text":"${'x'.repeat(1_100_000)}`, 'closed'],
  ])('answers %s without harm', async (_name, sent, expected) => {
    const { home } = await start();
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(socketPath(home, 'virtual-mac.sock'), () => socket.write(sent));
      socket.on('data', (chunk) => {
        resolve(String(chunk));
        socket.destroy();
      });
      socket.on('error', () => resolve('closed'));
      socket.on('close', () => resolve('closed'));
    });
    expect(answer).toContain(expected);
    await receiveText(home, '+14155550101', 'hi');
    expect(rows(home)).toHaveLength(1);
  });
});
