import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseBuffer } from 'bplist-parser';
import { describe, expect, test } from 'vitest';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { messageRow, openReader, openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const rows = path.resolve(import.meta.dirname, '../../../shared/vectors/platform-imessage/rows');

type RealRow = Record<string, string | number | null>;

const realRow = (file: string): RealRow => JSON.parse(readFileSync(path.join(rows, file), 'utf8'))[0];

const bytes = (dataUrl: unknown): Buffer => Buffer.from(String(dataUrl).split(',')[1] ?? '', 'base64');

/** Columns that hold who, when and what, or what iCloud and the notifications of that Mac did afterwards. */
const OWN = new Set([
  'ROWID',
  'guid',
  'text',
  'handle_id',
  'attributedBody',
  'account',
  'account_guid',
  'date',
  'date_read',
  'date_delivered',
  'date_edited',
  'reply_to_guid',
  'destination_caller_id',
  'message_summary_info',
  'ck_sync_state',
  'ck_record_id',
  'ck_record_change_tag',
  'was_delivered_quietly',
]);

const PEER = '+15555550101';
const AT = Date.UTC(2026, 4, 1);
const parts = [
  { kind: 'attachment' },
  { kind: 'text', text: '1' },
  { kind: 'attachment' },
  { kind: 'text', text: '2' },
] as const;

/** The real row's columns that ours has too, but those of its own. */
function comparable(real: RealRow, ours: Record<string, unknown>): [unknown, unknown] {
  const names = Object.keys(ours).filter((name) => name in real && !OWN.has(name));
  expect(names.length).toBeGreaterThan(50);
  const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  return [
    Object.fromEntries(names.map((name) => [name, plain(ours[name])])),
    Object.fromEntries(names.map((name) => [name, real[name]])),
  ];
}

function open(macos: MacosRelease) {
  const store = openStore(tempFolder(), macos, '+15555550100');
  return { store, row: (guid: string) => messageRow(openReader(store.databasePath), guid) };
}

describe.skipIf(!existsSync(rows))('rows as real Macs wrote them', () => {
  test('a delivered message with two files', () => {
    const real = realRow('fixture1.json');
    const { store, row } = open('12');
    const { guid } = store.insertMessage({ chat: { handle: PEER }, sender: 'me', parts, at: AT });
    store.markSent(guid);
    store.markDelivered(guid, AT);
    const ours = row(guid);
    const [a, b] = comparable(real, ours);
    expect(a).toEqual(b);
    expect(parseBuffer(ours.message_summary_info as Buffer)).toEqual(
      parseBuffer(bytes(real.message_summary_info)),
    );
  });

  test('a message that came and was read', () => {
    const real = realRow('fixture2.json');
    const { store, row } = open('12');
    const { guid } = store.insertMessage({ chat: { handle: PEER }, sender: { handle: PEER }, parts, at: AT });
    store.markRead(guid, AT);
    const ours = row(guid);
    const [a, b] = comparable(real, ours);
    expect(a).toEqual(b);
    expect(ours.date_delivered).toBe(0n);
    expect(parseBuffer(ours.message_summary_info as Buffer)).toEqual(
      parseBuffer(bytes(real.message_summary_info)),
    );
  });

  test('a message whose first parts were taken back', () => {
    const real = realRow('partial_leading_unsends.json');
    const { store, row } = open('14');
    const { guid } = store.insertMessage({
      chat: { handle: PEER },
      sender: 'me',
      parts: [{ kind: 'attachment' }, { kind: 'attachment' }, { kind: 'text', text: 'a' }],
      at: AT,
    });
    store.markSent(guid);
    store.markDelivered(guid, AT);
    store.markRead(guid, AT);
    store.unsendMessage(guid, { parts: [0, 1], at: AT });
    const ours = row(guid);
    const [a, b] = comparable(real, ours);
    expect(a).toEqual(b);
    expect(parseBuffer(ours.message_summary_info as Buffer)).toEqual(
      parseBuffer(bytes(real.message_summary_info)),
    );
  });

  test('a message whose text was edited and whose files were taken back', () => {
    const real = realRow('partial_trailing_unsends.json');
    const [summary] = parseBuffer(bytes(real.message_summary_info));
    const { store, row } = open('14');
    const { guid } = store.insertMessage({
      chat: { handle: PEER },
      sender: 'me',
      parts: [{ kind: 'text', text: 'trailing attachments' }, { kind: 'attachment' }, { kind: 'attachment' }],
      at: AT,
    });
    store.markSent(guid);
    store.markDelivered(guid, AT);
    store.markRead(guid, AT);
    store.unsendMessage(guid, { parts: [1, 2], at: AT });
    store.editMessage(guid, { text: 'a', at: AT });
    const ours = row(guid);
    const [a, b] = comparable(real, ours);
    expect(a).toEqual(b);
    const [written] = parseBuffer(ours.message_summary_info as Buffer);
    expect(Object.keys(written).sort()).toEqual(Object.keys(summary).sort());
    expect(written).toMatchObject({ otr: summary.otr, ep: summary.ep, rp: summary.rp });
    const versions = (value: typeof summary): Buffer[] => value.ec['0'].map(({ t }: { t: Buffer }) => t);
    expect(versions(written)).toEqual(versions(summary));
  });
});
