import { PriorityQueue } from './priority-queue.ts';
import type { Rule } from './types.ts';

/** Whose place depends on its rank, 0 first, and on the number by which it came. */
interface Placed {
  priority: number;
  readonly seq: number;
}

interface Place<T> {
  readonly one: T;
  readonly priority: number;
}

/** Those whom the same rules of the line hold, all of them for as long. */
class Group<T extends Placed> {
  readonly members = new Set<T>();
  rule: Rule | undefined;
  /** Until when a rule of the line holds all of them. */
  until = 0;
  readonly #urgentFirst = new PriorityQueue<Place<T>>(
    (a, b) => a.priority < b.priority || (a.priority === b.priority && a.one.seq < b.one.seq),
  );
  readonly #oldestFirst = new PriorityQueue<T>((a, b) => a.seq < b.seq);

  add(one: T): void {
    this.members.add(one);
    this.#oldestFirst.push(one);
    this.rank(one);
  }

  /** Its priority is another. */
  rank(one: T): void {
    this.#urgentFirst.push({ one, priority: one.priority });
  }

  first(oldest: boolean): T | undefined {
    return oldest ? this.#oldest() : this.#mostUrgent();
  }

  #oldest(): T | undefined {
    for (let one = this.#oldestFirst.least; one; one = this.#oldestFirst.least) {
      if (this.members.has(one)) return one;
      this.#oldestFirst.pop();
    }
    return undefined;
  }

  #mostUrgent(): T | undefined {
    for (let place = this.#urgentFirst.least; place; place = this.#urgentFirst.least) {
      if (this.members.has(place.one) && place.one.priority === place.priority) return place.one;
      this.#urgentFirst.pop();
    }
    return undefined;
  }
}

export interface WaitingRoomOptions<T> {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** With whom one is held by the rules of the line; it may change as time goes by. */
  groupOf(one: T): string;
}

/** Those that wait, in memory: for simulations with very many, of whom no step looks at all. */
export class WaitingRoom<T extends Placed> {
  readonly #options: WaitingRoomOptions<T>;
  readonly #groups = new Map<string, Group<T>>();
  readonly #groupOf = new Map<T, Group<T>>();
  readonly #held = new PriorityQueue<{ one: T; until: number }>((a, b) => a.until < b.until);
  readonly #heldUntil = new Map<T, number>();

  constructor(options: WaitingRoomOptions<T>) {
    this.#options = options;
  }

  /** Takes one in, or looks anew with whom it is; returns the rule that holds those, if any does. */
  add(one: T): Rule | undefined {
    this.delete(one);
    const group = this.#named(this.#options.groupOf(one));
    group.add(one);
    this.#groupOf.set(one, group);
    return group.until > this.#options.now() ? group.rule : undefined;
  }

  delete(one: T): void {
    this.#groupOf.get(one)?.members.delete(one);
    this.#groupOf.delete(one);
    this.#heldUntil.delete(one);
  }

  /** Gives one a better rank. */
  promote(one: T, priority: number): void {
    one.priority = priority;
    this.#groupOf.get(one)?.rank(one);
  }

  /** Keeps one back until then, without those that are with it. */
  hold(one: T, until: number): void {
    this.delete(one);
    this.#heldUntil.set(one, until);
    this.#held.push({ one, until });
  }

  /** Keeps back all that are with one; returns how many they are. */
  holdGroup(one: T, rule: Rule, until: number): number {
    const group = this.#groupOf.get(one);
    if (!group) return 0;
    group.rule = rule;
    group.until = until;
    return group.members.size;
  }

  /** What a rule of the line held may be looked at. */
  release(rule: Rule): void {
    for (const group of this.#groups.values()) if (group.rule === rule) group.until = 0;
  }

  /** Who is first of those that may be looked at now. */
  first(oldest: boolean): T | undefined {
    this.#takeBack();
    for (;;) {
      const first = this.#firstOfAll(oldest);
      if (!first || this.#named(this.#options.groupOf(first)) === this.#groupOf.get(first)) return first;
      this.add(first);
    }
  }

  /** When somebody may be looked at again: now, where somebody may be already. */
  nextAt(): number {
    const now = this.#options.now();
    let next = this.#nextHeld();
    for (const { members, until } of this.#groups.values())
      if (members.size > 0) next = Math.min(next, Math.max(now, until));
    return next;
  }

  #firstOfAll(oldest: boolean): T | undefined {
    const now = this.#options.now();
    const firsts = [...this.#groups.values()].flatMap((group) => {
      const one = group.until > now ? undefined : group.first(oldest);
      return one ? [one] : [];
    });
    return firsts.sort((a, b) => (oldest ? 0 : a.priority - b.priority) || a.seq - b.seq)[0];
  }

  #named(name: string): Group<T> {
    let group = this.#groups.get(name);
    if (!group) {
      group = new Group();
      this.#groups.set(name, group);
    }
    return group;
  }

  #nextHeld(): number {
    for (let top = this.#held.least; top; top = this.#held.least) {
      if (this.#heldUntil.get(top.one) === top.until) return top.until;
      this.#held.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  #takeBack(): void {
    while (this.#nextHeld() <= this.#options.now()) {
      const top = this.#held.pop();
      if (top) this.add(top.one);
    }
  }
}
