import type { AttachmentFiles, AttachmentRow } from './attachment-files.ts';
import type { Body } from './body.ts';
import { bodyOf } from './body.ts';
import type { Connection } from './connection.ts';
import type { StoredMessage } from './message-row.ts';
import type { Attachment, MessageChange } from './types.ts';

/** Stands in a text for an attachment. */
const ATTACHMENT = '\uFFFC';
/** `transfer_state` of a file that Messages calls finished. */
const FINISHED = 5;
/** A file that should be there is looked for this often. */
const FILE_LOOK_MS = 120;

/** One look at the database. */
export interface Look {
  db: Connection;
  now: number;
  found: Found[];
  /** Looking again at this time may find something without any commit, in milliseconds since the Unix epoch. */
  again: number;
}

export interface Found {
  rowid: number;
  change: MessageChange;
}

/** A row with what belongs to it. */
export interface WholeRow {
  row: StoredMessage;
  body: Body | null;
  attachments: Attachment[];
  /** Every file that the row speaks of is complete or failed. */
  filesSettled: boolean;
}

/** Reads what belongs to a row: its decoded body and its files. */
export function wholeRow(row: StoredMessage, files: AttachmentFiles, look: Look): WholeRow {
  const body = bodyOf(row);
  if (row.files !== 1 && !speaksOfFiles(body)) {
    return { row, body, attachments: [], filesSettled: true };
  }
  const rows = look.db.attachments(row.rowid);
  const attachments = visible(rows, files, look);
  const missing = (body?.parts ?? []).flatMap(({ attachment }) =>
    attachment !== undefined && !rows.some(({ guid }) => guid === attachment) ? [attachment] : [],
  );
  const settled = missing.length === 0 && attachments.every(({ state }) => state !== 'pending');
  return {
    row,
    body,
    attachments: inPlace([...attachments, ...missing.map(announced)], body),
    filesSettled: settled && rows.length > 0,
  };
}

/** A person may write the mark of an attachment themself: where the body has parts, these say what is one. */
function speaksOfFiles(body: Body | null): boolean {
  if (!body || body.parts.length === 0) return body?.text.includes(ATTACHMENT) === true;
  return body.parts.some(({ attachment }) => attachment !== undefined);
}

/** Files in the order of their places in the text; their rows come in any order. */
function inPlace(attachments: Attachment[], body: Body | null): Attachment[] {
  const places = (body?.parts ?? []).map(({ attachment }) => attachment);
  const placeOf = ({ guid }: Attachment): number => {
    const place = places.indexOf(guid);
    return place < 0 ? places.length : place;
  };
  return attachments.sort((a, b) => placeOf(a) - placeOf(b));
}

/** What belongs to a balloon, such as the picture of a link, and is no file that somebody sent, hidden or not. */
const isPayload = (name: string | null): boolean => /\.pluginPayloadAttachment$/i.test(name ?? '');

/** Files of a message as they are now, without those that Messages hides. */
export function visible(rows: AttachmentRow[], files: AttachmentFiles, look: Look): Attachment[] {
  return rows
    .filter(({ hidden, guid, transferName }) => guid && hidden !== 1 && !isPayload(transferName))
    .map((row) => {
      const attachment = files.look(row, look.now);
      if (attachment.state === 'pending' && row.state === FINISHED) {
        look.again = Math.min(look.again, look.now + FILE_LOOK_MS);
      }
      return attachment;
    });
}

/** An attachment that the body speaks of before it has a row. */
const announced = (guid: string): Attachment => ({
  guid,
  state: 'pending',
  name: 'file',
  mime: null,
  uti: null,
  bytes: 0,
  path: null,
});
