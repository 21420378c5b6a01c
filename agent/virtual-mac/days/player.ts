import { AppError } from '../../../bridge/runtime/app-error.ts';
import type { ChatTarget, FullMessage, MessagesStore, WrittenRow } from '../types.ts';
import { plannedContent } from './content.ts';
import type {
  BackfilledMessage,
  DayOperation,
  DayPlan,
  DayStep,
  FactChat,
  FactTarget,
  LedgerLine,
  PlannedDate,
  Ref,
} from './types.ts';

/** Plays the operations of a plan one after the other, and gives names their guids. */
export class DayPlayer {
  readonly #store: MessagesStore;
  readonly #plan: DayPlan;
  #start = 0;
  readonly #rows = new Map<Ref, WrittenRow>();
  /** When messages were written, in milliseconds since the Unix epoch. */
  readonly #dates = new Map<Ref, number>();
  /** Guids and identifiers of what is no row of a message. */
  readonly #names = new Map<Ref, string>();
  #played = 0;

  constructor(store: MessagesStore, plan: DayPlan) {
    this.#store = store;
    this.#plan = plan;
  }

  get played(): number {
    return this.#played;
  }

  /** The operation that comes next; undefined when the day is over. */
  get upcoming(): DayOperation | undefined {
    return this.#plan.operations[this.#played];
  }

  /**
   * Does the next operation; returns the facts that are due with it, guids and identifiers in place of names.
   * `start` is when the day began, in milliseconds since the Unix epoch.
   */
  next(start: number): LedgerLine[] {
    const operation = this.upcoming;
    if (!operation) return [];
    this.#start = start;
    this.#take(operation);
    this.#played += 1;
    return operation.facts.flatMap((place) => {
      const fact = this.#plan.facts[place];
      return fact ? [this.#named(fact)] : [];
    });
  }

  #take(step: DayOperation): void {
    const store = this.#store;
    const at = this.#start + step.at;
    switch (step.do) {
      case 'message':
        this.#message(step);
        return;
      case 'join':
        store.joinChat(this.#row(step.ref), this.#chat(step.chat));
        return;
      case 'attach':
        this.#names.set(
          step.ref,
          store.attach(this.#row(step.message), { ...step.file, at: this.#start + step.file.at }),
        );
        return;
      case 'transfer':
        store.setTransfer(this.#name(step.ref), step.state, bytesOf(step.ref, step.bytes));
        return;
      case 'tapback':
        this.#dates.set(step.ref, at);
        this.#rows.set(
          step.ref,
          store.insertTapback({ ...step.tapback, at, target: this.#target(step.tapback.target) }),
        );
        return;
      case 'edit':
        store.editMessage(this.#guid(step.ref), { part: step.part, text: step.text, at });
        return;
      case 'unsend':
        store.unsendMessage(this.#guid(step.ref), { ...(step.parts && { parts: step.parts }), at });
        return;
      case 'self':
        this.#keep(
          step.refs,
          store.insertSelf({ text: step.text, at, rows: step.refs.length === 1 ? 1 : 2 }),
        );
        return;
      case 'backfill':
        this.#keep(step.refs, store.backfill(step.messages.map((message) => this.#again(message))));
        return;
      case 'ghost':
        this.#rows.set(step.ref, store.insertGhost(at));
        return;
      case 'group':
        this.#names.set(
          step.ref,
          store.createGroup({ members: step.members, ...(step.name !== undefined && { name: step.name }) }),
        );
        return;
      case 'note':
        this.#note(step, at);
        return;
      case 'call':
        store.insertCall({ ...step.call, at: this.#start + step.call.at });
        return;
      case 'filtered':
        store.setFiltered(this.#chat(step.chat), step.filtered);
        return;
      case 'balloon':
        store.setBalloon(this.#guid(step.ref), step.balloon);
        return;
      case 'failed':
        store.markFailed(this.#guid(step.ref), step.error);
        return;
      default:
        this.#mark(step, at);
    }
  }

  #mark(
    step:
      | Extract<
          DayOperation,
          {
            do:
              | 'sent'
              | 'delivered'
              | 'read'
              | 'played'
              | 'send-scheduled'
              | 'reindex'
              | 'flip'
              | 'downgrade';
          }
        >
      | DiskOperation,
    at: number,
  ): void {
    const store = this.#store;
    switch (step.do) {
      case 'sent':
        store.markSent(this.#guid(step.ref));
        return;
      case 'delivered':
        store.markDelivered(this.#guid(step.ref), at);
        return;
      case 'read':
        store.markRead(this.#guid(step.ref), at);
        return;
      case 'played':
        store.markPlayed(this.#guid(step.ref), at);
        return;
      case 'send-scheduled':
        store.sendScheduled(this.#guid(step.ref), at);
        return;
      case 'reindex':
        store.reindex(this.#guid(step.ref));
        return;
      case 'flip':
        store.flipFromMe(this.#guid(step.ref));
        return;
      case 'downgrade':
        store.downgrade(this.#guid(step.ref));
        return;
      default:
        this.#disk(step);
    }
  }

  #disk(step: DiskOperation): void {
    const { disk } = this.#store;
    switch (step.do) {
      case 'swap-wal':
        disk.swapWal();
        return;
      case 'rebuild':
        disk.rebuild({ dropOldest: step.dropOldest });
        return;
      case 'take-away':
        disk.takeAway();
        return;
      case 'lock':
        disk.lock();
        return;
      case 'unlock':
        disk.unlock();
        return;
      case 'restore-half':
        disk.restoreHalf(step.how);
        return;
      case 'restore':
        disk.restore(step.how);
        return;
      case 'add-column':
        disk.addColumn(step.table, step.name, step.declaration);
        return;
      case 'drop-column':
        disk.dropColumn(step.table, step.name);
    }
  }

  #keep(refs: readonly Ref[], rows: readonly WrittenRow[]): void {
    for (const [index, ref] of refs.entries()) {
      const row = rows[index];
      if (row) this.#rows.set(ref, row);
    }
  }

  /** A message that is joined from the beginning comes in one transaction. */
  #message({ ref, message: planned, joined, dated }: StepOf<'message'>): void {
    const full = this.#full(planned);
    const message = { ...full, at: this.#dated(full.at, dated) };
    const [row] = joined ? this.#store.backfill([message]) : [this.#store.insertMessage(message)];
    if (!row) return;
    this.#rows.set(ref, row);
    this.#dates.set(ref, message.at);
  }

  #note({ ref, chat, note, by, copyOf }: StepOf<'note'>, now: number): void {
    const at = this.#dates.get(copyOf ?? '') ?? now;
    this.#dates.set(ref, at);
    this.#rows.set(ref, this.#store.insertNote(this.#chat(chat), note, by, at));
  }

  #dated(at: number, dated: PlannedDate | undefined): number {
    if (!dated) return at;
    return 'of' in dated ? (this.#dates.get(dated.of) ?? at) : at - (at % 1_000);
  }

  /** A copy has the date of what it copies, however long the pauses between were. */
  #again({ copyOf, ...message }: BackfilledMessage): FullMessage {
    const full = this.#full(message);
    return { ...full, at: this.#dates.get(copyOf ?? '') ?? full.at };
  }

  #full(message: FullMessage): FullMessage {
    return {
      ...message,
      chat: this.#chat(message.chat),
      at: this.#start + message.at,
      ...(message.replyTo && { replyTo: { ...message.replyTo, guid: this.#guid(message.replyTo.guid) } }),
      ...(message.associated && {
        associated: { ...message.associated, guid: this.#guid(message.associated.guid) },
      }),
    };
  }

  #chat(chat: ChatTarget): ChatTarget {
    return 'group' in chat ? { group: this.#name(chat.group) } : chat;
  }

  #target<T extends { guid: Ref }>(target: T): T {
    return { ...target, guid: this.#guid(target.guid) };
  }

  #row(ref: Ref): WrittenRow {
    const row = this.#rows.get(ref);
    if (row) return row;
    throw unplayed();
  }

  #guid(ref: Ref): string {
    return this.#row(ref).guid;
  }

  #name(ref: Ref): string {
    const name = this.#names.get(ref);
    if (name !== undefined) return name;
    throw unplayed();
  }

  #factChat(chat: FactChat): FactChat {
    return chat.kind === 'group' ? { ...chat, identifier: this.#name(chat.identifier) } : chat;
  }

  #factTarget(target: FactTarget): FactTarget {
    return { ...target, guid: this.#guid(target.guid) };
  }

  /** A row that was written before has the date that it got then. */
  #dateOf(line: Extract<LedgerLine, { at: number }>): number {
    const row = line.kind === 'call' || line.kind === 'edited' ? undefined : this.#dates.get(line.guid);
    return row ?? this.#start + line.at;
  }

  #named(line: LedgerLine): LedgerLine {
    const fact = 'at' in line ? { ...line, at: this.#dateOf(line) } : line;
    switch (fact.kind) {
      case 'call':
        return fact;
      case 'received':
        return {
          ...fact,
          guid: this.#guid(fact.guid),
          chat: fact.chat && this.#factChat(fact.chat),
          files: fact.files.map((file) => this.#name(file)),
          ...(fact.orGuid !== undefined && { orGuid: this.#guid(fact.orGuid) }),
          ...(fact.replyTo && { replyTo: this.#factTarget(fact.replyTo) }),
          ...(fact.sticker && { sticker: this.#factTarget(fact.sticker) }),
          ...(fact.updates !== undefined && { updates: this.#guid(fact.updates) }),
        };
      case 'tapback':
        return { ...fact, guid: this.#guid(fact.guid), target: this.#factTarget(fact.target) };
      case 'file':
        return { ...fact, guid: this.#guid(fact.guid), file: this.#name(fact.file) };
      case 'group':
        return { ...fact, guid: this.#guid(fact.guid), chat: this.#factChat(fact.chat) };
      default:
        return { ...fact, guid: this.#guid(fact.guid) };
    }
  }
}

type StepOf<K extends DayStep['do']> = Extract<DayStep, { do: K }>;

type DiskOperation = Extract<
  DayOperation,
  {
    do:
      | 'rebuild'
      | 'swap-wal'
      | 'take-away'
      | 'lock'
      | 'unlock'
      | 'restore-half'
      | 'restore'
      | 'add-column'
      | 'drop-column';
  }
>;

const bytesOf = (file: Ref, bytes: number | undefined): Buffer | undefined =>
  bytes === undefined ? undefined : plannedContent(file, bytes).content;

const unplayed = (): AppError =>
  new AppError('The plan names something that was not made.', { code: 'not_found', retry: 'never' });
