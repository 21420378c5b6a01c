import { chmodSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';

const chatSchema = z.union([z.strictObject({ handle: z.string() }), z.strictObject({ group: z.string() })]);

const stepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('join'), guid: z.string(), chat: chatSchema }),
  z.strictObject({ kind: z.enum(['sent', 'delivered', 'read']), guid: z.string() }),
  z.strictObject({ kind: z.literal('failed'), guid: z.string(), error: z.int() }),
  z.strictObject({
    kind: z.enum(['transfer', 'transferred']),
    guid: z.string(),
    path: z.string(),
    to: z.string().optional(),
    service: z.string(),
  }),
  /** A person answers a message: `guid` is that of the answer's row. */
  z.strictObject({
    kind: z.literal('incoming'),
    guid: z.string(),
    answers: z.string(),
    from: z.string(),
    text: z.string(),
  }),
]);

/**
 * Something that Messages or a person has still to do with a message. It is planned before the row of the message is
 * written, and names rows by guids: one whose message never came to be falls away, and doing one again changes nothing.
 * So a process that is killed between the two databases leaves neither a message that stays as it is nor one too many.
 */
export type Step = z.infer<typeof stepSchema>;

export interface DueStep {
  id: number;
  /** Milliseconds since the Unix epoch. */
  dueAt: number;
  step: Step;
}

/** What is still to happen, in a small SQLite file (0600), so that a virtual Mac that is started again goes on. */
export class Steps {
  readonly #db: Database.Database;
  readonly #add: Database.Statement<[number, string]>;
  readonly #first: Database.Statement<[], { id: number; due_at: number; step: string }>;
  readonly #remove: Database.Statement<[number]>;
  readonly #postpone: Database.Statement<[number, number]>;

  constructor(home: string) {
    const file = path.join(home, 'virtual-mac.sqlite');
    this.#db = new Database(file);
    chmodSync(file, 0o600);
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec(
      'CREATE TABLE IF NOT EXISTS step (id INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, step TEXT NOT NULL) STRICT',
    );
    this.#add = this.#db.prepare('INSERT INTO step (due_at, step) VALUES (?, ?)');
    this.#first = this.#db.prepare('SELECT id, due_at, step FROM step ORDER BY due_at, id LIMIT 1');
    this.#remove = this.#db.prepare('DELETE FROM step WHERE id = ?');
    this.#postpone = this.#db.prepare('UPDATE step SET due_at = ? WHERE id = ?');
  }

  /** Adds steps all together. */
  add(steps: ReadonlyArray<readonly [dueAt: number, step: Step]>): void {
    this.#db.transaction(() => {
      for (const [dueAt, step] of steps) this.#add.run(dueAt, JSON.stringify(step));
    })();
  }

  /** The step that is due first. One that another version wrote otherwise is forgotten. */
  next(): DueStep | undefined {
    for (let found = this.#first.get(); found; found = this.#first.get()) {
      const step = stepSchema.safeParse(JSON.parse(found.step));
      if (step.success) return { id: found.id, dueAt: found.due_at, step: step.data };
      this.#remove.run(found.id);
    }
    return undefined;
  }

  /** Forgets a step that has happened, and adds what follows from it. */
  done(id: number, follows: ReadonlyArray<readonly [dueAt: number, step: Step]> = []): void {
    this.#db.transaction(() => {
      this.#remove.run(id);
      this.add(follows);
    })();
  }

  postpone(id: number, dueAt: number): void {
    this.#postpone.run(dueAt, id);
  }

  close(): void {
    this.#db.close();
  }
}
