import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../../bridge/runtime/make-folder.ts';
import type { NewAttachment, TransferState } from '../types.ts';
import { appleSeconds } from './apple-time.ts';
import { transferGuid } from './bodies.ts';
import type { ChatFile } from './chat-file.ts';
import { newGuid } from './identity.ts';
import { noSuchMessage } from './message-rows.ts';

interface AttachmentRow {
  filename: string | null;
  transfer_name: string;
  total_bytes: number | null;
}

/** A name that stays inside its folder. */
const safeName = (name: string): string => {
  const base = path.basename(name.replaceAll('\0', ''));
  return base === '' || base === '.' || base === '..' ? 'file' : base;
};

/** Folders as seen on real Macs: a byte in hex, its low half in decimal, a UUID. */
function newFilename(name: string): string {
  const byte = randomBytes(1)[0] ?? 0;
  const folders = [byte.toString(16).padStart(2, '0'), String(byte % 16).padStart(2, '0'), newGuid()];
  return ['~/Library/Messages/Attachments', ...folders, safeName(name)].join('/');
}

/** Attachment rows and their files. A row names its file only once there is one. */
export class Attachments {
  readonly #file: ChatFile;
  readonly #home: string;

  constructor(file: ChatFile, home: string) {
    this.#file = file;
    this.#home = home;
  }

  /** Writes the row, then the join in a transaction of its own; what of them stands already is left. */
  add(row: { guid: string }, attachment: NewAttachment): string {
    const message = this.#file.get<{ ROWID: number; is_from_me: number }>(
      'message',
      ['ROWID', 'is_from_me'],
      {
        guid: row.guid,
      },
    );
    if (!message) throw noSuchMessage();
    const guid = attachment.hidden ? newGuid() : transferGuid(attachment.part, row.guid);
    const seconds = BigInt(Math.floor(appleSeconds(attachment.at)));
    const found = this.#file.get<{ ROWID: number }>('attachment', ['ROWID'], { guid });
    const rowid =
      found?.ROWID ??
      this.#file.write(() =>
        this.#file.insert('attachment', {
          guid,
          original_guid: guid,
          created_date: seconds,
          start_date: seconds,
          filename: null,
          uti: attachment.uti ?? null,
          mime_type: attachment.mime ?? null,
          transfer_state: 0,
          is_outgoing: message.is_from_me,
          transfer_name: attachment.name,
          total_bytes: attachment.totalBytes,
          is_sticker: attachment.sticker ? 1 : 0,
          hide_attachment: attachment.hidden ? 1 : 0,
        }),
      );
    const pair = { message_id: message.ROWID, attachment_id: rowid };
    if (!this.#file.get('message_attachment_join', ['1 AS one'], pair))
      this.#file.write(() => this.#file.insert('message_attachment_join', pair));
    return guid;
  }

  setTransfer(guid: string, state: TransferState, content?: Uint8Array): void {
    const row = this.#row(guid);
    let filename = row.filename;
    if (content) {
      filename ??= newFilename(row.transfer_name);
      this.#writeFile(filename, content);
    }
    const total_bytes = row.total_bytes || (state === 5 ? (content?.length ?? 0) : 0);
    this.#file.write(() =>
      this.#file.update('attachment', { transfer_state: state, filename, total_bytes }, { guid }),
    );
  }

  path(guid: string): string | undefined {
    const { filename } = this.#row(guid);
    return filename === null ? undefined : this.#absolute(filename);
  }

  #row(guid: string): AttachmentRow {
    const row = this.#file.get<AttachmentRow>('attachment', ['filename', 'transfer_name', 'total_bytes'], {
      guid,
    });
    if (row) return row;
    throw new AppError('No attachment of the virtual Mac has this guid.', {
      code: 'not_found',
      retry: 'never',
      hint: 'Use the guid that came when the attachment was added.',
    });
  }

  #absolute(filename: string): string {
    return path.join(this.#home, filename.slice('~/'.length));
  }

  #writeFile(filename: string, content: Uint8Array): void {
    const file = this.#absolute(filename);
    makeFolder(path.dirname(file));
    writeFileSync(file, content, { mode: 0o600 });
  }
}
