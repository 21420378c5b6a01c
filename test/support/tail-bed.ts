import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import { ChatDbWriter, type Columns } from './chat-db-writer.ts';
import { eventually } from './eventually.ts';
import { SkippingClock } from './skipping-clock.ts';
import { Keeper, type RunningTail, startTail } from './tail-reader.ts';
import { tempFolder } from './temp-folder.ts';

export const ANNA = '+14155550101';
export const BEN = '+14155550102';
export const GROUP = 'chat987654321';

/** A tail that reads a chat.db which the test writes by hand, with a schema of its own; its clock can be put forward. */
export async function tailBed({ schema }: { schema?: string } = {}) {
  const home = tempFolder();
  const file = path.join(home, 'Library', 'Messages', 'chat.db');
  const clock = new SkippingClock();
  const keeper = new Keeper();
  const messages = new ChatDbWriter(file, schema);
  const tail = startTail(file, keeper, { clock });
  onTestFinished(async () => {
    await tail.kill();
    messages.close();
  });
  await eventually(() => keeper.batches > 0);
  return {
    clock,
    home,
    keeper,
    messages,
    /** All changes, once there are this many. */
    told: (count: number): Promise<MessageChange[]> =>
      eventually(() => keeper.changes.length >= count && keeper.changes, {
        within: 5_000,
        what: `${count} changes`,
      }),
    /** Everything that is told before a message that comes now. */
    async toldBefore(): Promise<MessageChange[]> {
      const guid = messages.receive(BEN, 'the end');
      await eventually(() => keeper.changes.some((change) => 'guid' in change && change.guid === guid));
      return keeper.changes.filter((change) => !(change.kind === 'received' && change.text === 'the end'));
    },
    /** An attachment row of a message and the file it names. */
    attach(guid: string, columns: Columns, content?: string): string {
      const name = `${String(columns.guid)}.heic`;
      const filename = `~/Library/Messages/Attachments/aa/10/${name}`;
      const absolute = path.join(home, filename.slice(2));
      mkdirSync(path.dirname(absolute), { recursive: true });
      if (content !== undefined) writeFileSync(absolute, content);
      const attachment_id = messages.insert('attachment', {
        filename,
        transfer_name: 'IMG_1.heic',
        mime_type: 'image/heic',
        ...columns,
      });
      messages.insert('message_attachment_join', { message_id: messages.rowid(guid), attachment_id });
      return absolute;
    },
  };
}

/** A chat.db that the test writes, and a tail of it that is started, stopped and started again with what it kept. */
export function restartableTail() {
  const file = path.join(tempFolder(), 'chat.db');
  const clock = new SkippingClock();
  const keeper = new Keeper();
  const messages = new ChatDbWriter(file);
  let tail: RunningTail | undefined;
  const stop = async (): Promise<void> => {
    await tail?.kill();
    tail = undefined;
  };
  onTestFinished(async () => {
    await stop();
    messages.close();
  });
  return {
    clock,
    keeper,
    messages,
    stop,
    async start(): Promise<void> {
      const fresh = keeper.memory.cursor === null;
      tail = startTail(file, keeper, { clock });
      if (fresh) await eventually(() => keeper.batches > 0);
    },
  };
}
