import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMac } from '../../agent/mac/mac.ts';
import {
  diskAccessAfter,
  type Permission,
  permissionComponents,
  probePermissions,
  signedInWith,
} from '../../agent/mac/permissions.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { causeFault, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');
const CLIENT = realpathSync(process.execPath);

async function world(macos: MacosRelease = '26') {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({ home, macos, clock: systemClock, logger });
  onTestFinished(() => virtualMac.stop());
  const mac = openMac({
    actsFolder: path.join(folder, 'acts'),
    target: { kind: 'virtual', home },
    allowSending: false,
    clock: systemClock,
    logger,
    deadlineMs: 5_000,
  });
  onTestFinished(() => mac.stop(new AbortController().signal));
  const probe = async (client = CLIENT): Promise<Record<string, Permission>> => {
    const found = await probePermissions({ mac, macHome: home, clock: systemClock, client });
    expect(found.map(({ component }) => component)).toEqual(permissionComponents);
    for (const { status, fix, detail } of found) {
      expect(detail).not.toBe('');
      expect(fix === '').toBe(status === 'granted');
    }
    return Object.fromEntries(found.map((permission) => [permission.component, permission]));
  };
  const status = async (client?: string) =>
    Object.fromEntries(Object.entries(await probe(client)).map(([name, { status }]) => [name, status]));
  const consents = path.join(home, 'Library/Application Support/com.apple.TCC/TCC.db');
  const consent = (sql: string, ...values: string[]): void => {
    const db = new Database(consents);
    db.prepare(sql).run(...values);
    db.close();
  };
  const untouched = async (): Promise<void> => {
    expect(await askVirtualMac(home, { call: 'prompts' })).toBe(0);
    const db = new Database(virtualMac.messagesDb, { readonly: true });
    expect(db.prepare('SELECT count(*) FROM message').pluck().get()).toBe(0);
    db.close();
  };
  return { home, mac, probe, status, consent, consents, untouched, virtualMac };
}

const ALL_GRANTED = {
  full_disk_access: 'granted',
  automation_messages: 'granted',
  automation_system_events: 'granted',
  automation_facetime: 'granted',
  accessibility: 'granted',
  screen: 'granted',
  messages: 'granted',
  start_conversations_from: 'unknown',
};

test.each(macosReleases)(
  'on macOS %s everything that can be known is found, nobody is asked, nothing is sent',
  async (macos) => {
    const { status, untouched } = await world(macos);
    expect(await status()).toEqual(ALL_GRANTED);
    await untouched();
  },
);

describe('control of Messages', () => {
  test('that was denied is told, and Messages is not asked', async () => {
    const { status, consent, untouched } = await world();
    consent("UPDATE access SET auth_value = 0 WHERE indirect_object_identifier = 'com.apple.MobileSMS'");
    expect(await status()).toEqual({ ...ALL_GRANTED, automation_messages: 'denied', messages: 'unknown' });
    await untouched();
  });

  test('that was never asked for is unknown, and nobody is asked', async () => {
    const { status, consent, untouched } = await world();
    consent('DELETE FROM access');
    const unknown = 'unknown';
    const expected = {
      ...ALL_GRANTED,
      automation_messages: unknown,
      automation_system_events: unknown,
      automation_facetime: unknown,
      messages: unknown,
    };
    expect(await status()).toEqual(expected);
    await untouched();
  });

  test('is that of the program that is asked about', async () => {
    const { status, untouched } = await world();
    expect(await status('/opt/other/node')).toMatchObject({
      automation_messages: 'unknown',
      messages: 'unknown',
    });
    await untouched();
  });

  test('is unknown where TCC.db cannot be read', async () => {
    const { status, home, virtualMac } = await world();
    await virtualMac.stop();
    virtualMac.stop = async () => undefined;
    rmSync(path.join(home, 'Library/Application Support/com.apple.TCC'), { recursive: true });
    expect(await status()).toMatchObject({
      automation_messages: 'unknown',
      accessibility: 'unknown',
      screen: 'unknown',
    });
  });
});

describe('of the screen', () => {
  test.each([
    ['screen-locked', 'screen', 'the screen is locked'],
    ['no-console', 'screen', 'the user is not logged in at the screen'],
    ['no-accessibility', 'accessibility', 'the agent may not use Accessibility'],
  ] as const)('%s is told', async (kind, component, detail) => {
    const { probe, home, untouched } = await world();
    await causeFault(home, { kind });
    expect((await probe())[component]).toMatchObject({ status: 'denied', detail });
    await untouched();
  });
});

describe('Messages', () => {
  test('that is not running is told and not started', async () => {
    const { probe, home } = await world();
    await causeFault(home, { kind: 'not-running' });
    expect((await probe()).messages).toMatchObject({ status: 'denied', detail: 'Messages is not running' });
  });

  test('that does not answer is unknown', async () => {
    const { probe, home } = await world();
    await causeFault(home, { kind: 'hang', at: 'accounts' });
    expect((await probe()).messages).toMatchObject({ status: 'unknown' });
  });
});

describe('the iMessage account', () => {
  const account = (connection: string, enabled = true) => ({ service: 'iMessage', enabled, connection });
  test.each([
    ['connected', [account('connected')], 'granted', undefined],
    ['connecting', [account('connecting')], 'unknown', 'connecting'],
    ['in a state that nobody has told of', [account('disconnecting')], 'unknown', 'connecting'],
    ['disconnected', [account('disconnected')], 'denied', 'signed_out'],
    ['disabled', [account('connected', false)], 'denied', 'signed_out'],
    ['not there', [{ ...account('connected'), service: 'SMS' }], 'denied', 'signed_out'],
  ])('that is %s', (_, accounts, status, cause) => {
    const found = signedInWith(accounts);
    expect([found.status, found.cause]).toEqual([status, cause]);
  });
});

describe('chat.db', () => {
  test('that is not there, or no database, leaves Full Disk Access unknown', async () => {
    const { probe, virtualMac } = await world();
    await virtualMac.stop();
    virtualMac.stop = async () => undefined;
    for (const end of ['', '-wal', '-shm']) rmSync(virtualMac.messagesDb + end, { force: true });
    expect((await probe()).full_disk_access).toMatchObject({
      status: 'unknown',
      detail: 'there is no chat.db yet',
    });
    mkdirSync(virtualMac.messagesDb);
    expect((await probe()).full_disk_access).toMatchObject({ status: 'unknown' });
  });

  test.each(['EPERM', 'EACCES', 'SQLITE_CANTOPEN', 'SQLITE_AUTH'])(
    'that is refused by %s is denied',
    (code) => {
      expect(diskAccessAfter(code).status).toBe('denied');
    },
  );
});

test('an Apple event without an answer on record would ask a person, and waits', async () => {
  const { home, mac, consent } = await world();
  consent('DELETE FROM access WHERE indirect_object_identifier = ?', 'com.apple.MobileSMS');
  expect(await mac.perform('act_1', { kind: 'probe_messages' })).toMatchObject({
    outcome: 'not_started',
    error: { code: 'act_timed_out' },
  });
  expect(await askVirtualMac(home, { call: 'prompts' })).toBe(1);
});
