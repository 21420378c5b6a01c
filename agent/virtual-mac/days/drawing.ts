import { type ChatNote, type MacosRelease, macosReleases } from '../types.ts';
import type { Random } from './random.ts';
import type { DayOperation, DayStep, Fact, LedgerLine, Ref } from './types.ts';

/** A part of a planned message. */
export type PlannedPart = { text: string } | { file: Ref };

/** A message that stands in the planned Messages and can still be changed, answered or reacted to. */
export interface PlannedMessage {
  ref: Ref;
  chat: { handle: string } | { group: Ref };
  /** Null for the owner. */
  from: string | null;
  service: string;
  /** Null where one was taken back. */
  parts: (PlannedPart | null)[];
  /** Its balloon, which reactions then name in place of a part. */
  app?: string;
  /** When it was written and what it said, both as it came. */
  at: number;
  original: string;
  edits: number;
  sticker?: boolean;
  /** Its photos, as their rows told them. */
  files?: { name: string; mime: string; uti: string; bytes: number }[];
  /** What no longer can be seen once all of it is taken back. */
  facts: LedgerLine[];
  /** The standing tapback of each sender on each part. */
  tapbacks: Map<string, { fact: LedgerLine; kind: string; standing: boolean }>;
  /** The edits of each part. */
  edited: Map<number, LedgerLine[]>;
}

export interface PlannedGroup {
  ref: Ref;
  members: string[];
  /** The last note about it. */
  last?: { ref: Ref; note: ChatNote; by: string | null; at: number };
}

interface Later {
  at: number;
  order: number;
  run: () => void;
}

/** What U+FFFC stands for in a text: an attachment. */
const OBJECT_REPLACEMENT = '\uFFFC';

export const textOfParts = (parts: PlannedMessage['parts']): string =>
  parts.map((part) => (part === null ? '' : 'text' in part ? part.text : OBJECT_REPLACEMENT)).join('');

/** A day while it is planned: what has been done so far, what is to come, and what stands in Messages by then. */
export class Drawing {
  readonly random: Random;
  readonly release: MacosRelease;
  readonly line: string;
  readonly people: readonly string[];
  readonly operations: DayOperation[] = [];
  readonly facts: LedgerLine[] = [];
  readonly messages: PlannedMessage[] = [];
  readonly groups: PlannedGroup[] = [];
  /** Handles whose chats Messages keeps apart as those of unknown senders. */
  readonly unknown = new Set<string>();
  /** Columns that tables gained. */
  readonly columns = new Set<string>();
  /** Columns of the release that tables lost. */
  readonly lost = new Set<string>();
  /** Backfilled rows that stand in the database: the oldest ones. */
  old = 0;
  #watched = false;
  #now = 0;
  #count = 0;
  readonly #later: Later[] = [];

  constructor(options: { random: Random; release: MacosRelease; line: string; people: readonly string[] }) {
    this.random = options.random;
    this.release = options.release;
    this.line = options.line;
    this.people = options.people;
  }

  /** Milliseconds since the day began. */
  get now(): number {
    return this.#now;
  }

  /** Operations so far and those that are sure to come. */
  get size(): number {
    return this.operations.length + this.#later.length;
  }

  /** Number of the operation that comes next. */
  get next(): number {
    return this.operations.length;
  }

  has(since: MacosRelease): boolean {
    return macosReleases.indexOf(this.release) >= macosReleases.indexOf(since);
  }

  name(kind: 'm' | 'a' | 'g' | 'c'): Ref {
    this.#count += 1;
    return `${kind}${this.#count}`;
  }

  /** A text that no other message of the day has. */
  text(): string {
    this.#count += 1;
    const words = [
      'see you',
      'naïve café',
      '明日ね',
      '👩‍👩‍👧 there',
      'ok',
      'line\nbreak',
      'on my way',
      '“quoted”',
    ];
    return `${this.random.pick(words)} ${this.#count}`;
  }

  /** An operation now, and the facts that are due with it; returns their lines. */
  do(step: DayStep, ...facts: readonly (Fact & { since?: number })[]): LedgerLine[] {
    const due = this.operations.length;
    const lines = facts.map((fact): LedgerLine => ({ ...fact, since: fact.since ?? due, due }));
    const places = lines.map((line) => this.facts.push(line) - 1);
    this.operations.push({ ...step, at: this.#now, ...(this.#watched && { watched: true }), facts: places });
    return lines;
  }

  /** Notes that from the next operation on the facts cannot be seen any more. */
  hide(...facts: readonly (LedgerLine | undefined)[]): void {
    for (const fact of facts) if (fact) fact.until ??= this.operations.length;
  }

  after(ms: number, run: () => void): void {
    this.#later.push({ at: this.#now + ms, order: this.#count++, run });
  }

  /** Somebody watches all the while from the operation before on. */
  watch(scene: () => void): void {
    this.#watched = true;
    scene();
    this.#watched = false;
  }

  /** Lets time pass without anything else happening. */
  pause(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass with all that is to come in it. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#takeDue(end);
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Lets everything happen that is to come. */
  finish(): void {
    for (;;) {
      const due = this.#takeDue(Infinity);
      if (!due) return;
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
  }

  #takeDue(end: number): Later | undefined {
    let first: Later | undefined;
    for (const one of this.#later) {
      if (one.at > end) continue;
      if (!first || one.at < first.at || (one.at === first.at && one.order < first.order)) first = one;
    }
    if (first) this.#later.splice(this.#later.indexOf(first), 1);
    return first;
  }
}
