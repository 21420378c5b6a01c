import { afterAll, beforeAll, expect } from 'vitest';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { ChatTarget, FullMessage, MessagesStore, WrittenRow } from '../../agent/virtual-mac/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { sharedDemo } from './demo.ts';
import { type Hook, registerHook } from './demo-customer.ts';
import type { ReceivedEvent } from './webhook-receiver.ts';

export const ANNA = '+14155550141';
export const BEN = '+14155550142';
const anna: ChatTarget = { handle: ANNA };

export type Data = Record<string, unknown>;
export interface File {
  id: string;
  url: string;
  part: number;
  position: number;
  state: string;
  rendition: { url: string; mimeType: string } | null;
}

export const filesOf = (data: Data): File[] => data.attachments as File[];

export const message = (more: Partial<FullMessage> & { text?: string } = {}): FullMessage => {
  const { text, ...rest } = more;
  return {
    chat: anna,
    sender: anna,
    at: Date.now(),
    ...(text !== undefined ? { parts: [{ kind: 'text', text }] } : { parts: [] }),
    ...rest,
  };
};

/** The whole relay of one test file, what a person writes on its Mac, and what its customer hears of that. */
export function inboundDemo() {
  const demo = sharedDemo(['--json', '--pacing', 'off', '--macos', '27']);
  const open: { store?: MessagesStore; hook?: Hook } = {};
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the demo did not start');
    return value;
  };
  const store = (): MessagesStore => started(open.store);
  const hook = (): Hook => started(open.hook);

  beforeAll(async () => {
    open.store = openMessagesStore({
      home: demo().summary.virtualMac?.home ?? '',
      macos: '27',
      line: demo().summary.lines[0]?.handle ?? '',
      clock: systemClock,
    });
    open.hook = await registerHook(demo());
  });

  afterAll(async () => {
    open.store?.close();
    await open.hook?.receiver.close();
  });

  /** The event that a customer gets, signed, of a type and with these words in its data. */
  async function told(type: string, words: Data, within = 30_000): Promise<Data> {
    const matches = ({ type: of, data }: ReceivedEvent): boolean =>
      of === type && Object.entries(words).every(([name, value]) => data[name] === value);
    const found = await hook().receiver.waitFor(({ event }) => event !== undefined && matches(event), within);
    expect(found.signed).toBe(true);
    return found.event?.data ?? {};
  }

  /** A message as Messages writes it: its row, then its chat. */
  function write(more: Parameters<typeof message>[0]): WrittenRow {
    const full = message(more);
    const row = store().insertMessage(full);
    store().joinChat(row, full.chat);
    return row;
  }

  return {
    demo,
    store,
    hook,
    told,
    write,
    /** A text of hers, and the API's id of it. */
    async hear(text: string, more: Partial<FullMessage> = {}): Promise<{ guid: string; id: string }> {
      const { guid } = write({ text, ...more });
      return { guid, id: String((await told('message.received', { text })).messageId) };
    },
    /** Bytes that the API serves at a path. */
    async bytesAt(url: string): Promise<Buffer> {
      const { bridge, account } = demo().summary;
      const response = await fetch(`${bridge.url}${url}`, { headers: { 'x-api-key': account.liveKey } });
      expect(response.status, url).toBe(200);
      return Buffer.from(await response.arrayBuffer());
    },
    /** A file row of a message, with its bytes when there are any yet. */
    attach(
      row: WrittenRow,
      part: number,
      more: { name: string; mime?: string; uti?: string; sticker?: true },
      bytes?: Buffer,
    ): string {
      const guid = store().attach(row, { part, totalBytes: bytes?.length ?? 9, at: Date.now(), ...more });
      if (bytes) store().setTransfer(guid, 5, bytes);
      return guid;
    },
  };
}
