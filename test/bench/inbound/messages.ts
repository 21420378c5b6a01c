import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the writer is asked to do; `join` in milliseconds after the row, 0 in the same transaction. */
export type WriterRequest = { do: 'write'; text: string; join: number } | { do: 'swap-wal' };

/** `at` on the shared clock: when the last commit that makes the message whole returned. */
export type WriterReply =
  | { did: 'write'; text: string; guid: string; at: number }
  | { did: 'swap-wal' | 'ready' };

/** What a watcher in a process of its own says; `heard` is the text or the guid of a message. */
export type WatcherReply = { heard: string; at: number } | { ready: true } | { cannot: string };

export interface Child<Request, Reply> {
  process: ChildProcess;
  ask(request: Request): void;
  stop(): Promise<void>;
  onReply: (reply: Reply) => void;
}

/** Starts a program of this folder as another process that is spoken to in messages. */
export function startChild<Request extends object, Reply>(
  program: string,
  args: readonly string[],
): Child<Request, Reply> {
  const child = fork(fileURLToPath(new URL(`./${program}.js`, import.meta.url)), [...args]);
  const exited = once(child, 'exit');
  const handle: Child<Request, Reply> = {
    process: child,
    ask: (request) => void child.send(request),
    onReply: () => undefined,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
  child.on('message', (reply) => handle.onReply(reply as Reply));
  return handle;
}

/** Resolves with the first reply that `accepts` takes. */
export function reply<Request, Reply>(
  child: Child<Request, Reply>,
  accepts: (reply: Reply) => boolean,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const before = child.onReply;
    const ended = (): void => reject(new Error('a process of the benchmark ended'));
    child.process.once('exit', ended);
    child.onReply = (given) => {
      before(given);
      if (!accepts(given)) return;
      child.onReply = before;
      child.process.off('exit', ended);
      resolve(given);
    };
  });
}
