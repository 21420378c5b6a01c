import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import { openJournal } from '../../../agent/journal/journal.ts';
import type { Journal } from '../../../agent/journal/types.ts';
import type { AgentEvent } from '../../../bridge/protocol/events.ts';
import { isoTime, systemClock } from '../../../bridge/runtime/clock.ts';
import { monotonicMs } from '../inbound/monotonic.ts';
import { tellAll } from './tell-all.ts';

const AT_ONCE = 5_000;

export interface Resume {
  events: number;
  /** From `welcome` until the bridge's acknowledgement of the last event is noted in the journal. */
  seconds: number;
  perSecond: number;
  megabytes: number;
  /** The same frames as bare bytes through a socket of this machine, read to the last. */
  barePerSecond: number;
  share: number;
}

export const eventOf = (n: number): AgentEvent => ({
  type: 'message.received',
  guid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  conversation: { kind: 'direct', identifier: '+14155550101' },
  from: '+14155550101',
  service: 'iMessage',
  text: `message ${n}, of some words as people write them`,
  at: isoTime(1_767_225_600_000 + n),
});

/** How fast a journal full of events is told after a welcome, beside a socket that carries nothing but their bytes. */
export async function resume(events: number): Promise<Resume> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-bench-'));
  const journal = openJournal(path.join(folder, 'journal.db'));
  try {
    for (let n = 0; n < events; n += AT_ONCE)
      journal.record({
        at: n,
        events: Array.from({ length: Math.min(AT_ONCE, events - n) }, (_, index) => eventOf(n + index)),
      });
    const frames = framesOf(journal, events);
    const before = await bareSocket(frames);
    const took = await tell(journal, events);
    const bareMs = (before + (await bareSocket(frames))) / 2;
    const bytes = frames.reduce((sum, frame) => sum + Buffer.byteLength(frame), 0);
    return {
      events,
      seconds: Number((took / 1_000).toFixed(2)),
      perSecond: Math.round((events / took) * 1_000),
      megabytes: Number((bytes / 1e6).toFixed(1)),
      barePerSecond: Math.round((events / bareMs) * 1_000),
      share: Number((bareMs / took).toFixed(3)),
    };
  } finally {
    journal.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function framesOf(journal: Journal, events: number): string[] {
  const frames: string[] = [];
  for (let seq = 0; seq < events; seq += AT_ONCE)
    for (const event of journal.eventsAfter(seq, AT_ONCE))
      frames.push(`${JSON.stringify({ type: 'event', ...event })}\n`);
  return frames;
}

/** Milliseconds from the welcome to the last acknowledgement that the journal notes. What stands for the bridge only counts. */
async function tell(journal: Journal, events: number): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  let begun = 0;
  let taken = 0;
  server.on('connection', (socket) => {
    const send = (frame: object): void => socket.send(JSON.stringify(frame));
    let told = 0;
    const acknowledge = (): void => {
      if (taken > told) send({ type: 'ack', seq: taken });
      told = taken;
    };
    socket.on('message', (data) => {
      const text = data.toString();
      if (text.startsWith('{"type":"hello"')) {
        begun = monotonicMs();
        const line = { id: 'ln_1', handle: '+14155550100' };
        send({ type: 'welcome', sessionId: 'ses_1', eventAck: 0, commandAck: 0, line });
        return;
      }
      const [, seq] = /^\{"type":"event","seq":(\d+),/.exec(text) ?? [];
      if (seq === undefined) return;
      if (Number(seq) !== taken + 1) throw new Error(`event ${seq} came after ${taken}`);
      if (taken === told) setImmediate(acknowledge);
      taken += 1;
    });
    send({ type: 'challenge', nonce: 'n'.repeat(43), serverTime: isoTime(systemClock.now()) });
  });
  const link = await tellAll(journal, {
    agentId: 'agt_1',
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sign: () => 's'.repeat(86),
  });
  const took = monotonicMs() - begun;
  if (taken !== events) throw new Error(`only ${taken} of ${events} events were told`);
  await link.stop();
  for (const client of server.clients) client.terminate();
  server.close();
  return took;
}

/** Milliseconds that a socket takes to carry the frames, each written by itself, to a reader that counts them. */
async function bareSocket(frames: readonly string[]): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [reader] = await once(server, 'connection');
  let read = 0;
  const all = new Promise<void>((resolve) => {
    reader.on('data', (data: Buffer) => {
      for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) read += 1;
      if (read === frames.length) resolve();
    });
  });
  const begun = monotonicMs();
  for (const frame of frames) if (!socket.write(frame)) await once(socket, 'drain');
  await all;
  const took = monotonicMs() - begun;
  socket.destroy();
  server.close();
  return took;
}
