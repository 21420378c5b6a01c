import { messageErrors } from '../../bridge/protocol/errors.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import { type Cancel, type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { CommandError, CommandPatch, Journal, JournaledCommand, Proof } from '../journal/types.ts';
import { conversationOf, type Known } from './acts.ts';
import { appleError } from './apple-errors.ts';
import type { Evidence, EvidenceRow } from './evidence.ts';
import { stateFact } from './facts.ts';
import { afterLatePart, nextPart } from './late-part.ts';
import { type Match, matchRows } from './match.ts';
import { firstOutcomes } from './outcomes.ts';
import { partAt, partsOf } from './parts.ts';
import { proofOf, standsProven } from './proofs.ts';
import type { OutboxEvent } from './states.ts';
import { step } from './step.ts';

/** How often chat.db is looked into while a row is awaited. */
const LOOK_EVERY_MS = 100;
/** How often, while a row that may be the proof of an uncertain command has no chat yet. */
const LOOK_FOR_CHAT_MS = 1_000;
/** Pages of own rows that one look reads. */
const MAX_PAGES = 20;
/** A row that has no chat after this long gets none. */
const JOIN_LIMIT_MS = 5 * 60_000;
/** The row of a file comes so many times later than that of a text: Messages copies it first. */
const FILE_PATIENCE = 8;

export interface ConfirmOptions {
  journal: Journal;
  evidence: Evidence;
  clock: Clock;
  logger: Logger;
  /** How long the row of a text may take to appear, in milliseconds. */
  windowMs: number;
  /** Notices a clock that was set back, and tells by {@link Confirm.searchAnew}. */
  followClock: () => void;
  /** Called after commands left `confirming`: their conversations may go on. */
  onSettled: () => void;
}

/** Finds in chat.db what proves acts, and gives up on those whose proof does not appear in time. */
export class Confirm {
  readonly #options: ConfirmOptions;
  /** When to stop waiting for the proof of an act of a command in `confirming`. */
  readonly #until = new Map<string, number>();
  /** ROWIDs up to which no row can prove an uncertain command any more. */
  readonly #searched = new Map<string, number>();
  #timer: Cancel | undefined;
  #chatTimer: Cancel | undefined;
  #stopped = false;
  #troubled = false;

  constructor(options: ConfirmOptions) {
    this.#options = options;
  }

  /** Looks for the proofs of everything that is open, uncertain commands too. */
  start(): void {
    this.look({ uncertain: true });
  }

  /** Looks now, and goes on looking while a command is in `confirming`. */
  look({ uncertain = false }: { uncertain?: boolean } = {}): void {
    if (this.#stopped) return;
    try {
      this.#look(uncertain);
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#options.logger.warn({ error: describeError(error) }, 'cannot look for rows');
      this.#troubled = true;
      this.#again();
    }
  }

  /** Since the clock was set back what was passed by may be a proof, and what is awaited has all its time again. */
  searchAnew(): void {
    this.#searched.clear();
    this.#until.clear();
    this.#lookForChat();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#chatTimer?.();
  }

  #look(uncertain: boolean): void {
    this.#options.followClock();
    const confirmed = this.#lookForConfirming();
    const resolved = uncertain && this.#lookForUncertain();
    if (confirmed || resolved) this.#options.onSettled();
  }

  /** Returns whether a command left `confirming`. */
  #lookForConfirming(): boolean {
    const { journal, clock } = this.#options;
    const open = journal.commandsIn(['confirming']);
    if (open.length === 0) return false;
    const now = clock.now();
    for (const command of open)
      if (!this.#until.has(keyOf(command))) this.#until.set(keyOf(command), now + this.#patience(command));
    const found = this.#prove(open);
    const missing = open.filter(({ id }) => !found.has(id));
    const overdue = missing.filter((command) => now >= (this.#until.get(keyOf(command)) ?? 0));
    for (const command of overdue) this.#giveUp(command);
    if (journal.commandsIn(['confirming'], 1).length > 0) this.#again();
    return found.size + overdue.length > 0;
  }

  #patience({ command, part }: JournaledCommand): number {
    const file = partAt(command, part)?.kind === 'file';
    return this.#options.windowMs * (file ? FILE_PATIENCE : 1);
  }

  /** Returns whether one is uncertain no more. A chat that comes later than the tail waits for is no news of the tail. */
  #lookForUncertain(): boolean {
    const { journal, clock } = this.#options;
    let settled = false;
    let unfinished = false;
    for (const command of journal.commandsIn(['uncertain'])) {
      const from = Math.max(command.highWater ?? 0, this.#searched.get(command.id) ?? 0);
      const rows = this.#rowsAfter(from);
      if (this.#prove([command], rows).size > 0) {
        settled = true;
        continue;
      }
      const open = firstUnfinished(rows, clock.now());
      if (open) unfinished = true;
      this.#searched.set(command.id, open ? open.rowid - 1 : (rows.at(-1)?.rowid ?? from));
    }
    if (unfinished) this.#lookForChat();
    return settled;
  }

  #lookForChat(): void {
    this.#chatTimer?.();
    this.#chatTimer = this.#options.clock.after(LOOK_FOR_CHAT_MS, () => this.look({ uncertain: true }));
  }

  /** Settles what is proved now; returns the ids of those commands. */
  #prove(open: readonly JournaledCommand[], given?: readonly EvidenceRow[]): Set<string> {
    const { journal, evidence } = this.#options;
    const byRow = open.filter((command) => this.#awaits(command) === 'row');
    const from = Math.min(...byRow.map(({ highWater }) => highWater ?? 0));
    const rows = given ?? (byRow.length > 0 ? this.#rowsAfter(from) : []);
    const found = matchRows(byRow, rows, evidence, (guid) => journal.proofOf(guid) !== undefined);
    for (const match of found) this.#claim(match);
    const standing = open.filter(
      (command) => this.#awaits(command) === 'standing' && standsProven(command, evidence),
    );
    for (const command of standing) this.#settle(command, { type: 'row_found' }, {}, []);
    return new Set([...found.map(({ command }) => command.id), ...standing.map(({ id }) => id)]);
  }

  #awaits({ command, part }: JournaledCommand): 'row' | 'standing' | 'act' {
    const next = partAt(command, part);
    return next ? proofOf(next) : 'act';
  }

  /** Own rows above a mark, read page by page as chat.db gives them. */
  #rowsAfter(mark: number): EvidenceRow[] {
    const { evidence, clock } = this.#options;
    const rows: EvidenceRow[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const more = evidence.rowsAfter(rows.at(-1)?.rowid ?? mark, clock.now());
      if (more.length === 0) break;
      rows.push(...more);
    }
    return rows;
  }

  #claim({ command, row, ghost }: Match): void {
    const last = (command.command && partsOf(command.command)?.length) === command.part + 1;
    const message = command.command?.type !== 'message.react';
    const tells = message ? (last ? 'all' : 'failed') : 'none';
    const proof: { guid: string } & Proof = { guid: row.guid, commandId: command.id, tells };
    const guid = command.part === 0 ? { guid: row.guid } : {};
    if (ghost) this.#settle(command, { type: 'row_failed', error: ghostError }, {}, [proof], row);
    else if (row.error !== 0)
      this.#settle(command, { type: 'row_failed', error: appleError(row.error) }, guid, [proof], row);
    else if (last) this.#settle(command, { type: 'row_found' }, guid, [proof], row);
    else this.#goOn(command, guid, proof, row);
  }

  /** The next act follows; a command that a damaged journal gave may have gone on already, and is only looked for. */
  #goOn(
    command: JournaledCommand,
    guid: CommandPatch,
    proof: { guid: string } & Proof,
    row: EvidenceRow,
  ): void {
    const next: CommandPatch = { ...guid, part: command.part + 1 };
    if ((command.known as Known | null)?.salvaged)
      this.#settle(command, { type: 'next_awaited' }, next, [proof], row);
    else if (command.state === 'uncertain') {
      const { event, patch } = afterLatePart(command, this.#options.journal);
      this.#settle(command, event, { ...guid, ...patch }, [proof], row);
    } else this.#settle(command, { type: 'part_found' }, { ...guid, ...nextPart(command) }, [proof], row);
  }

  #settle(
    command: JournaledCommand,
    event: OutboxEvent,
    patch: CommandPatch,
    proofs: ReadonlyArray<{ guid: string } & Proof>,
    row?: EvidenceRow,
  ): void {
    const { journal, clock, logger } = this.#options;
    const isGhost = event.type === 'row_failed' && event.error === ghostError;
    const change = step(command, event, clock.now(), patch, isGhost ? undefined : row);
    const kept = proofs.flatMap(({ guid, tells }) =>
      journal
        .keptStates(guid)
        .filter(({ state }) => tells === 'all' || tells === state)
        .map((state) => stateFact(command.id, state)),
    );
    const drop = proofs.map(({ guid }) => guid);
    const error = event.type === 'row_failed' ? (event.error.apple ?? 1) : 0;
    const order = command.command;
    // The health of the line goes by iMessages to single handles.
    const counts =
      order?.type === 'message.send' &&
      (order.service ?? 'iMessage') === 'iMessage' &&
      conversationOf(order).kind !== 'group';
    const outcomes =
      counts && row ? firstOutcomes(row, journal.keptStates(row.guid), { at: clock.now(), error }) : [];
    journal.record({ ...change, events: [...(change.events ?? []), ...kept], proofs, drop, outcomes });
    this.#until.delete(keyOf(command));
    this.#searched.delete(command.id);
    logger.info(
      { commandId: command.id, traceId: command.command?.traceId, part: command.part, state: change.state },
      'confirmed',
    );
  }

  #giveUp(command: JournaledCommand): void {
    const { journal, clock, logger } = this.#options;
    const { message, ...error } = command.error ?? noRow;
    const told = { ...error, message: `${message}${this.#evidenceOf(command)}` };
    journal.record(step(command, { type: 'no_row', error: told }, clock.now()));
    this.#until.delete(keyOf(command));
    this.#lookForChat();
    logger.warn({ commandId: command.id, traceId: command.command?.traceId }, 'no proof appeared: uncertain');
  }

  /** What speaks for and against an act, in words for whoever asked for it. */
  #evidenceOf({ actedAt, highWater, conversation }: JournaledCommand): string {
    if (actedAt === null || highWater === null) return '';
    const rows = this.#rowsAfter(highWater).filter(
      ({ chat }) => chat === null || chat.identifier.toLowerCase() === conversation,
    );
    return ` (acted at ${isoTime(actedAt)}, after row ${highWater}; ${rows.length} own rows there since)`;
  }

  #again(): void {
    this.#timer?.();
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => this.look());
  }
}

/** One act of a command. */
const keyOf = ({ id, part }: JournaledCommand): string => `${id} ${part}`;

const noRow: CommandError = { code: 'uncertain', message: messageErrors.uncertain.hint };
const ghostError: CommandError = {
  code: 'not_delivered',
  message: 'Messages took the message and left an empty row in no chat: it went nowhere',
};

/** The first row that may still change in what matters here: a young one may yet get its chat, or its files. */
const firstUnfinished = (rows: readonly EvidenceRow[], now: number): EvidenceRow | undefined =>
  rows.find(
    (row) =>
      now - row.at < JOIN_LIMIT_MS &&
      (row.chat === null || (row.text.includes('\uFFFC') && !row.files.length)),
  );
