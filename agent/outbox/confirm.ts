import { messageErrors } from '../../bridge/protocol/errors.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { CommandError, Journal, JournaledCommand } from '../journal/types.ts';
import type { MessagesDb, OwnRow } from '../messages-db/types.ts';
import { appleError } from './apple-errors.ts';
import { stateFact } from './facts.ts';
import { matchRows } from './match.ts';
import { step } from './step.ts';

/** How often chat.db is looked into while a row is awaited. */
const LOOK_EVERY_MS = 100;
/** Pages of own rows that one look reads. */
const MAX_PAGES = 20;
/** A row that has no chat after this long gets none. */
const JOIN_LIMIT_MS = 5 * 60_000;

export interface ConfirmOptions {
  journal: Journal;
  messagesDb: MessagesDb;
  clock: Clock;
  logger: Logger;
  /** How long a row may take to appear, in milliseconds. */
  windowMs: number;
  /** Called after commands left `confirming`: their conversations may go on. */
  onSettled: () => void;
}

/** Finds in chat.db the rows that prove acts, and gives up on those whose row does not appear in time. */
export class Confirm {
  readonly #options: ConfirmOptions;
  /** When to stop waiting for the row of a command in `confirming`. */
  readonly #until = new Map<string, number>();
  /** ROWIDs up to which no row can prove an uncertain command any more. */
  readonly #searched = new Map<string, number>();
  #timer: Cancel | undefined;
  #stopped = false;
  #troubled = false;

  constructor(options: ConfirmOptions) {
    this.#options = options;
  }

  /** Looks for the rows of everything that is open, uncertain commands too. */
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

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
  }

  #look(uncertain: boolean): void {
    const settled = this.#lookForConfirming();
    if (uncertain) this.#lookForUncertain();
    if (settled) this.#options.onSettled();
  }

  /** Returns whether a command left `confirming`. */
  #lookForConfirming(): boolean {
    const { journal, clock } = this.#options;
    const open = journal.commandsIn(['confirming']);
    if (open.length === 0) return false;
    const now = clock.now();
    for (const { id } of open) if (!this.#until.has(id)) this.#until.set(id, now + this.#options.windowMs);
    const from = Math.min(...open.map(({ highWater }) => highWater ?? 0));
    const claimed = this.#claimAmong(open, this.#rowsAfter(from));
    const missing = open.filter(({ id }) => !claimed.has(id));
    const overdue = missing.filter(({ id }) => now >= (this.#until.get(id) ?? 0));
    for (const command of overdue) this.#giveUp(command);
    if (overdue.length < missing.length) this.#again();
    return claimed.size + overdue.length > 0;
  }

  #lookForUncertain(): void {
    const { journal, clock } = this.#options;
    const open = journal.commandsIn(['uncertain']);
    for (const command of open) {
      const from = Math.max(command.highWater ?? 0, this.#searched.get(command.id) ?? 0);
      const rows = this.#rowsAfter(from);
      if (this.#claimAmong([command], rows).size > 0) continue;
      this.#searched.set(command.id, searchedThrough(rows, clock.now()) ?? from);
    }
  }

  /** Own rows above a mark, read page by page as chat.db gives them. */
  #rowsAfter(mark: number): OwnRow[] {
    const rows: OwnRow[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const more = this.#options.messagesDb.ownRowsAfter(rows.at(-1)?.rowid ?? mark);
      if (more.length === 0) break;
      rows.push(...more);
    }
    return rows;
  }

  #claimAmong(open: readonly JournaledCommand[], rows: readonly OwnRow[]): Set<string> {
    const found = matchRows(open, rows, (guid) => this.#options.journal.commandByGuid(guid) !== undefined);
    for (const { command, row } of found) this.#claim(command, row);
    return new Set(found.map(({ command }) => command.id));
  }

  #claim(command: JournaledCommand, row: OwnRow): void {
    const { journal, clock, logger } = this.#options;
    const change = step(
      command,
      row.error === 0 ? { type: 'row_found' } : { type: 'row_failed', error: appleError(row.error) },
      clock.now(),
      { guid: row.guid },
    );
    const kept = journal.keptStates(row.guid).map((state) => stateFact(command.id, state));
    journal.record({ ...change, events: [...(change.events ?? []), ...kept], drop: [row.guid] });
    this.#until.delete(command.id);
    this.#searched.delete(command.id);
    logger.info(
      { commandId: command.id, traceId: command.command?.traceId, state: change.state },
      'confirmed',
    );
  }

  #giveUp(command: JournaledCommand): void {
    const { journal, clock, logger } = this.#options;
    journal.record(step(command, { type: 'no_row', error: command.error ?? noRow }, clock.now()));
    this.#until.delete(command.id);
    logger.warn({ commandId: command.id, traceId: command.command?.traceId }, 'no row appeared: uncertain');
  }

  #again(): void {
    this.#timer?.();
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => this.look());
  }
}

const noRow: CommandError = { code: 'uncertain', message: messageErrors.uncertain.hint };

/** The ROWID up to which rows will not change any more in what matters here: young ones may still get their chat. */
function searchedThrough(rows: readonly OwnRow[], now: number): number | undefined {
  const unjoined = rows.find((row) => row.chat === null && now - row.at < JOIN_LIMIT_MS);
  return unjoined ? unjoined.rowid - 1 : rows.at(-1)?.rowid;
}
