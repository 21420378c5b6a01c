import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { AppError } from '../../bridge/runtime/app-error.ts';

const MAX_BYTES = 64 * 1024;

/** All of a stream as text. Throws AppError `invalid_option` beyond 64 KiB. */
export async function readInput(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_BYTES)
      throw new AppError('Standard input is too long', { code: 'invalid_option', retry: 'never' });
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Asks at the terminal; anything but a yes is a no, the end of the input too. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = once(terminal, 'close').then(() => '');
    const said = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(said.trim());
  } finally {
    terminal.close();
  }
}
