import type { TailMemory, TailMemoryPatch } from './types.ts';

/** How far rows of `message` were taken, and in which file. */
export interface Cursor {
  /** Device and inode of the database; null before there was one. */
  file: string | null;
  rowid: number;
  /** GUID of the row at `rowid`, by which a renumbered database is told from the same one; null where there is none. */
  guid: string | null;
  /** Newest `message.date` up to there, in milliseconds since the Unix epoch. */
  newest: number;
  /** In a database that was built anew: rows up to `until` and no newer than `newest` were there before. */
  rebuilt?: { until: number; newest: number };
}

/** An own row whose states are still told. */
export interface Tracked {
  rowid: number;
  told: string;
  /** When the row was first seen, in milliseconds since the Unix epoch. */
  since: number;
}

/** A row of somebody else that waits for its chat. */
export interface Held {
  rowid: number;
  since: number;
}

type Kind = 'own' | 'held';

/**
 * What the tail knows, and what of it is not yet durable. Nothing is durable before the keeper has taken the patch,
 * so a tail that is made anew from the durable part finds again what was not.
 */
export class Remembered {
  cursor: Cursor | null;
  readonly own = new Map<string, Tracked>();
  readonly held = new Map<string, Held>();
  readonly #remember = new Map<string, string>();
  readonly #forget = new Set<string>();

  constructor(memory: TailMemory) {
    this.cursor = memory.cursor === null ? null : (JSON.parse(memory.cursor) as Cursor);
    for (const [key, value] of memory.entries) {
      const [kind, guid] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
      if (kind === 'own') this.own.set(guid, JSON.parse(value) as Tracked);
      else if (kind === 'held') this.held.set(guid, JSON.parse(value) as Held);
    }
  }

  track(guid: string, tracked: Tracked): void {
    this.own.set(guid, tracked);
    this.#set('own', guid, tracked);
  }

  untrack(guid: string): void {
    this.own.delete(guid);
    this.#delete('own', guid);
  }

  hold(guid: string, held: Held): void {
    this.held.set(guid, held);
    this.#set('held', guid, held);
  }

  release(guid: string): void {
    this.held.delete(guid);
    this.#delete('held', guid);
  }

  /** What the keeper must save for this knowledge to be durable. */
  patch(): TailMemoryPatch {
    return {
      cursor: JSON.stringify(this.cursor),
      remember: [...this.#remember],
      forget: [...this.#forget],
    };
  }

  /** Notes that the last patch was taken. */
  taken(): void {
    this.#remember.clear();
    this.#forget.clear();
  }

  #set(kind: Kind, guid: string, value: Tracked | Held): void {
    const key = `${kind}:${guid}`;
    this.#forget.delete(key);
    this.#remember.set(key, JSON.stringify(value));
  }

  #delete(kind: Kind, guid: string): void {
    const key = `${kind}:${guid}`;
    this.#remember.delete(key);
    this.#forget.add(key);
  }
}

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
