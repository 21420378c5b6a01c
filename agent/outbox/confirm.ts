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
    const { journal, messagesDb, clock, onSettled } = this.#options;
    const open = journal.commandsIn(uncertain ? ['confirming', 'uncertain'] : ['confirming']);
    if (open.length === 0) return;
    const now = clock.now();
    for (const { id, state } of open)
      if (state === 'confirming' && !this.#until.has(id)) this.#until.set(id, now + this.#options.windowMs);

    const rows = messagesDb.ownRowsAfter(Math.min(...open.map((command) => this.#searchFrom(command))));
    const found = matchRows(open, rows, (guid) => journal.commandByGuid(guid) !== undefined);
    for (const { command, row } of found) this.#claim(command, row);

    const claimed = new Set(found.map(({ command }) => command.id));
    const missing = open.filter((command) => !claimed.has(command.id));
    const searched = searchedThrough(rows);
    let settled = found.length > 0;
    for (const command of missing) {
      if (command.state === 'uncertain') {
        if (searched !== undefined) this.#searched.set(command.id, searched);
      } else if (now >= (this.#until.get(command.id) ?? 0)) {
        this.#giveUp(command);
        settled = true;
      }
    }
    if (missing.some((command) => command.state === 'confirming' && this.#until.has(command.id)))
      this.#again();
    if (settled) onSettled();
  }

  #searchFrom(command: JournaledCommand): number {
    return Math.max(command.highWater ?? 0, this.#searched.get(command.id) ?? 0);
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

/** The ROWID below which rows will not change any more in what matters here: those without a chat still may. */
function searchedThrough(rows: readonly OwnRow[]): number | undefined {
  const unjoined = rows.find((row) => row.chat === null);
  return unjoined ? unjoined.rowid - 1 : rows.at(-1)?.rowid;
}
