import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, rename, rm } from 'node:fs/promises';
import { addAbortSignal, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { MAX_MEDIA_BYTES, MEDIA_PATH, mediaHeaders } from '../../bridge/protocol/media.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { openRegularFile } from '../../bridge/runtime/regular-file.ts';

/** How long the bytes of one file may take, in milliseconds. */
const TRANSFER_LIMIT_MS = 10 * 60_000;
const MAX_ANSWER_BYTES = 16 * 1024;
/** Statuses after which the same request may work later. */
const LATER = new Set([408, 425, 429]);

/** Who asks the bridge for bytes, or brings them. */
export interface MediaIdentity {
  agentId: string;
  /** http address of the bridge, without a path. */
  bridge: string;
  signMedia(request: { mediaId: string; sha256: string; commandId: string }): string;
}

export interface Transfer {
  mediaId: string;
  commandId: string;
  signal: AbortSignal;
}

const refusalSchema = z.object({ error: z.object({ code: z.string().regex(/^[a-z_]{1,64}$/) }) });

/**
 * Carries the bytes of files between this Mac and the bridge, each request signed with the agent's key. Throws AppError
 * `media_unavailable` for what may work later, and with the bridge's code for what it refuses for good.
 */
export class MediaTransfer {
  readonly #identity: MediaIdentity;
  readonly #clock: Clock;

  constructor(identity: MediaIdentity, clock: Clock) {
    this.#identity = identity;
    this.#clock = clock;
  }

  /** Brings a file to the bridge: the bytes of one regular file, whatever is put in its place meanwhile. */
  async upload(file: string, transfer: Transfer): Promise<void> {
    await this.#within(transfer.signal, async (signal) => {
      const handle = await openRegularFile(file);
      try {
        const { size } = await handle.stat();
        if (size > MAX_MEDIA_BYTES) throw refusal('media_too_large');
        const headers = {
          ...this.#headers(transfer, await sha256Of(bytesOf(handle, size), signal)),
          'content-type': 'application/octet-stream',
          'content-length': String(size),
        };
        const body = bytesOf(handle, size);
        const url = this.#url(transfer.mediaId);
        const answer = await request(url, { method: 'POST', headers, body, signal });
        await settle(answer);
      } finally {
        await handle.close();
      }
    });
  }

  /** Fetches a file of known size and SHA-256 to a path, which holds it whole or is not there. */
  async download(
    file: string,
    expected: { bytes: number; sha256: string },
    transfer: Transfer,
  ): Promise<void> {
    const partial = `${file}.part`;
    await this.#within(transfer.signal, async (signal) => {
      const headers = this.#headers(transfer, expected.sha256);
      const answer = await request(this.#url(transfer.mediaId), { headers, signal });
      if (answer.statusCode !== 200) {
        await settle(answer);
        throw unavailable(`the bridge answered ${answer.statusCode}`);
      }
      const check = new Checked(expected.bytes);
      try {
        await pipeline(answer.body, check, createWriteStream(partial, { mode: 0o600 }), { signal });
        if (check.bytes !== expected.bytes || check.digest() !== expected.sha256)
          throw unavailable('the bytes are not those that were announced');
        await rename(partial, file);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    });
  }

  #url(mediaId: string): string {
    return `${this.#identity.bridge}${MEDIA_PATH.replace(':mediaId', encodeURIComponent(mediaId))}`;
  }

  #headers({ mediaId, commandId }: Transfer, sha256: string): Record<string, string> {
    const { agentId, signMedia } = this.#identity;
    return {
      [mediaHeaders.agent]: agentId,
      [mediaHeaders.command]: commandId,
      [mediaHeaders.sha256]: sha256,
      [mediaHeaders.signature]: signMedia({ mediaId, sha256, commandId }),
    };
  }

  async #within(stop: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = new AbortController();
    const cancel = this.#clock.after(TRANSFER_LIMIT_MS, () => late.abort());
    try {
      await work(AbortSignal.any([stop, late.signal]));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw unavailable(late.signal.aborted ? 'it took too long' : errorCode(error), error);
    } finally {
      cancel();
    }
  }
}

/** Loaded with the first file: it takes 7 MB, and many agents never carry one. */
const request: typeof import('undici').request = async (...given) =>
  (await import('undici')).request(...given);

/** Counts and hashes what passes, and lets no more pass than was announced. */
class Checked extends Transform {
  bytes = 0;
  readonly #limit: number;
  readonly #hash = createHash('sha256');

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: Error | null, data?: Buffer) => void,
  ): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#limit) {
      done(unavailable('there are more bytes than were announced'));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }
}

/** As many bytes of a file as it had when it was looked at; one that grew gives no more. */
const bytesOf = (handle: FileHandle, size: number): Readable =>
  size === 0 ? Readable.from([]) : handle.createReadStream({ start: 0, end: size - 1, autoClose: false });

async function sha256Of(bytes: Readable, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of addAbortSignal(signal, bytes)) hash.update(chunk);
  return hash.digest('hex');
}

/** Reads an answer to its end; throws for one that is no success. */
async function settle({ statusCode, body }: Dispatcher.ResponseData): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
  }
  if (statusCode >= 200 && statusCode < 300) return;
  if (statusCode >= 500 || LATER.has(statusCode)) throw unavailable(`the bridge answered ${statusCode}`);
  const code = codeOf(Buffer.concat(chunks).toString('utf8')) ?? 'media_refused';
  if (code === 'media_damaged') throw unavailable('the bytes changed on the way');
  throw refusal(code);
}

function codeOf(text: string): string | undefined {
  try {
    return refusalSchema.safeParse(JSON.parse(text)).data?.error.code;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const refusal = (code: string): AppError =>
  new AppError(`The bridge refused the file: ${code}`, { code, retry: 'never' });

const unavailable = (why: string, cause?: unknown): AppError =>
  new AppError(`The file could not be carried: ${why}`, {
    code: 'media_unavailable',
    ...messageErrors.media_unavailable,
    cause,
  });
