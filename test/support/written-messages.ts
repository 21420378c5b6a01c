import { parseBuffer } from 'bplist-parser';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import type { FullMessage, MacosRelease } from '../../agent/virtual-mac/types.ts';
import { messageRow, openReader, openStore } from './messages-store.ts';
import { tempFolder } from './temp-folder.ts';

export const LINE = '+14155550100';
export const PEER = '+14155550199';
export const OTHER = '+14155550188';
export const AT = Date.UTC(2026, 4, 1, 12);
/** Seconds and nanoseconds from 2001-01-01 to AT. */
export const AT_S = 799_329_600;
export const AT_NS = 799_329_600_000_000_000n;

export const direct = { handle: PEER };
export const them = { handle: PEER };

/** A store of a virtual Mac, what it wrote, and a message from somebody. */
export function messagesStore(macos: MacosRelease = '26') {
  const home = tempFolder();
  const store = openStore(home, macos, LINE);
  const db = openReader(store.databasePath);
  const row = (guid: string) => messageRow(db, guid);
  const text = (guid: string) => decodeAttributedBody(row(guid).attributedBody as Buffer).text;
  const summary = (guid: string) => parseBuffer(row(guid).message_summary_info as Buffer)[0];
  const message = (over: Partial<FullMessage> = {}) => {
    const written = store.insertMessage({
      chat: direct,
      sender: them,
      parts: [{ kind: 'text', text: 'hello' }],
      at: AT,
      ...over,
    });
    store.joinChat(written, over.chat ?? direct);
    return written;
  };
  return { store, db, row, text, summary, message };
}
