import type { ContactRecord } from '../../agent/journal/types.ts';
import type { Act, ActOutcome, Mac } from '../../agent/mac/types.ts';
import type { OwnRow } from '../../agent/messages-db/types.ts';
import type { OutboxOptions } from '../../agent/outbox/outbox.ts';
import type { Pacer } from '../../agent/pacing/types.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { eventually } from './eventually.ts';

/** Anything that an act may be given. */
type AnyAct = Act & { actId: string; handle?: string; text?: string };

/** A Mac whose acts end as the test says, when it says. */
export class TestMac implements Mac {
  readonly acts: AnyAct[] = [];
  readonly forgotten: string[] = [];
  /** What acts of an earlier agent became. */
  recovered: ActOutcome = { outcome: 'handed_over' };
  #waiting: Array<(outcome: ActOutcome) => void> = [];

  perform(actId: string, act: Act): Promise<ActOutcome> {
    this.acts.push({ ...act, actId });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  sendText(): Promise<ActOutcome> {
    throw new Error('the outbox acts by perform');
  }

  async end(outcome: ActOutcome = { outcome: 'handed_over' }): Promise<void> {
    const resolve = await eventually(() => this.#waiting.shift(), { what: 'an act' });
    resolve(outcome);
    await new Promise((next) => setImmediate(next));
  }

  async recover(): Promise<ActOutcome> {
    return this.recovered;
  }

  forget(actId: string): void {
    this.forgotten.push(actId);
  }

  async stop(): Promise<void> {
    for (const resolve of this.#waiting) resolve({ outcome: 'handed_over' });
  }
}

type Evidence = OutboxOptions['evidence'];
export type EvidenceRow = ReturnType<Evidence['rowsAfter']>[number];

/** A chat.db whose rows are those that the test wrote. */
export class TestEvidence implements Evidence {
  rows: EvidenceRow[] = [];
  readable = true;
  /** Texts of messages by `guid` and part: `guid 0`. */
  texts = new Map<string, string>();
  messages = new Map<string, ReturnType<Evidence['message']>>();
  groups = new Map<string, { guid: string; members: string[] }>();
  unreadCount = 0;

  /** Adds an own row after the last one. */
  add(at: number, more: Partial<EvidenceRow> & Pick<OwnRow, 'chat' | 'text'>): EvidenceRow {
    const rowid = this.highWater(false) + 1;
    const row: EvidenceRow = {
      rowid,
      guid: `guid-${rowid}`,
      service: 'iMessage',
      at,
      error: 0,
      handle: null,
      files: [],
      replyTo: null,
      tapback: null,
      ...more,
    };
    this.rows.push(row);
    return row;
  }

  highWater(asked = true): number {
    if (asked) this.#look();
    return this.rows.at(-1)?.rowid ?? 100;
  }

  rowsAfter(rowid: number): EvidenceRow[] {
    this.#look();
    return this.rows.filter((row) => row.rowid > rowid);
  }

  chat({ identifier }: { identifier: string }): { guid: string; service: string } | null {
    const group = this.groups.get(identifier);
    return group ? { guid: group.guid, service: 'iMessage' } : null;
  }

  members(identifier: string): string[] {
    return this.groups.get(identifier)?.members ?? [];
  }

  partText({ guid, part }: { guid: string; part: number }): string | null {
    return this.texts.get(`${guid} ${part}`) ?? null;
  }

  anchor(): null {
    return null;
  }

  standing(): null {
    return null;
  }

  message(guid: string): ReturnType<Evidence['message']> {
    this.#look();
    return this.messages.get(guid) ?? null;
  }

  unread(): number {
    return this.unreadCount;
  }

  #look(): void {
    if (!this.readable) throw new AppError('locked', { code: 'messages_db_unreadable', retry: 'later' });
  }
}

/** Lets every message go at once. */
export const freePacer: Pacer = {
  decide: () => ({ go: true, kind: 'reply' }),
  learnt: (): ContactRecord[] => [],
  reached: () => ({}),
};

/** No command sends a file or asks for anything. */
export const noFiles: OutboxOptions['files'] = {
  ready: () => undefined,
  fetch: () => undefined,
  stage: async () => {
    throw new Error('no file is sent here');
  },
};

export const noErrands: OutboxOptions['errands'] = {
  lookUp: () => {
    throw new Error('nobody is looked up here');
  },
  upload: async () => {
    throw new Error('nothing is uploaded here');
  },
};
