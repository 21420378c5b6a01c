import path from 'node:path';
import { openJournal } from '../../agent/journal/journal.ts';
import type { ContactRecord, Journal } from '../../agent/journal/types.ts';
import type { Act, ActOutcome, Mac } from '../../agent/mac/types.ts';
import type { MessageChange, OwnRow } from '../../agent/messages-db/types.ts';
import { createOutbox, type Outbox, type OutboxOptions } from '../../agent/outbox/outbox.ts';
import type { Pacer } from '../../agent/pacing/types.ts';
import { type Command, commandSchema, type SendMessageCommand } from '../../bridge/protocol/commands.ts';
import { type AgentEvent, agentEventSchema } from '../../bridge/protocol/events.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from './agent-fixtures.ts';
import { eventually } from './eventually.ts';
import { JumpingClock } from './jumping-clock.ts';
import { tempFolder } from './temp-folder.ts';

export const ANNA = '+14155550101';
export const BEN = '+14155550102';
export const withAnna = { kind: 'direct', identifier: ANNA } as const;

const HOUR_MS = 3_600_000;

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
      effect: null,
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

/** A file as an order names it. */
export const orderedFile = (name: string) => ({
  mediaId: `med_${name.replace('.', '_')}`,
  name,
  mimeType: 'image/jpeg',
  bytes: 5,
  sha256: 'a'.repeat(64),
});

/** Files that are here, and are staged under their names. */
export const filesHere: OutboxOptions['files'] = {
  ready: (command, index) => `/media/${command.files?.[index]?.mediaId}`,
  fetch: () => undefined,
  stage: async (actId, { name }) => `/staged/${actId}/${name}`,
};

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

/** A command without what every command has. */
export type Order = Command extends infer C
  ? C extends Command
    ? Omit<C, 'id' | 'traceId' | 'issuedAt' | 'expiresAt'>
    : never
  : never;

/** An outbox over a real journal, with a Mac and a chat.db that the test moves. */
export class OutboxWorld {
  readonly clock = new JumpingClock();
  readonly evidence = new TestEvidence();
  mac = new TestMac();
  journal: Journal;
  outbox!: Outbox;
  readonly #file = path.join(tempFolder(), 'journal.db');
  #more: Partial<OutboxOptions>;
  #seq = 0;

  /** Its tail has begun unless `tail` says otherwise. */
  constructor({
    tail = true,
    journalBytes,
    ...more
  }: Partial<OutboxOptions> & { tail?: boolean; journalBytes?: number } = {}) {
    this.#more = more;
    this.journal = openJournal(this.#file, journalBytes === undefined ? {} : { maxBytes: journalBytes });
    if (tail) this.journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
    this.#open();
  }

  /** An outbox on the same journal, for a Mac; not started. */
  outboxOn(mac: TestMac): Outbox {
    return createOutbox({
      journal: this.journal,
      mac,
      messagesDb: this.evidence,
      evidence: this.evidence,
      files: noFiles,
      errands: noErrands,
      pacer: freePacer,
      clock: this.clock,
      logger: silentLogger,
      ...this.#more,
    });
  }

  #open(): void {
    this.outbox = this.outboxOn(this.mac);
    this.outbox.start();
  }

  async #halt(): Promise<void> {
    const stopped = this.outbox.stop();
    await this.mac.stop();
    await stopped;
  }

  /** The next agent on the same files. */
  async restart(more: Partial<OutboxOptions> = this.#more): Promise<void> {
    await this.#halt();
    this.#more = more;
    this.mac = Object.assign(new TestMac(), { recovered: this.mac.recovered });
    this.#open();
  }

  async end(): Promise<void> {
    await this.#halt();
    this.journal.close();
  }

  /** Commands as the bridge gives them. */
  order(...commands: Command[]): void {
    const arrived = commands.map((command) => {
      this.#seq += 1;
      return { seq: this.#seq, command, expiresAt: Date.parse(command.expiresAt) };
    });
    this.journal.acceptCommands(arrived, this.clock.now());
    this.outbox.wake();
  }

  /** Any command, with an hour to be carried out. */
  ask(id: string, command: Order): void {
    const now = this.clock.now();
    const times = { issuedAt: isoTime(now), expiresAt: isoTime(now + HOUR_MS) };
    this.order(commandSchema.parse({ id, traceId: 'trc', ...times, ...command }));
  }

  /** A text to a person, told by the command's name unless given. */
  text(id: string, to = ANNA, text = `text of ${id}`): SendMessageCommand {
    return sendCommand(id, { to, text, issuedAt: this.clock.now() });
  }

  /** Adds an own row to a person's chat. */
  row(to: string, text: string, more: Partial<EvidenceRow> = {}): EvidenceRow {
    return this.evidence.add(this.clock.now(), { chat: { kind: 'direct', identifier: to }, text, ...more });
  }

  /** What the tail tells. */
  take(...changes: MessageChange[]): void {
    this.outbox.take({ changes, memory: { cursor: 'c', remember: [], forget: [] } });
  }

  facts(id?: string): AgentEvent[] {
    return this.journal
      .eventsAfter(0, 1_000)
      .map(({ event }) => agentEventSchema.parse(event))
      .filter((event) => id === undefined || ('commandId' in event && event.commandId === id));
  }

  /** The states of a command and its message, as they were told. */
  told(id: string): string[] {
    return this.facts(id).map((event) => (event.type === 'command.state' ? event.state : event.type));
  }

  stateOf(id: string): string | undefined {
    return this.journal.command(id)?.state;
  }

  acted(count: number): Promise<unknown> {
    return eventually(() => this.mac.acts.length === count, { what: `${count} acts` });
  }
}
