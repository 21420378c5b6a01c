import type { AttachmentFiles } from './attachment-files.ts';
import { linkOf } from './balloons.ts';
import { bodyOf } from './body.ts';
import { editChanges, originalBody } from './edits.ts';
import { groupChange } from './group-changes.ts';
import type { StoredMessage } from './message-row.ts';
import { kindOf, senderOf, targetOf } from './message-row.ts';
import { ownStateChanges, toldAfter } from './own-state.ts';
import { tapbackChange } from './reactions.ts';
import { receivedChange } from './received.ts';
import type { Look, WholeRow } from './rows.ts';
import { visible } from './rows.ts';
import { LINK_BALLOON } from './selects.ts';
import type { SelfNotes } from './self-notes.ts';
import { trySummaryInfo } from './summary-info.ts';
import type { Remembered } from './tail-memory.ts';
import type { Attachment } from './types.ts';

/** Stands for the files of a message that was told before any of them had a row. */
const ANY_FILE = '*';

/** Turns rows that are ready into changes, and remembers what was told of them. */
export class RowTeller {
  readonly #known: Remembered;
  readonly #files: AttachmentFiles;
  readonly #self: SelfNotes;

  constructor(known: Remembered, files: AttachmentFiles, self: SelfNotes) {
    this.#known = known;
    this.#files = files;
    this.#self = self;
  }

  /** Tells a row for the first time. */
  tell(whole: WholeRow, look: Look): void {
    const { row } = whole;
    const kind = kindOf(row);
    if (kind === 'note') push(look, row, groupChange(row, look.now));
    else if (kind === 'tapback') this.#tapback(whole, look);
    else this.#message(whole, look);
  }

  /** Tells what changed in place in a row that was told, or sent, before. */
  changed(row: StoredMessage, look: Look): void {
    if (kindOf(row) !== 'message' || this.#known.wasPassedBy(row.guid)) return;
    this.#ownStates(row, look);
    if (row.dateEdited) this.#edits(row, look);
    if (row.fromMe !== 0) return;
    if (row.balloon === LINK_BALLOON) this.#link(row, look);
    if (row.audio === 1) this.#heard(row, look);
  }

  /** Takes what a row says of its past as known without telling it, and nothing of what it will say. */
  silence(row: StoredMessage, look: Look): void {
    this.changed(row, { ...look, found: [] });
    this.#known.passBy(row.guid);
  }

  /** Tells which awaited files of a message are complete or failed by now. */
  awaited(guid: string, look: Look): void {
    const waiting = this.#known.files.get(guid);
    const row = waiting && look.db.byGuid(guid);
    if (!waiting || !row) {
      this.#known.files.delete(guid);
      return;
    }
    const any = waiting.files.includes(ANY_FILE);
    const rows = look.db
      .attachments(row.rowid)
      .filter((one) => any || waiting.files.includes(one.guid ?? ''));
    const seen = visible(rows, this.#files, look);
    const done = seen.filter(({ state }) => state !== 'pending');
    if (done.length === 0) return;
    for (const attachment of done) {
      look.found.push({ rowid: row.rowid, change: { kind: 'attachment', guid, attachment, at: look.now } });
    }
    const still = any ? seen.map(({ guid: file }) => file) : waiting.files;
    const files = still.filter((file) => !done.some((attachment) => attachment.guid === file));
    if (files.length === 0) this.#known.files.delete(guid);
    else this.#known.files.set(guid, { ...waiting, files });
  }

  #message(whole: WholeRow, look: Look): void {
    const { row, body, attachments } = whole;
    const { now } = look;
    const toSelf = this.#self.isToSelf(row);
    if (row.fromMe === 1 && !toSelf) return;
    const twins = toSelf ? this.#twinsOf(whole, look) : [];
    if (!twins) return;
    const { summary } = trySummaryInfo(row.dateEdited ? look.db.summary(row.rowid) : null);
    const payload = row.balloon ? look.db.payload(row.rowid) : null;
    const change = receivedChange(row, { body: originalBody(body, summary), attachments, payload, now });
    if (change) {
      const note = { toSelf: true, twins: twins.map(({ guid }) => guid) } as const;
      look.found.push({ rowid: row.rowid, change: toSelf ? { ...change, ...note } : change });
      this.#awaitFiles(whole, now);
      if (change.link) this.#known.links.set(row.guid, { since: now });
      if (change.audio?.transcription) this.#known.heard.set(row.guid, { since: now });
    }
    if (row.dateEdited) this.#edits(row, look);
  }

  /** The other rows of a note to oneself; null where the note is told by another of its rows. */
  #twinsOf({ row, body, attachments }: WholeRow, look: Look): StoredMessage[] | null {
    const text = body?.text ?? '';
    const twins = this.#self.twinsOf(row, text, look.db);
    // Its files may be on one of its rows alone: that one is told.
    if (attachments.length === 0 && twins.some((twin) => twin.files === 1 && this.#isToCome(twin)))
      return null;
    const names = attachments.map(({ name }) => name);
    return this.#self.isCopy(row, text, names, look.now) ? null : twins;
  }

  /** Remembers which files of a message that is told are still to come. */
  #awaitFiles({ row, attachments, filesSettled }: WholeRow, now: number): void {
    const files = attachments.filter(({ state }) => state === 'pending').map(({ guid }) => guid);
    if (!filesSettled && attachments.length === 0) files.push(ANY_FILE);
    if (files.length > 0) this.#known.files.set(row.guid, { rowid: row.rowid, since: now, files });
  }

  /** Whether a row was not told or passed by yet. */
  #isToCome({ guid }: StoredMessage): boolean {
    return !this.#known.wasSeen(guid) || this.#known.held.has(guid);
  }

  #tapback({ row, attachments }: WholeRow, look: Look): void {
    const target = targetOf(row.associatedGuid);
    const person = row.fromMe === 1 ? '' : senderOf(row);
    const name = `${target?.guid}/${target?.part}/${person}`;
    const standing = this.#known.taps.get(name);
    const change = tapbackChange(row, { now: look.now, standing, attachments });
    push(look, row, change);
    if (change?.action === 'added') {
      const { tapback, emoji } = change;
      this.#known.taps.set(name, { tapback, ...(emoji && { emoji }), since: look.now });
    } else if (change) this.#known.taps.delete(name);
  }

  #ownStates(row: StoredMessage, look: Look): void {
    const tracked = this.#known.own.get(row.guid);
    // An empty row without a chat is the ghost of a send by script, seen on macOS 26, and no message.
    if (!tracked || (!row.chatIdentifier && !row.text && !row.body?.length)) return;
    for (const change of ownStateChanges(row, tracked.told, look.now)) push(look, row, change);
    const told = toldAfter(row, tracked.told, look.now);
    if (told.includes('r')) this.#known.own.delete(row.guid);
    else if (told !== tracked.told) this.#known.own.set(row.guid, { ...tracked, told });
  }

  #edits(row: StoredMessage, look: Look): void {
    const before = this.#known.edits.get(row.guid);
    const { summary, damage } = trySummaryInfo(look.db.summary(row.rowid));
    if (damage && before) return;
    const { changes, told } = editChanges({ row, body: bodyOf(row), summary }, before, look.now);
    for (const change of changes) push(look, row, change);
    if (changes.length > 0 || !before) this.#known.edits.set(row.guid, { ...told, since: look.now });
  }

  #link(row: StoredMessage, look: Look): void {
    if (this.#known.links.has(row.guid)) return;
    const link = linkOf(row.balloon, look.db.payload(row.rowid));
    if (!link) return;
    look.found.push({ rowid: row.rowid, change: { kind: 'link', guid: row.guid, link, at: look.now } });
    this.#known.links.set(row.guid, { since: look.now });
  }

  /** What Messages heard in a voice note may come after it: it is told with its file, once that was told. */
  #heard(row: StoredMessage, look: Look): void {
    const { guid, rowid } = row;
    const transcription = bodyOf(row)?.transcription;
    if (!transcription || this.#known.heard.has(guid)) return;
    const [attachment] = visible(look.db.attachments(rowid), this.#files, look);
    if (!attachment) return;
    this.#known.heard.set(guid, { since: look.now });
    const state = this.#known.files.has(guid) ? attachment.state : settledState(attachment);
    const change = { kind: 'attachment', guid, attachment: { ...attachment, state }, transcription } as const;
    look.found.push({ rowid, change: { ...change, at: look.now } });
  }
}

/** A file that was told as whole or failed needs no second look to be so. */
const settledState = ({ state }: Attachment): Attachment['state'] =>
  state === 'failed' ? 'failed' : 'complete';

function push(look: Look, row: StoredMessage, change: Look['found'][number]['change'] | null): void {
  if (change) look.found.push({ rowid: row.rowid, change });
}
