import { openMessagesStore } from '../../../agent/virtual-mac/messages-store.ts';
import type { FullMessage } from '../../../agent/virtual-mac/types.ts';
import { systemClock } from '../../../bridge/runtime/clock.ts';
import type { WriterReply, WriterRequest } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

const FROM = '+14155550101';

const [home = '', line = ''] = process.argv.slice(2);
const store = openMessagesStore({ home, macos: '26', line, clock: systemClock });

const say = (reply: WriterReply): void => void process.send?.(reply);

function write(text: string, join: number): void {
  const at = Date.now();
  if (join === 0) {
    const message: FullMessage = {
      chat: { handle: FROM },
      sender: { handle: FROM },
      parts: [{ kind: 'text', text }],
      at,
    };
    const [row] = store.backfill([message]);
    say({ did: 'write', text, guid: row?.guid ?? '', at: monotonicMs() });
    return;
  }
  const row = store.insertIncoming({ from: FROM, text, at });
  setTimeout(() => {
    store.join(row, FROM);
    say({ did: 'write', text, guid: row.guid, at: monotonicMs() });
  }, join);
}

process.on('message', (request: WriterRequest) => {
  if (request.do === 'write') write(request.text, request.join);
  else {
    store.disk.swapWal();
    say({ did: 'swap-wal' });
  }
});
write('the first message', 0);
say({ did: 'ready' });
