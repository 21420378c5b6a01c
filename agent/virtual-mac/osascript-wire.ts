import net from 'node:net';
import { type MessagePort, workerData } from 'node:worker_threads';
import { lineSplitter } from './lines.ts';

/** What the thread is started with. */
export interface WireData {
  /** Unix socket of the virtual Mac. */
  path: string;
  /** Requests come, and answers go, as JSON lines; `null` when the virtual Mac is not there. */
  port: MessagePort;
  /** Becomes 1 when an answer has been posted. */
  signal: Int32Array;
}

const { path, port, signal } = workerData as WireData;

const split = lineSplitter();
const socket = net.connect(path);
let gone = false;

const post = (line: string | null): void => {
  port.postMessage(line);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
};

let waiting = false;
const answer = (line: string | null): void => {
  if (!waiting) return;
  waiting = false;
  post(line);
};

socket.on('data', (chunk: Buffer) => {
  for (const line of split(chunk)) answer(line);
});
socket.on('error', () => {
  // `close` follows, and tells whoever waits.
});
socket.on('close', () => {
  gone = true;
  answer(null);
});
port.on('message', (line: string) => {
  waiting = true;
  if (gone) answer(null);
  else socket.write(`${line}\n`);
});
