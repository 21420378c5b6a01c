import type { ToldEdits } from './edits.ts';
import type { GuardMemory, LateRow } from './guard.ts';
import type { TailMemory, TailMemoryPatch, TapbackName } from './types.ts';

/** How far rows of `message` were taken, and in which file. */
export interface Cursor {
  /** Which file it is: device, inode and birth; null before there was one. */
  file: string | null;
  rowid: number;
  /** GUID of the row at `rowid`, by which a renumbered database is told from the same one; null where there is none. */
  guid: string | null;
  guard: GuardMemory;
  /** The database was built anew: rows up to here may have been told under other ROWIDs. */
  rebuiltUpTo?: number;
}

/** An own row whose states are still told; `since` when it was first seen, in milliseconds since the Unix epoch. */
export interface Tracked {
  rowid: number;
  told: string;
  since: number;
}

/** A row that waits: for its chat, its files, or for what comes with it. */
export interface Held {
  rowid: number;
  since: number;
  late?: LateRow;
  /** It may be a replay of a row dated this near to it, in milliseconds: told once its files were compared. */
  within?: number;
}

/** A message that was told with files still coming. */
export interface Awaited {
  rowid: number;
  since: number;
  /** GUIDs of attachments. */
  files: string[];
}

/** What each kind of entry keeps, by the GUID of a message or another name. */
interface Kinds {
  own: Tracked;
  held: Held;
  files: Awaited;
  edits: ToldEdits & { since: number };
  /** Previews of links that were told. */
  links: { since: number };
  /** What was said in voice notes and was told. */
  heard: { since: number };
  /** Standing reactions, by target and person. */
  taps: { tapback: TapbackName; emoji?: string; since: number };
  /** Notes to oneself, by their text: the row that was told. */
  self: { guid: string; date: number; since: number };
  /** Rows that went their way, numbered in order, those that were passed by below 0: known again in a database that is built anew. */
  seen: number;
}

type Kind = keyof Kinds;

const DAY_MS = 24 * 3_600_000;
/** What is told of a message, in milliseconds: twice as long as rows are compared by their dates. */
const TOLD_MS = 14 * DAY_MS;
/** Own rows, which a person may get and read late, and standing reactions, which they may change: servers keep what was not delivered for a month. */
const LASTING_MS = 30 * DAY_MS;

/** Rows of which it is remembered that they went their way. */
export const SEEN_LIMIT = 5000;

/** One kind of entries. */
class Entries<T> {
  readonly #kind: string;
  readonly #values = new Map<string, T>();
  /** Names of what is not durable as it is now. */
  readonly #unsaved = new Set<string>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#values.size;
  }

  get unsaved(): number {
    return this.#unsaved.size;
  }

  get(name: string): T | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  all(): Array<[name: string, value: T]> {
    return [...this.#values];
  }

  load(name: string, value: T): void {
    this.#values.set(name, value);
  }

  set(name: string, value: T): void {
    this.#values.set(name, value);
    this.#unsaved.add(name);
  }

  delete(name: string): void {
    if (this.#values.delete(name)) this.#unsaved.add(name);
  }

  /** Adds what is not durable to a patch. */
  addTo(remember: Array<[key: string, value: string]>, forget: string[]): void {
    for (const name of this.#unsaved) {
      const key = `${this.#kind}:${name}`;
      const value = this.#values.get(name);
      if (value === undefined) forget.push(key);
      else remember.push([key, JSON.stringify(value)]);
    }
  }

  taken(): void {
    this.#unsaved.clear();
  }
}

/** Entries that are forgotten at last; `since` in milliseconds since the Unix epoch. */
class DatedEntries<T extends { since: number }> extends Entries<T> {
  forgetBefore(time: number, isKept: (name: string) => boolean): void {
    for (const [name, { since }] of this.all()) if (since < time && !isKept(name)) this.delete(name);
  }
}

/** Own rows, which are known by their ROWIDs too. */
class OwnEntries extends DatedEntries<Tracked> {
  /** Names by ROWID: while a database is read that was numbered anew, a ROWID may be that of two. */
  readonly #names = new Map<number, string>();

  override load(name: string, value: Tracked): void {
    super.load(name, value);
    this.#names.set(value.rowid, name);
  }

  override set(name: string, value: Tracked): void {
    this.#forget(name);
    super.set(name, value);
    this.#names.set(value.rowid, name);
  }

  override delete(name: string): void {
    this.#forget(name);
    super.delete(name);
  }

  hasRowid(rowid: number): boolean {
    return this.#names.has(rowid);
  }

  #forget(name: string): void {
    const before = this.get(name);
    if (before && this.#names.get(before.rowid) === name) this.#names.delete(before.rowid);
  }
}

/**
 * What the tail knows, and what of it is not yet durable. Nothing is durable before the keeper has taken the patch,
 * so a tail that is made anew from the durable part finds again what was not.
 */
export class Remembered {
  cursor: Cursor | null;
  readonly own = new OwnEntries('own');
  readonly held = new Entries<Kinds['held']>('held');
  readonly files = new DatedEntries<Kinds['files']>('files');
  readonly edits = new DatedEntries<Kinds['edits']>('edits');
  readonly links = new DatedEntries<Kinds['links']>('links');
  readonly heard = new DatedEntries<Kinds['heard']>('heard');
  readonly taps = new DatedEntries<Kinds['taps']>('taps');
  readonly self = new DatedEntries<Kinds['self']>('self');
  readonly #seen = new Entries<Kinds['seen']>('seen');
  readonly #kinds = [
    ...[this.own, this.held, this.files, this.edits, this.links, this.heard, this.taps, this.self],
    this.#seen,
  ];
  /** Names of `seen`, oldest first. */
  #seenOrder: string[] = [];
  #seenCount = 0;

  constructor(memory: TailMemory) {
    this.cursor = memory.cursor === null ? null : (JSON.parse(memory.cursor) as Cursor);
    for (const [key, value] of memory.entries) {
      const colon = key.indexOf(':');
      this.#load(key.slice(0, colon), key.slice(colon + 1), JSON.parse(value));
    }
    const seen = this.#seen.all().sort((a, b) => Math.abs(a[1]) - Math.abs(b[1]));
    this.#seenOrder = seen.map(([name]) => name);
    this.#seenCount = Math.abs(seen.at(-1)?.[1] ?? 0);
  }

  wasSeen(guid: string): boolean {
    return this.#seen.has(guid);
  }

  /** Notes that nothing is told of a row that went its way, then or later. */
  passBy(guid: string): void {
    this.#seen.set(guid, -Math.abs(this.#seen.get(guid) ?? this.#seenCount));
  }

  wasPassedBy(guid: string): boolean {
    return (this.#seen.get(guid) ?? 0) < 0;
  }

  see(guid: string): void {
    this.#seenCount += 1;
    this.#seen.set(guid, this.#seenCount);
    this.#seenOrder.push(guid);
    if (this.#seenOrder.length < 2 * SEEN_LIMIT) return;
    for (const old of this.#seenOrder.splice(0, SEEN_LIMIT)) this.#seen.delete(old);
  }

  /** Forgets what is old; of messages that `isCompared` still, by their GUIDs, what was told of them stays. */
  forgetOld(now: number, isCompared: (guid: string) => boolean): void {
    const never = (): boolean => false;
    for (const entries of [this.files, this.self]) entries.forgetBefore(now - TOLD_MS, never);
    for (const entries of [this.own, this.taps]) entries.forgetBefore(now - LASTING_MS, never);
    for (const entries of [this.edits, this.links, this.heard])
      entries.forgetBefore(now - TOLD_MS, isCompared);
  }

  /** How many entries are not durable yet. */
  get unsaved(): number {
    return this.#kinds.reduce((sum, entries) => sum + entries.unsaved, 0);
  }

  /** What the keeper must save for this knowledge to be durable. */
  patch(): TailMemoryPatch {
    const remember: Array<[key: string, value: string]> = [];
    const forget: string[] = [];
    for (const entries of this.#kinds) entries.addTo(remember, forget);
    return { cursor: JSON.stringify(this.cursor), remember, forget };
  }

  /** Notes that the last patch was taken. */
  taken(): void {
    for (const entries of this.#kinds) entries.taken();
  }

  #load(kind: string, name: string, value: unknown): void {
    if (kind === 'seen') this.#seen.load(name, value as Kinds['seen']);
    else if (KINDS.has(kind)) {
      (this[kind as Exclude<Kind, 'seen'>] as Entries<unknown>).load(name, value);
    }
  }
}

const KINDS: ReadonlySet<string> = new Set<Kind>([
  ...(['own', 'held', 'files', 'edits', 'links', 'heard', 'taps', 'self'] as const),
]);

/** The memory as the keeper has it: what was given at first, and every patch that was taken since. */
export class DurableMemory implements TailMemory {
  cursor: string | null;
  readonly entries: Map<string, string>;

  constructor(memory: TailMemory) {
    this.cursor = memory.cursor;
    this.entries = new Map(memory.entries);
  }

  apply(patch: TailMemoryPatch): void {
    this.cursor = patch.cursor;
    for (const key of patch.forget) this.entries.delete(key);
    for (const [key, value] of patch.remember) this.entries.set(key, value);
  }
}
