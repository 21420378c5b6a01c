import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lookUp } from '../../agent/mac/lookup.ts';
import { readXmlPlist } from '../../agent/mac/xml-plist.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { receiveText, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const READS = '+14155550102';
const ABSENT = '+14155550105';
const STRANGER = '+14155550199';

async function send(home: string, handle: string): Promise<void> {
  const [account] = (await askVirtualMac(home, { call: 'accounts' })) as Array<{ id: string }>;
  const participant = { account: account?.id ?? '', by: 'name', value: handle } as const;
  await askVirtualMac(home, { call: 'send', text: 'x', to: { participant } });
}

describe.each(macosReleases)('on macOS %s', (macos) => {
  test('a Mac tells what it learnt by writing and being written to, and adds nothing by telling', async () => {
    const home = path.join(tempFolder(), 'mac');
    const clock = new ManualClock();
    const logger = createLogger('test', 'silent');
    const virtualMac = await startVirtualMac({ home, macos, clock, logger });
    onTestFinished(() => virtualMac.stop());
    const written = clock.now();
    await send(home, READS);
    await send(home, ABSENT);
    await clock.advance(60_000);
    await receiveText(home, 'a@example.com', 'hi');
    const count = () => {
      const db = new Database(virtualMac.messagesDb, { readonly: true });
      const rows = db.prepare('SELECT count(*) FROM message').pluck().get();
      db.close();
      return rows;
    };
    await eventually(() => count() === 3);
    expect(lookUp(home, [READS, ABSENT, 'A@Example.com', STRANGER])).toEqual([
      { handle: READS, imessage: 'yes', source: 'history', seenAt: written },
      { handle: ABSENT, imessage: 'no', source: 'send_error', seenAt: written },
      { handle: 'A@Example.com', imessage: 'yes', source: 'history', seenAt: written + 60_000 },
      { handle: STRANGER, imessage: 'unknown', source: 'none', seenAt: null },
    ]);
    expect(count()).toBe(3);
    expect(lookUp(cacheAlone(home), [READS, ABSENT, STRANGER])).toEqual([
      { handle: READS, imessage: 'yes', source: 'ids_cache', seenAt: written },
      { handle: ABSENT, imessage: 'no', source: 'ids_cache', seenAt: written },
      { handle: STRANGER, imessage: 'unknown', source: 'none', seenAt: null },
    ]);
  });
});

/** Another home with what the identity services of this one remember, and no chat.db. */
function cacheAlone(home: string): string {
  const other = tempFolder();
  for (const folder of ['Library/IdentityServices', 'Library/Preferences'])
    if (existsSync(path.join(home, folder)))
      cpSync(path.join(home, folder), path.join(other, folder), { recursive: true });
  return other;
}

describe('the newest evidence', () => {
  const at = Date.UTC(2026, 0, 1);

  test('counts: who left iMessage, who joined it', () => {
    const home = tempFolder();
    const store = openStore(home, '26', LINE);
    const out = (to: string, when: number, end: 'delivered' | 'failed' | 'sent') => {
      const { guid } = store.insertOutgoing({ to, text: 'x', at: when });
      if (end === 'delivered') store.markDelivered(guid, when + 10);
      if (end === 'failed') store.markFailed(guid, 22);
      if (end === 'sent') store.markSent(guid);
    };
    out('left@example.com', at, 'delivered');
    out('left@example.com', at + 1_000, 'failed');
    out('joined@example.com', at, 'failed');
    out('joined@example.com', at + 1_000, 'delivered');
    out('silent@example.com', at, 'sent');
    store.insertIncoming({ from: 'sms@example.com', text: 'x', at, service: 'SMS' });
    expect(
      lookUp(home, ['left@example.com', 'joined@example.com', 'silent@example.com', 'sms@example.com']).map(
        ({ imessage, source }) => `${imessage} ${source}`,
      ),
    ).toEqual(['no send_error', 'yes history', 'unknown none', 'unknown none']);
  });

  test('may be of the cache, in binary or XML, with or without a date', () => {
    const home = tempFolder();
    const store = openStore(home, '26', LINE);
    store.markFailed(store.insertOutgoing({ to: STRANGER, text: 'x', at }).guid, 22);
    const seconds = (at + 5_000 - 978_307_200_000) / 1000;
    mkdirSync(path.join(home, 'Library/IdentityServices'), { recursive: true });
    writeFileSync(
      path.join(home, 'Library/IdentityServices/idstatuscache.plist'),
      `<?xml version="1.0"?><!DOCTYPE plist><plist version="1.0"><dict>
         <key>com.apple.madrid</key><dict>
           <key>tel:${STRANGER}</key><dict><key>IDStatus</key><integer>1</integer>
             <key>LookupDate</key><real>${seconds}</real></dict>
           <key>mailto:a&amp;b@example.com</key><dict><key>IDStatus</key><integer>2</integer></dict>
           <key>mailto:new@example.com</key><dict><key>IDStatus</key><integer>0</integer></dict>
         </dict></dict></plist>`,
    );
    expect(lookUp(home, [STRANGER, 'a&b@example.com', 'new@example.com'])).toEqual([
      { handle: STRANGER, imessage: 'yes', source: 'ids_cache', seenAt: at + 5_000 },
      { handle: 'a&b@example.com', imessage: 'no', source: 'ids_cache', seenAt: 0 },
      { handle: 'new@example.com', imessage: 'unknown', source: 'none', seenAt: null },
    ]);
  });

  test('is none where nothing can be read', () => {
    const home = tempFolder();
    const nothing = [{ handle: STRANGER, imessage: 'unknown', source: 'none', seenAt: null }];
    expect(lookUp(home, [STRANGER])).toEqual(nothing);
    mkdirSync(path.join(home, 'Library/IdentityServices'), { recursive: true });
    mkdirSync(path.join(home, 'Library/Messages'), { recursive: true });
    for (const damaged of [
      '',
      'bplist00',
      'bplist00\0\0\0\0',
      '<plist><dict><key>a</key></dict></plist>',
      'x',
    ]) {
      writeFileSync(path.join(home, 'Library/IdentityServices/idstatuscache.plist'), damaged);
      writeFileSync(path.join(home, 'Library/Messages/chat.db'), damaged);
      expect(lookUp(home, [STRANGER])).toEqual(nothing);
    }
  });
});

test('a property list in XML that is damaged anyhow is read without an error or an end', () => {
  const pieces = [
    '<dict>',
    '</dict>',
    '<key>a</key>',
    '<array>',
    '</array>',
    '<string>x</string>',
    '<true/>',
    '<dict/>',
    '&#x110000;',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      readXmlPlist(`<plist>${parts.join('')}</plist>`);
    }),
  );
  expect(readXmlPlist('<plist><array><dict/><true/><integer>4</integer></array></plist>')).toEqual([
    {},
    true,
    4,
  ]);
});
