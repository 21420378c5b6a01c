import path from 'node:path';
import { isBusy } from '../apple-db/apple-db.ts';
import { fromAppleMilliseconds } from './apple-time.ts';
import { AttachmentFiles } from './attachment-files.ts';
import { bodyOf } from './body.ts';
import type { Connection } from './connection.ts';
import { accessError, connect } from './connection.ts';
import type { Traffic } from './evidence-queries.ts';
import { type EvidenceQueries, prepareEvidence } from './evidence-queries.ts';
import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, kindOf, replyOf, serviceOf, targetOf } from './message-row.ts';
import { trySummaryInfo } from './summary-info.ts';
import type { Attachment, ChatRef, MessageTarget, OwnRow, TapbackName } from './types.ts';
import { tapbackNames } from './types.ts';

/** Outgoing rows that one question may return. */
const ROWS_LIMIT = 500;
/** Stands in a text for an attachment. */
const ATTACHMENT = '\uFFFC';
const REMOVED = 3000;
const ADDED = 2000;

/** An outgoing row with all that may prove an act. */
interface EvidenceRow extends OwnRow {
  /** Handle that the row names itself. */
  handle: string | null;
  /** Names of its files, as far as they have a row. */
  files: string[];
  /** Apple's id of its effect. */
  effect: string | null;
  replyTo: MessageTarget | null;
  tapback: {
    name: TapbackName;
    emoji: string | null;
    action: 'add' | 'remove';
    target: MessageTarget;
  } | null;
}

/** What stands of a message now. */
interface StandingMessage {
  /** Milliseconds since the Unix epoch; null for one that was never changed. */
  editedAt: number | null;
  /** Nothing is left of it. */
  gone: boolean;
  /** Parts that were taken back. */
  retracted: number[];
}

/** Questions about what stands in chat.db now, for those who act: each throws an AppError when it cannot be read. */
export class Evidence {
  readonly #databasePath: string;
  readonly #files: AttachmentFiles;
  #open: { connection: Connection; queries: EvidenceQueries } | undefined;

  constructor(databasePath: string) {
    this.#databasePath = databasePath;
    this.#files = new AttachmentFiles(path.resolve(path.dirname(databasePath), '..', '..'));
  }

  /** The chat of a conversation that was used last; null where there is none. `service` is that of the chat. */
  chat(conversation: ChatRef): { guid: string; service: string } | null {
    return this.#ask(({ queries }) => queries.chat(conversation) ?? null);
  }

  /** Handles of the others in a group, in lower case. */
  members(identifier: string): string[] {
    return this.#ask(({ queries }) => queries.members(identifier).map((member) => member.toLowerCase()));
  }

  /** Text of one part of a message as it stands; null where there is no such part, or it has no text. */
  partText({ guid, part }: MessageTarget): string | null {
    return this.#ask(({ connection }) => {
      const row = connection.byGuid(guid);
      return row ? partOf(row, part) : null;
    });
  }

  /** The newest message of a conversation whose first part is text: selecting it shows that the right one is open. */
  anchor(conversation: ChatRef): (MessageTarget & { text: string }) | null {
    return this.#ask(({ connection, queries }) => {
      for (const guid of queries.newest(conversation)) {
        const row = connection.byGuid(guid);
        const text = row && kindOf(row) === 'message' ? partOf(row, 0) : null;
        if (text?.trim()) return { guid, part: 0, text };
      }
      return null;
    });
  }

  /** The own tapback that stands on a part of a message; null for none. */
  standing({ guid, part }: MessageTarget): TapbackName | null {
    return this.#ask(({ queries }) => {
      const types = queries.ownTapbacks(guid, part);
      const last = types.at(-1);
      return last !== undefined && last < REMOVED ? (tapbackNames[last - ADDED] ?? null) : null;
    });
  }

  /** Null where no row has this GUID. */
  message(guid: string): StandingMessage | null {
    return this.#ask(({ connection }) => {
      const row = connection.byGuid(guid);
      if (!row) return null;
      const { retracted } = trySummaryInfo(connection.summary(row.rowid)).summary;
      const text = bodyOf(row)?.text ?? '';
      const gone = text === '' && (row.empty === 1 || retracted.length > 0);
      return { editedAt: fromAppleMilliseconds(row.dateEdited), gone, retracted };
    });
  }

  /** A received file as it is now; null where no row has this GUID. */
  attachment(guid: string, now: number): Attachment | null {
    return this.#ask(({ queries }) => {
      const row = queries.attachment(guid);
      return row ? this.#files.look(row, now) : null;
    });
  }

  /** Messages of others in a conversation, up to a ROWID, that are not read. */
  unread(conversation: ChatRef, upTo: number): number {
    return this.#ask(({ queries }) => queries.unread(conversation, upTo));
  }

  /** When something last came from, and went to, a conversation: milliseconds since the Unix epoch. */
  traffic(conversation: ChatRef): Traffic {
    return this.#ask(({ queries }) => queries.traffic(conversation));
  }

  /** Outgoing rows above a ROWID, oldest first. */
  rowsAfter(rowid: number, now: number): EvidenceRow[] {
    return this.#ask(({ connection }) =>
      connection.ownAfter(rowid, ROWS_LIMIT).map((row) => evidenceRow(connection, row, now)),
    );
  }

  close(): void {
    this.#open?.connection.close();
    this.#open = undefined;
  }

  #ask<T>(question: (open: { connection: Connection; queries: EvidenceQueries }) => T): T {
    try {
      if (this.#open && !this.#open.connection.isCurrent()) this.close();
      if (!this.#open) {
        const connection = connect(this.#databasePath);
        this.#open = { connection, queries: prepareEvidence(connection.db, connection.schema) };
      }
      return question(this.#open);
    } catch (error) {
      if (!isBusy(error)) this.close();
      throw accessError(error);
    }
  }
}

function partOf(row: StoredMessage, part: number): string | null {
  const body = bodyOf(row);
  if (!body) return null;
  if (body.parts.length === 0) return part === 0 ? body.text : null;
  const runs = body.parts.filter((run) => run.part === part && run.attachment === undefined);
  return runs.length === 0
    ? null
    : runs.map(({ start, length }) => body.text.slice(start, start + length)).join('');
}

function evidenceRow(connection: Connection, row: StoredMessage, now: number): EvidenceRow {
  const text = bodyOf(row)?.text ?? '';
  const mayHaveFiles = row.files === 1 || text.includes(ATTACHMENT);
  return {
    rowid: row.rowid,
    guid: row.guid,
    chat: chatOf(row),
    service: serviceOf(row),
    text,
    at: dateOf(row) ?? now,
    error: row.error ?? 0,
    handle: row.sender,
    files: mayHaveFiles
      ? connection.attachments(row.rowid).flatMap(({ transferName }) => (transferName ? [transferName] : []))
      : [],
    effect: row.effect ?? null,
    replyTo: replyOf(row),
    tapback: tapbackOf(row),
  };
}

function tapbackOf(row: StoredMessage): EvidenceRow['tapback'] {
  const target = kindOf(row) === 'tapback' ? targetOf(row.associatedGuid) : null;
  if (!target) return null;
  const type = row.associatedType ?? 0;
  const action = type >= REMOVED ? 'remove' : 'add';
  const name = tapbackNames[type - (action === 'remove' ? REMOVED : ADDED)];
  return name ? { name, emoji: row.associatedEmoji ?? null, action, target } : null;
}

/** Opens chat.db for questions, now or as soon as it can be. */
export const openEvidence = (databasePath: string): Evidence => new Evidence(databasePath);
