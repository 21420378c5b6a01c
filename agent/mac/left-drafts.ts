/** Texts that are remembered, and how much of each. */
const MOST = 8;
const START = 60;

/** Most bytes that they take in the input of a program. */
export const MAX_DRAFTS_BYTES = 4096;

/**
 * Texts that acts which did not end well may have left in a field of Messages. The next act on the screen may clear
 * these and no others, for those are a person's.
 */
export class LeftDrafts {
  #drafts: { length: number; start: string }[] = [];

  add(text: string): void {
    this.#drafts = [{ length: text.length, start: text.slice(0, START) }, ...this.#drafts].slice(0, MOST);
  }

  list(): readonly { length: number; start: string }[] {
    return this.#drafts;
  }
}
