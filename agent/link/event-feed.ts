import { WINDOW } from '../../bridge/protocol/limits.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';

/** With more bytes than this waiting to be written, sending pauses. */
const MAX_BUFFERED = 1024 * 1024;
/** Events that are read and written together. */
const AT_ONCE = 64;
/** Acknowledgements are noted in the journal together: losing some only makes the bridge tell again. */
const NOTE_AFTER_MS = 250;
/** While they keep coming: each note is a commit, for which the link stands still. */
const NOTE_AFTER_COUNT = 16 * WINDOW;

export interface EventFeedOptions {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** Sends frames, given as their texts; `onWritten` is called when the system has taken the last. */
  send(frames: readonly string[], onWritten: () => void): void;
  buffered(): number;
}

/** Sends the journal's events over one connection, at most {@link WINDOW} ahead of what the bridge acknowledged. */
export class EventFeed {
  readonly #options: EventFeedOptions;
  #sent = 0;
  #acked = 0;
  #noted = 0;
  #open = false;
  #paused = false;
  #cancelNote: Cancel | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /**
   * Begins after the last event that the bridge has, which is one of the journal's. False when the bridge was put back to
   * an older copy, and the numbers in between cannot be filled.
   */
  begin(eventAck: number): boolean {
    const { journal } = this.#options;
    const last = journal.lastEventSeq();
    const first = journal.eventsAfter(0, 1)[0]?.seq ?? last + 1;
    if (first > eventAck + 1) return false;
    this.#sent = eventAck;
    this.#acked = eventAck;
    this.#noted = first - 1;
    this.#note();
    this.#open = true;
    this.#unlisten = journal.onEvents(() => this.#pump());
    this.#pump();
    return true;
  }

  /** The bridge has everything up to `seq`. False when that was never sent. */
  acknowledged(seq: number): boolean {
    if (seq > this.#sent) return false;
    if (seq <= this.#acked) return true;
    this.#acked = seq;
    if (this.#acked - this.#noted >= NOTE_AFTER_COUNT) this.#note();
    else this.#noteSoon();
    this.#pump();
    return true;
  }

  /** Whether the bridge has all events. */
  get drained(): boolean {
    return this.#acked >= this.#options.journal.lastEventSeq();
  }

  /** Sends no more and notes what was acknowledged. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unlisten?.();
    this.#note();
  }

  #pump(): void {
    try {
      this.#sendNext();
    } catch (error) {
      // Whoever appended the event is not to blame; the next event or acknowledgement tries again.
      this.#options.logger.warn({ error: describeError(error) }, 'events could not be read');
    }
  }

  #sendNext(): void {
    const { journal, send, buffered } = this.#options;
    while (this.#open && !this.#paused) {
      const room = WINDOW - (this.#sent - this.#acked);
      if (room <= 0) return;
      const events = journal.eventTextsAfter(this.#sent, Math.min(room, AT_ONCE));
      if (events.length === 0) return;
      this.#paused = true;
      this.#sent = events.at(-1)?.seq ?? this.#sent;
      const frames = events.map(({ seq, text }) => `{"type":"event","seq":${seq},"event":${text}}`);
      send(frames, () => this.#resume());
      if (buffered() < MAX_BUFFERED) this.#paused = false;
    }
  }

  #resume(): void {
    this.#paused = false;
    this.#pump();
  }

  /** Once no more come for a moment. */
  #noteSoon(): void {
    this.#cancelNote?.();
    this.#cancelNote = this.#options.clock.after(NOTE_AFTER_MS, () => this.#note());
  }

  #note(): void {
    this.#cancelNote?.();
    this.#cancelNote = undefined;
    if (this.#acked <= this.#noted) return;
    try {
      this.#options.journal.acknowledgeEvents(this.#acked);
      this.#noted = this.#acked;
    } catch (error) {
      // The bridge tells again with the next acknowledgement or welcome.
      this.#options.logger.warn({ error: describeError(error) }, 'an acknowledgement could not be noted');
    }
  }
}
