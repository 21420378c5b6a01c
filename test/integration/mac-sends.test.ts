import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMac } from '../../agent/mac/mac.ts';
import { Staging } from '../../agent/mac/staging.ts';
import type { Mac } from '../../agent/mac/types.ts';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { causeFault, receiveText, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { type Clock, systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');
const LINE = '+14155550100';
const PERSON = '+14155550103';

interface Row {
  guid: string;
  text: string;
  service: string;
  is_sent: number;
  is_delivered: number;
  error: number;
  chat: string | null;
  attachment: string | null;
  transfer: number | null;
  filename: string | null;
  mime: string | null;
}

interface World {
  home: string;
  mac: Mac;
  staging: Staging;
  rows: () => Row[];
  stage: (actId: string, name: string, bytes?: string) => Promise<string>;
  chatOf: (identifier: string) => string;
}

/** A virtual Mac with a group of two, and the way to act on it. */
async function world(
  macos: MacosRelease = '26',
  relayed: readonly ('SMS' | 'RCS')[] = [],
  clock: Clock = systemClock,
): Promise<World & { group: string }> {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const store = openMessagesStore({ home, macos, line: LINE, clock: systemClock });
  const group = store.createGroup({ members: ['+14155550101', '+14155550102'] });
  store.close();
  const virtualMac = await startVirtualMac({ home, macos, line: LINE, relayed, clock, logger });
  onTestFinished(() => virtualMac.stop());
  const mac = openMac({
    actsFolder: path.join(folder, 'acts'),
    target: { kind: 'virtual', home },
    allowSending: true,
    clock: systemClock,
    logger,
    deadlineMs: 20_000,
  });
  onTestFinished(() => mac.stop(new AbortController().signal));
  const staging = new Staging(home);
  const db = new Database(virtualMac.messagesDb, { readonly: true });
  onTestFinished(() => void db.close());
  return {
    home,
    mac,
    staging,
    group,
    rows: () =>
      db
        .prepare<[], Row & { body: Buffer | null }>(
          `SELECT m.guid, m.attributedBody AS body, m.service, m.is_sent, m.is_delivered, m.error,
             c.chat_identifier AS chat, a.transfer_name AS attachment, a.transfer_state AS transfer,
             a.filename, a.mime_type AS mime
           FROM message m LEFT JOIN chat_message_join j ON j.message_id = m.ROWID
           LEFT JOIN chat c ON c.ROWID = j.chat_id
           LEFT JOIN message_attachment_join l ON l.message_id = m.ROWID
           LEFT JOIN attachment a ON a.ROWID = l.attachment_id
           WHERE m.is_from_me = 1 ORDER BY m.ROWID`,
        )
        .all()
        .map(({ body, ...row }) => ({ ...row, text: body ? decodeAttributedBody(body).text : '' })),
    async stage(actId, name, bytes = 'bytes') {
      const source = path.join(folder, 'source');
      writeFileSync(source, bytes);
      return staging.stage(actId, { source, name });
    },
    chatOf: (identifier) =>
      db
        .prepare<[string], string>('SELECT guid FROM chat WHERE chat_identifier = ?')
        .pluck()
        .get(identifier) ?? '',
  };
}

const handedOver = { outcome: 'handed_over' };
const notStarted = (code: string) => ({ outcome: 'not_started', error: { code } });

describe.each(macosReleases)('on macOS %s', (macos) => {
  test('a text and a file go into a group by its id', async () => {
    const { mac, rows, group, stage, chatOf } = await world(macos);
    const chat = chatOf(group);
    expect(await mac.perform('act_1', { kind: 'send_to_chat', chat, text: 'to all' })).toEqual(handedOver);
    const file = await stage('act_2', 'photo.jpg');
    expect(await mac.perform('act_2', { kind: 'send_file', chat, path: file })).toEqual(handedOver);
    await eventually(
      () => rows().length === 2 && rows().every((row) => row.is_sent === 1 && row.chat === group),
    );
    expect(rows()).toMatchObject([
      { text: 'to all', attachment: null, is_delivered: 0, error: 0 },
      { text: '\uFFFC', attachment: 'photo.jpg', transfer: 5, mime: 'image/jpeg', error: 0 },
    ]);
  });
});

describe('a chat that Messages does not know', () => {
  test('is not written to, and a group falls back to nothing', async () => {
    const { mac, rows, group, chatOf, home } = await world();
    const chat = chatOf(group);
    const act = { kind: 'send_to_chat', chat, text: 'x' } as const;
    await askVirtualMac(home, { call: 'unload-chat', id: chat });
    expect(await mac.perform('act_1', act)).toMatchObject(notStarted('chat_unknown'));
    expect(await mac.perform('act_2', { ...act, chat: `iMessage;+;${group}` })).toMatchObject(
      notStarted('chat_unknown'),
    );
    expect(rows()).toEqual([]);
  });

  test('is loaded again by a message in it', async () => {
    const { mac, rows, home, chatOf } = await world();
    await receiveText(home, PERSON, 'hi');
    const chat = await eventually(() => chatOf(PERSON) || null);
    const act = { kind: 'send_to_chat', chat, text: 'x' } as const;
    await askVirtualMac(home, { call: 'unload-chat', id: chat });
    expect(await mac.perform('act_1', act)).toMatchObject(notStarted('chat_unknown'));
    await receiveText(home, PERSON, 'hi again');
    expect(await mac.perform('act_2', act)).toEqual(handedOver);
    expect(rows()).toHaveLength(1);
  });

  test('is written to by its handle where one is given', async () => {
    const { mac, rows, home, chatOf } = await world();
    await receiveText(home, PERSON, 'hi');
    const chat = await eventually(() => chatOf(PERSON) || null);
    await askVirtualMac(home, { call: 'unload-chat', id: chat });
    expect(await mac.perform('act_1', { kind: 'send_text', handle: PERSON, chat, text: 'x' })).toEqual(
      handedOver,
    );
    await eventually(() => rows()[0]?.chat === PERSON);
  });

  test('under the id of the live list leaves a ghost on macOS 26', async () => {
    const { mac, rows, group } = await world();
    const act = { kind: 'send_to_chat', chat: `any;-;${group}`, text: 'x' } as const;
    expect(await mac.perform('act_1', act)).toEqual(handedOver);
    expect(rows()).toMatchObject([{ text: '', service: 'SMS', chat: null, is_sent: 0 }]);
  });
});

describe('a handle that was never written to', () => {
  test('whose participant cannot be read is sent to all the same', async () => {
    const { mac, rows, home } = await world();
    await causeFault(home, { kind: 'error', at: 'participant', number: -1728, times: 2 });
    expect(await mac.perform('act_1', { kind: 'send_text', handle: PERSON, text: 'x' })).toEqual(handedOver);
    await eventually(() => rows()[0]?.chat === PERSON);
  });

  test('and that Messages then refuses is uncertain', async () => {
    const { mac, rows, home } = await world();
    await causeFault(home, { kind: 'error', at: 'participant', number: -1728, times: 2 });
    await causeFault(home, { kind: 'error', at: 'send', number: -1728 });
    expect(await mac.perform('act_1', { kind: 'send_text', handle: PERSON, text: 'x' })).toMatchObject({
      outcome: 'uncertain',
      error: { apple: -1728 },
    });
    expect(rows()).toEqual([]);
  });

  test('fails late with error 22 when it is not on iMessage', async () => {
    const { mac, rows } = await world();
    await mac.perform('act_1', { kind: 'send_text', handle: '+14155550105', text: 'x' });
    await eventually(() => rows()[0]?.error === 22);
  });
});

describe('a service', () => {
  test.each(['SMS', 'RCS'] as const)('%s is used where the account is there', async (service) => {
    const { mac, rows, home, chatOf } = await world('26', ['SMS', 'RCS']);
    await receiveText(home, PERSON, 'hi');
    const chat = await eventually(() => chatOf(PERSON) || null);
    const act = { kind: 'send_text', handle: PERSON, chat, service, text: 'x' } as const;
    expect(await mac.perform('act_1', act)).toEqual(handedOver);
    await eventually(() => rows()[0]?.is_sent === 1 && rows()[0]?.chat === PERSON);
    expect(rows()).toMatchObject([{ service, is_delivered: 0, error: 0 }]);
  });

  test('that the Mac does not have is refused, and iMessage is not used in its place', async () => {
    const { mac, rows } = await world();
    const act = { kind: 'send_text', handle: PERSON, service: 'SMS', text: 'x' } as const;
    expect(await mac.perform('act_1', act)).toMatchObject(notStarted('service_unavailable'));
    expect(rows()).toEqual([]);
  });
});

describe('a file', () => {
  test.each([
    ['card.vcf', 'text/vcard'],
    ['Audio Message.caf', null],
  ])('%s goes to a handle and may be discarded once it is there', async (name, mime) => {
    const { mac, rows, stage, staging, home } = await world();
    const file = await stage('act_1', name);
    expect(await mac.perform('act_1', { kind: 'send_file', handle: PERSON, path: file })).toEqual(handedOver);
    await eventually(() => rows()[0]?.is_delivered === 1);
    staging.discard('act_1');
    expect(rows()).toMatchObject([{ attachment: name, transfer: 5, mime, chat: PERSON }]);
    expect(rows()[0]?.filename?.startsWith('~/Library/Messages/Attachments/')).toBe(true);
    expect(path.join(home, String(rows()[0]?.filename).slice(2))).not.toBe(file);
  });

  test('that is taken away as soon as it is handed over fails with error 25', async () => {
    const clock = new ManualClock();
    const { mac, rows, stage, staging } = await world('26', [], clock);
    const file = await stage('act_1', 'a.txt');
    await mac.perform('act_1', { kind: 'send_file', handle: PERSON, path: file });
    staging.discard('act_1');
    await eventually(async () => {
      await clock.advance(1_000);
      return rows()[0]?.error === 25;
    });
    expect(rows()).toMatchObject([{ transfer: 6, is_sent: 0 }]);
  });

  test('that Messages may not read is refused; Messages itself takes it and fails with error 25', async () => {
    const { mac, rows, home } = await world();
    const outside = path.join(home, 'Pictures.txt');
    writeFileSync(outside, 'x');
    const act = { kind: 'send_file', handle: PERSON, path: outside } as const;
    expect(await mac.perform('act_1', act)).toMatchObject(notStarted('file_not_sendable'));
    expect(rows()).toEqual([]);
    const [account] = (await askVirtualMac(home, { call: 'accounts' })) as Array<{ id: string }>;
    const participant = { account: account?.id ?? '', by: 'name', value: PERSON } as const;
    await askVirtualMac(home, { call: 'send', file: outside, to: { participant } });
    await eventually(() => rows()[0]?.error === 25);
  });

  test('that is gone before the act is refused', async () => {
    const { mac, stage } = await world();
    const file = await stage('act_1', 'a.txt');
    rmSync(file);
    expect(await mac.perform('act_1', { kind: 'send_file', handle: PERSON, path: file })).toMatchObject(
      notStarted('file_not_sendable'),
    );
  });
});

test('a send to what is no chat is refused', async () => {
  const { mac } = await world();
  for (const chat of ['chat123', 'any;+;a b', '', PERSON])
    expect(await mac.perform('act_1', { kind: 'send_to_chat', chat, text: 'x' })).toMatchObject(
      notStarted('invalid_recipient'),
    );
});
