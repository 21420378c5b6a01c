/** Whose place depends on its rank, 0 first, and on the number by which it came. */
interface Placed {
  priority: number;
  seq: number;
}

/** More newcomers than this are sorted in together. */
const SORT_ABOVE = 50;

/** Those that may be looked at, most urgent or oldest first, in memory: for simulations with very many. */
export class LineUp<T extends Placed> {
  readonly #in = new Set<T>();
  readonly #fresh = new Set<T>();
  #urgentFirst: T[] = [];
  #oldestFirst: T[] = [];

  get empty(): boolean {
    return this.#in.size === 0;
  }

  add(one: T): void {
    this.#in.add(one);
    this.#fresh.add(one);
  }

  delete(one: T): void {
    this.#in.delete(one);
  }

  /** Gives one a better rank. */
  promote(one: T, priority: number): void {
    if (priority >= one.priority) return;
    const at = placeOf(one, this.#urgentFirst, byUrgency);
    if (this.#urgentFirst[at] === one) this.#urgentFirst.splice(at, 1);
    one.priority = priority;
    if (this.#in.has(one)) this.#fresh.add(one);
  }

  /** All of them; who is taken out meanwhile is passed over. */
  *inOrder(oldestFirst: boolean): Generator<T> {
    this.#takeFresh();
    for (const one of oldestFirst ? this.#oldestFirst : this.#urgentFirst) if (this.#in.has(one)) yield one;
  }

  #takeFresh(): void {
    if (this.#fresh.size > SORT_ABOVE || this.#urgentFirst.length > 2 * this.#in.size + SORT_ABOVE) {
      this.#urgentFirst = [...this.#in].sort(byUrgency);
      this.#oldestFirst = [...this.#in].sort(byAge);
    } else
      for (const one of this.#fresh) {
        insert(one, this.#urgentFirst, byUrgency);
        insert(one, this.#oldestFirst, byAge);
      }
    this.#fresh.clear();
  }
}

type Order = (a: Placed, b: Placed) => number;
const byAge: Order = (a, b) => a.seq - b.seq;
const byUrgency: Order = (a, b) => a.priority - b.priority || byAge(a, b);

function insert<T extends Placed>(one: T, into: T[], order: Order): void {
  const at = placeOf(one, into, order);
  if (into[at] !== one) into.splice(at, 0, one);
}

/** Where one stands in order, or would. */
function placeOf(one: Placed, among: readonly Placed[], order: Order): number {
  let low = 0;
  let high = among.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = among[middle];
    if (other && order(other, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
