import path from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { textOfAttributedBody } from '../messages-db/typedstream.ts';

const LOOK_EVERY_MS = 200;

/** An own row of chat.db, as far as it proves an act. */
export interface ProofRow {
  rowid: number;
  guid: string;
  text: string;
  error: number;
  sent: number;
  associatedType: number;
  associatedGuid: string | null;
  threadOf: string | null;
  effect: string | null;
  edited: number;
  parts: number | null;
  /** `transfer_state` of its file. */
  transfer: number | null;
  /** Guid of the chat that it is in, once it is in one. */
  chat: string | null;
}

/** Own rows of chat.db, opened for reading. */
export class ProofRows {
  readonly #db: Database.Database;
  readonly #clock: Clock;

  constructor(macHome: string, clock: Clock) {
    const file = path.join(macHome, 'Library', 'Messages', 'chat.db');
    this.#db = new Database(file, { readonly: true, fileMustExist: true });
    this.#clock = clock;
  }

  highWater(): number {
    return this.#db.prepare<[], number>('SELECT coalesce(max(ROWID), 0) FROM message').pluck().get() ?? 0;
  }

  /** The first own row above a ROWID that passes, within some time; undefined when none does. */
  async find(
    after: number,
    test: (row: ProofRow) => boolean,
    withinMs: number,
  ): Promise<ProofRow | undefined> {
    const end = this.#clock.now() + withinMs;
    for (;;) {
      const found = this.#rows(after).find(test);
      if (found || this.#clock.now() >= end) return found;
      await this.#clock.sleep(LOOK_EVERY_MS);
    }
  }

  close(): void {
    this.#db.close();
  }

  #rows(after: number): ProofRow[] {
    return this.#db
      .prepare<[number], ProofRow & { body: Buffer | null; plain: string | null }>(
        `SELECT m.ROWID AS rowid, m.guid, m.attributedBody AS body, m.text AS plain, m.error, m.is_sent AS sent,
           m.associated_message_type AS associatedType, m.associated_message_guid AS associatedGuid,
           m.thread_originator_guid AS threadOf, m.expressive_send_style_id AS effect,
           m.date_edited > 0 AS edited, m.part_count AS parts, a.transfer_state AS transfer,
           (SELECT c.guid FROM chat_message_join cj JOIN chat c ON c.ROWID = cj.chat_id
            WHERE cj.message_id = m.ROWID ORDER BY c.ROWID DESC LIMIT 1) AS chat
         FROM message m LEFT JOIN message_attachment_join j ON j.message_id = m.ROWID
         LEFT JOIN attachment a ON a.ROWID = j.attachment_id
         WHERE m.ROWID > ? AND m.is_from_me = 1 ORDER BY m.ROWID`,
      )
      .all(after)
      .map(({ body, plain, ...row }) => ({
        ...row,
        text: (body && body.length > 0 ? textOfAttributedBody(body) : null) || plain || '',
      }));
  }
}
