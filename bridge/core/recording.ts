import { createHash } from 'node:crypto';
import type { Agent, Line, StoreOperations } from '../store/types.ts';
import { type EventContent, raiseEvent } from './raise-event.ts';

/** What following a command works with, whoever speaks of it. */
export interface Following {
  tx: StoreOperations;
  agent: Agent;
  now: number;
  /** Notes what the event led to but nobody needs to be told, after the commit. */
  note(what: string, ids: Record<string, string>): void;
}

/** What recording an event of an agent works with. */
export interface Recording extends Following {
  line: Line;
  /** A command was stored for the agent, which is woken after the commit. */
  ordered(): void;
}

/** Tells the customer of the line; returns how many deliveries that made. Macs serve live keys alone. */
export const tellCustomer = (
  { tx, line, now }: Recording,
  orderingKey: string,
  content: EventContent,
): Promise<number> =>
  raiseEvent(tx, { accountId: line.accountId, mode: 'live', orderingKey, ...content }, now);

/** Whether a fact is told for the first time; `parts` are all that makes it the same fact. */
export const isNew = ({ tx, line, now }: Recording, ...parts: unknown[]): Promise<boolean> =>
  tx.noteFact(line.id, createHash('sha256').update(JSON.stringify(parts), 'utf8').digest('hex'), now);
