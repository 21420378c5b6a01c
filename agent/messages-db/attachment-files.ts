import type { Stats } from 'node:fs';
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Attachment } from './types.ts';

/** One row of `attachment`. */
export interface AttachmentRow {
  guid: string | null;
  filename: string | null;
  transferName: string | null;
  mime: string | null;
  uti: string | null;
  totalBytes: number | null;
  state: number | null;
  hidden: number | null;
  sticker: number | null;
  description: string | null;
}

/** `transfer_state` of a file that is there, and of one that will not come. */
const FINISHED = 5;
const FAILED = 6;
/** A file whose size stood still for this long is whole. */
const STABLE_MS = 100;
/** A file that nobody wrote to for this long is whole at the first look. */
const OLD_MS = 5_000;

interface Look {
  size: number;
  at: number;
}

/**
 * Tells which files of messages are there. `transfer_state` 5 comes before the last bytes are written at times, and
 * `total_bytes` is not always the size of the file, so a file counts as complete when its size stands still.
 */
export class AttachmentFiles {
  readonly #home: string;
  readonly #folder: string;
  readonly #roots: readonly string[];
  readonly #looks = new Map<string, Look>();

  /** `home` is the folder that `~` stands for. */
  constructor(home: string) {
    this.#home = home;
    this.#folder = path.join(home, 'Library', 'Messages') + path.sep;
    this.#roots = [this.#folder, path.join(this.#folder, 'Attachments')];
  }

  /** What is known of the file now. `now` in milliseconds since the Unix epoch. */
  look(row: AttachmentRow, now: number): Attachment {
    const found = row.state === FINISHED ? this.#whole(row, now) : null;
    if (found || row.state === FAILED) this.#looks.delete(row.guid ?? '');
    return {
      guid: row.guid ?? '',
      state: found ? 'complete' : row.state === FAILED ? 'failed' : 'pending',
      name: row.transferName || path.basename(row.filename ?? '') || 'file',
      mime: row.mime,
      uti: row.uti,
      bytes: found?.size ?? Math.max(0, row.totalBytes ?? 0),
      path: found?.path ?? null,
      ...(row.sticker === 1 && { sticker: true as const }),
      ...(row.description && { description: row.description }),
    };
  }

  #whole(row: AttachmentRow, now: number): { path: string; size: number } | null {
    const file = this.#pathOf(row.filename);
    if (!file || !row.guid) return null;
    const stat = tryStat(file);
    if (!stat?.isFile() || !this.#isInside(file)) return null;
    if (now - stat.mtimeMs >= OLD_MS) return { path: file, size: stat.size };
    const last = this.#looks.get(row.guid);
    if (last && last.size === stat.size && now - last.at >= STABLE_MS) return { path: file, size: stat.size };
    if (last?.size !== stat.size || last.at > now) this.#looks.set(row.guid, { size: stat.size, at: now });
    return null;
  }

  /** Whether no folder on its way leads out; Messages, or its attachments, may lie on another disk as a whole. */
  #isInside(file: string): boolean {
    const folder = tryRealPath(path.dirname(file));
    return this.#roots.some((root) => {
      const real = tryRealPath(root);
      return folder !== null && real !== null && `${folder}${path.sep}`.startsWith(`${real}${path.sep}`);
    });
  }

  /** Absolute path of a file of Messages; null for one that lies anywhere else. */
  #pathOf(filename: string | null): string | null {
    if (!filename) return null;
    const file = path.resolve(this.#home, filename.replace(/^~\//, ''));
    return file.startsWith(this.#folder) ? file : null;
  }
}

/** Null for a file that is not there, or that macOS does not show: it may come later. */
const tryStat = (file: string): Stats | null => tryRead(() => lstatSync(file));

const tryRealPath = (file: string): string | null => tryRead(() => realpathSync(file));

function tryRead<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
