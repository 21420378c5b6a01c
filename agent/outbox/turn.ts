import type { Command } from '../../bridge/protocol/commands.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type {
  CommandError,
  ContactRecord,
  Journal,
  JournalChange,
  JournaledCommand,
  SendKind,
} from '../journal/types.ts';
import { type Held, isPaced, type Pacer } from '../pacing/types.ts';
import { isErrand, type Part, partsOf } from './parts.ts';
import type { CallStanding, SentFiles } from './ports.ts';
import { step } from './step.ts';

/** Commands that are read at once. */
const LOOK = 50;
/** One act in so many goes to the command that waits longest, whatever its priority: so none waits for ever. */
const FAIRNESS = 8;
/** Shorter waits are not told, in milliseconds. */
const TOLD_ABOVE_MS = 3_000;
/** A time that moves by less is not told anew: thousands may wait for one place. In milliseconds. */
const TOLD_ANEW_MS = 300_000;
/** Waits that one look tells. */
const TELL = 200;
/** How often it is looked whether what was told has passed, in milliseconds. */
const TELL_AGAIN_MS = 30_000;

/** An act that may begin now. */
export interface Next {
  command: JournaledCommand;
  part: Part;
  /** The file that it sends. */
  source: string | undefined;
  /** How it counts for pacing; undefined for what is no message. */
  kind: SendKind | undefined;
  learnt: readonly ContactRecord[];
}

export interface Found {
  next?: Next;
  /** When looking again may find something that waits a moment only. */
  lookAgainAt?: number;
  /** What holds the whole line, if anything does. */
  line?: Held;
  refused: Array<{ command: JournaledCommand; error: CommandError }>;
  errands: JournaledCommand[];
}

export interface TurnOptions {
  journal: Journal;
  pacer: Pacer;
  files: SentFiles;
  callStanding: CallStanding;
  /** Whether nothing may leave from the line any more: what waits for an act is refused. */
  isBanned(): boolean;
  /** Called when a file that was missing is here, or will not come. */
  onFile: () => void;
}

/** Whose turn it is among the commands that wait. */
export class Turn {
  readonly #options: TurnOptions;
  #acts = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Journals what pacing holds, and finds the first act that may begin now. */
  take(now: number): Found {
    const found: Found = { refused: [], errands: [] };
    const order = this.#acts % FAIRNESS === FAIRNESS - 1 ? 'oldest' : undefined;
    const look = { found, seen: new Set<string>() };
    const anyHeld = this.#lookThrough(order, now, look);
    // What waits for the line holds up nothing else, however much it is.
    if (!found.next && found.line) this.#lookThrough('unpaced', now, look);
    if (!found.next) this.#tell(now, found.line, anyHeld);
    return found;
  }

  /**
   * Looks page by page, so that what waits for something of its own, such as a file, holds up no other. Where the line
   * itself has to wait it goes on only past what other rules hold. Returns whether any rule holds any.
   */
  #lookThrough(
    order: 'oldest' | 'unpaced' | undefined,
    now: number,
    look: { found: Found; seen: Set<string> },
  ): boolean {
    const { found } = look;
    let anyHeld = false;
    let after: JournaledCommand | undefined;
    for (let more = true; more; ) {
      const candidates = this.#options.journal.candidates(now, LOOK, order, after);
      const held = this.#look(candidates, now, look) > 0;
      anyHeld ||= held;
      after = candidates.at(-1);
      more = !found.next && candidates.length === LOOK && (held || order === 'unpaced' || !found.line);
    }
    return anyHeld;
  }

  /** Looks for the next act among those that were not seen before; journals and counts those that are held. */
  #look(
    candidates: readonly JournaledCommand[],
    now: number,
    { found, seen }: { found: Found; seen: Set<string> },
  ): number {
    const held: JournalChange[] = [];
    for (const command of candidates.filter(({ id }) => !seen.has(id))) {
      seen.add(command.id);
      this.#consider(command, now, found, held);
      if (found.next) break;
    }
    if (held.length > 0) this.#options.journal.record(merged(held, now));
    return held.length;
  }

  /** Tells of messages that no rule holds by itself, but which wait for the line or for one that is held. */
  #tell(now: number, line: Held | undefined, anyHeld: boolean): void {
    const { journal } = this.#options;
    const due = anyHeld || now - this.#toldAt >= TELL_AGAIN_MS || now < this.#toldAt;
    if (!due && journal.commandsIn(['queued'], 1).length === 0) return;
    this.#toldAt = now;
    const told = journal.waitingBehindHeld(TELL).map(({ command, paced }) => this.#wait(command, paced, now));
    if (line?.everyMs) {
      const { rule, until, everyMs } = line;
      const least = Math.ceil((now + TOLD_ABOVE_MS - until) / everyMs);
      for (const { command, before } of journal.waitingForLine(now, Math.max(0, least), TELL))
        told.push(this.#wait(command, { rule, until: until + before * everyMs }, now));
    }
    if (told.length > 0) journal.record(merged(told, now));
  }

  #wait(command: JournaledCommand, paced: { rule: string; until: number }, now: number): JournalChange {
    return step(command, { type: 'hold' }, now, { paced });
  }

  /** An act that was found begins. */
  begun(): void {
    this.#acts += 1;
  }

  #consider(command: JournaledCommand, now: number, found: Found, held: JournalChange[]): void {
    const order = command.command;
    if (!order) return;
    const standing = order.type === 'call.end' ? this.#options.callStanding(order.callCommandId) : 'on';
    if (standing === 'unknown') {
      found.refused.push({ command, error: callUnknown });
      return;
    }
    if (isErrand(order) || standing !== 'on') {
      found.errands.push(command);
      return;
    }
    const part = this.#partOf(order, command.part);
    if ('code' in part) {
      found.refused.push({ command, error: part });
      return;
    }
    const file = this.#file(command, part);
    if (file === 'missing') return;
    if (typeof file === 'object') {
      found.refused.push({ command, error: file });
      return;
    }
    const { pacer } = this.#options;
    const decision = isPaced(order) ? pacer.decide(command, now) : undefined;
    if (decision?.go === false) {
      if (decision.rule === 'line_rate') found.line = decision;
      if (decision.rule === 'line_rate' || decision.until - now <= TOLD_ABOVE_MS)
        found.lookAgainAt = Math.min(found.lookAgainAt ?? Number.POSITIVE_INFINITY, decision.until);
      else held.push(this.#hold(command, decision, now));
      return;
    }
    const learnt = decision ? pacer.learnt(command) : [];
    found.next = { command, part, source: file, kind: decision?.kind, learnt };
  }

  /** The part that is next, or why there is none. A call can be hung up on a banned line too. */
  #partOf(order: Command, part: number): Part | CommandError {
    if (order.type !== 'call.end' && this.#options.isBanned()) return banned;
    return partsOf(order)?.[part] ?? unavailable;
  }

  /** Path of the file that a part sends; undefined for a part without one. */
  #file(command: JournaledCommand, part: Part): string | 'missing' | CommandError | undefined {
    const order = command.command;
    if (part.kind !== 'file' || order?.type !== 'message.send') return undefined;
    const { files, onFile } = this.#options;
    try {
      const path = files.ready(order, order.files?.indexOf(part.file) ?? 0);
      if (path !== undefined) return path;
      files.fetch(order, onFile);
      return 'missing';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { code: errorCode(error), message: error.message };
    }
  }

  /** A rule that holds a command as before is not told again. */
  #hold(command: JournaledCommand, held: Held, now: number): JournalChange {
    const paced = { rule: held.rule, until: held.until };
    const patch = { paced, heldUntil: held.until };
    const { paced: before } = command;
    const same = command.state === 'paced' && before?.rule === paced.rule;
    if (same && Math.abs(before.until - paced.until) < TOLD_ANEW_MS)
      return { at: now, commands: [{ id: command.id, patch: { heldUntil: held.until } }] };
    return merged(
      [step(command, { type: 'hold' }, now, patch), { at: now, ...this.#options.pacer.reached(held, now) }],
      now,
    );
  }
}

const banned: CommandError = { code: 'line_banned', message: messageErrors.line_banned.hint };

const callUnknown: CommandError = { code: 'call_unknown', message: messageErrors.call_unknown.hint };

const unavailable: CommandError = {
  code: 'action_unavailable',
  message: messageErrors.action_unavailable.hint,
};

const merged = (changes: readonly JournalChange[], at: number): JournalChange => ({
  at,
  commands: changes.flatMap(({ commands = [] }) => commands),
  events: changes.flatMap(({ events = [] }) => events),
  notes: Object.assign({}, ...changes.map(({ notes = {} }) => notes)),
});
