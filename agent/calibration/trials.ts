import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Action, actions } from '../../bridge/protocol/common.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import { callSightSchema } from '../mac/call-acts.ts';
import type { MacCare } from '../mac/care.ts';
import type { Act, ActOutcome } from '../mac/types.ts';
import type { ProofRow, ProofRows } from './proof-rows.ts';

/** How long chat.db may take to prove an act, in milliseconds. */
const PROOF_MS = 30_000;
/** When a call is looked at, and how long it is left to ring after that, in milliseconds. */
const LOOK_MS = 500;
const RING_MS = 2_500;

/** What a try showed. */
export type Verdict =
  | { result: 'works' }
  | { result: 'fails'; code: string }
  /** It could not be tried, and nothing is known more than before. */
  | { result: 'skipped'; why: string };

export interface Trial {
  action: Action;
  /** What will happen, for the person who is to agree. */
  says: string;
  /** Why there is nothing to be tried on this release, so that nobody has to agree. */
  cannot?: string;
  run(): Promise<Verdict>;
}

const works: Verdict = { result: 'works' };
/** What says nothing of the action itself: it passes, a person did not allow it, or the other side lacks it. */
const BESIDE_THE_POINT: readonly string[] = [
  ...['screen_locked', 'no_console_session', 'accessibility_denied', 'automation_denied'],
  ...['imessage_signed_out', 'recipient_not_imessage', 'unsupported_on_macos'],
];

const passes = (code: string): boolean =>
  Object.entries(messageErrors).some(([name, { retry }]) => name === code && retry === 'later');

const fails = (code: string): Verdict =>
  BESIDE_THE_POINT.includes(code) || passes(code) ? skipped(code) : { result: 'fails', code };
const skipped = (why: string): Verdict => ({ result: 'skipped', why });
const NO_CALL = skipped('no call was placed');

export interface TrialsOptions {
  care: Pick<MacCare, 'trialMac' | 'staging' | 'lookUp' | 'wayOf'>;
  rows: ProofRows;
  clock: Clock;
  /** Who gets the messages and calls. */
  to: string;
  /** Who is in a group with them, if anybody. */
  also: readonly string[];
}

/** Tries every action on people who agreed, one by one; later ones work on what the earlier ones sent. */
export class Trials {
  readonly #care: TrialsOptions['care'];
  readonly #rows: ProofRows;
  readonly #clock: Clock;
  readonly #to: string;
  readonly #also: readonly string[];
  /** Guid of the group that was made. */
  #group: string | undefined;
  /** The last text that was sent and is still there. */
  #message: { guid: string; text: string } | undefined;

  constructor(options: TrialsOptions) {
    this.#care = options.care;
    this.#rows = options.rows;
    this.#clock = options.clock;
    this.#to = options.to;
    this.#also = options.also;
  }

  /** The trials, in the order in which they build on each other. */
  all(): Trial[] {
    const to = this.#to;
    const everybody = [to, ...this.#also].join(', ');
    const trial: Partial<Record<Action, [says: string, run: () => Promise<Verdict>]>> = {
      send_text: [`sends a text to ${to}`, () => this.#sendText()],
      send_file: [`sends a small text file to ${to}`, () => this.#sendFile()],
      send_group: ['writes into the group that was made', () => this.#sendGroup()],
      react: ['puts a heart on that text and takes it away', () => this.#react()],
      reply: ['replies to that text', () => this.#onMessage('reply')],
      edit: ['edits that text', () => this.#onMessage('edit')],
      unsend: ['takes that text back', () => this.#unsend()],
      typing: ['shows and hides the typing dots', () => this.#typing()],
      mark_read: ['marks the conversation as read', () => this.#markRead()],
      send_effect: [`sends a text with balloons to ${to}`, () => this.#sendEffect()],
      create_group: [`makes a group of ${everybody}`, () => this.#createGroup()],
      call_audio: [
        `calls ${to} by FaceTime Audio for some seconds; since macOS 26 until somebody hangs up`,
        () => this.#call('audio'),
      ],
      call_video: [`calls ${to} by FaceTime for some seconds`, () => this.#call('video')],
      call_end: ['ends a video call, which the one before this tried', async () => this.#ended.video],
      call_end_audio: ['ends an audio call, which the one before this tried', async () => this.#ended.audio],
      call_ring_timeout: [
        'tells whether a call still rings, which the calls before this one showed',
        async () => this.#rings,
      ],
      lookup: [`looks up ${to} in what this Mac knows`, async () => this.#lookup()],
    };
    return trialOrder.map((action) => {
      const { method, calibration, reason } = this.#care.wayOf(action);
      const [says, run] = trial[action] ?? [];
      if (says === undefined || run === undefined || (method === 'unavailable' && calibration !== 'required'))
        return { action, says: 'cannot be tried', cannot: reason, run: async () => skipped(reason) };
      return { action, says, run };
    });
  }

  readonly #ended: Record<'audio' | 'video', Verdict> = { audio: NO_CALL, video: NO_CALL };
  #rings: Verdict = NO_CALL;

  async #act(act: Act): Promise<ActOutcome> {
    const actId = newId('act', this.#clock.now());
    const outcome = await this.#care.trialMac.perform(actId, act);
    this.#care.trialMac.forget(actId);
    return outcome;
  }

  /** Does an act and waits for the row that proves it. */
  async #proved(
    act: Act,
    test: (row: ProofRow) => boolean,
    after = this.#rows.highWater(),
  ): Promise<Verdict & { row?: ProofRow }> {
    const outcome = await this.#act(act);
    if (outcome.outcome === 'not_started') return fails(outcome.error.code);
    const row = await this.#rows.find(
      after,
      (one) => test(one) && (one.sent === 1 || one.error !== 0),
      PROOF_MS,
    );
    if (!row) return fails('uncertain');
    return row.error === 0
      ? { ...works, row }
      : fails(row.error === 22 ? 'recipient_not_imessage' : 'not_delivered');
  }

  async #sendText(): Promise<Verdict> {
    const text = this.#text('calibration');
    const { row, ...verdict } = await this.#proved(
      { kind: 'send_text', handle: this.#to, text },
      (one) => one.text === text,
    );
    if (row) this.#message = { guid: row.guid, text };
    return verdict;
  }

  async #createGroup(): Promise<Verdict> {
    if (this.#also.length === 0) return skipped('needs a second person who agrees: --also');
    const text = this.#text('group');
    const participants = [this.#to, ...this.#also];
    const { row, ...verdict } = await this.#proved(
      { kind: 'create_group', participants, text },
      (one) => one.text === text && one.chat?.includes(';+;') === true,
    );
    if (row?.chat) this.#group = row.chat;
    return verdict;
  }

  async #sendGroup(): Promise<Verdict> {
    const chat = this.#group;
    if (chat === undefined) return skipped('no group was made before');
    const text = this.#text('group');
    const { row: _row, ...verdict } = await this.#proved(
      { kind: 'send_to_chat', chat, text },
      (one) => one.text === text && one.chat === chat,
    );
    return verdict;
  }

  async #sendFile(): Promise<Verdict> {
    const { staging } = this.#care;
    const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-calibrate-'));
    const actId = newId('act', this.#clock.now());
    try {
      const source = path.join(folder, 'calibration.txt');
      writeFileSync(source, 'BlueRelay calibration\n', { mode: 0o600 });
      const staged = await staging.stage(actId, { source, name: 'calibration.txt' });
      const { row: _row, ...verdict } = await this.#proved(
        { kind: 'send_file', handle: this.#to, path: staged },
        (one) => one.transfer === 5 || one.error !== 0,
      );
      return verdict;
    } finally {
      staging.discard(actId);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #react(): Promise<Verdict> {
    const message = this.#message;
    if (!message) return skipped('no text was sent before');
    const act = { kind: 'react', ...this.#place(message), reaction: 'love' } as const;
    const names = (row: ProofRow): boolean => row.associatedGuid?.endsWith(message.guid) === true;
    const { row: _row, ...added } = await this.#proved(
      { ...act, action: 'add', standing: null },
      (row) => names(row) && row.associatedType === 2000,
    );
    if (added.result !== 'works') return added;
    const { row: _gone, ...removed } = await this.#proved(
      { ...act, action: 'remove', standing: 'love' },
      (row) => names(row) && row.associatedType === 3000,
    );
    return removed;
  }

  async #onMessage(kind: 'reply' | 'edit'): Promise<Verdict> {
    const message = this.#message;
    if (!message) return skipped('no text was sent before');
    const text = this.#text(kind);
    const test = (row: ProofRow): boolean =>
      kind === 'reply'
        ? row.threadOf === message.guid && row.text === text
        : row.guid === message.guid && row.edited === 1 && row.text === text;
    const after = kind === 'edit' ? 0 : this.#rows.highWater();
    const { row, ...verdict } = await this.#proved({ kind, ...this.#place(message), text }, test, after);
    if (row && kind === 'edit') this.#message = { guid: message.guid, text };
    return verdict;
  }

  async #unsend(): Promise<Verdict> {
    const message = this.#message;
    if (!message) return skipped('no text was sent before');
    const gone = (row: ProofRow): boolean => row.guid === message.guid && row.edited === 1 && row.text === '';
    const { row, ...verdict } = await this.#proved({ kind: 'unsend', ...this.#place(message) }, gone, 0);
    if (row) this.#message = undefined;
    return verdict;
  }

  async #typing(): Promise<Verdict> {
    for (const state of ['on', 'off'] as const) {
      const outcome = await this.#act({ kind: 'typing', ...this.#conversation(), state });
      if (outcome.outcome !== 'handed_over') return fails(outcome.error.code);
    }
    return works;
  }

  async #markRead(): Promise<Verdict> {
    const outcome = await this.#act({ kind: 'mark_read', ...this.#conversation() });
    if (outcome.outcome !== 'handed_over') return fails(outcome.error.code);
    return outcome.changed === false ? skipped('nothing was unread') : works;
  }

  async #sendEffect(): Promise<Verdict> {
    const text = this.#text('effect');
    const { row: _row, ...verdict } = await this.#proved(
      { kind: 'send_effect', ...this.#conversation(), text, effect: 'balloons' },
      (row) => row.text === text && row.effect !== null,
    );
    return verdict;
  }

  async #call(medium: 'audio' | 'video'): Promise<Verdict> {
    const placed = await this.#act({ kind: 'place_call', handle: this.#to, medium });
    if (placed.outcome !== 'handed_over') {
      const { code } = placed.error;
      // What a setting hides says nothing of this Mac.
      const hidden =
        code === 'call_prompt_hidden' && this.#care.wayOf(`call_${medium}`).setting !== undefined;
      return hidden ? skipped(code) : fails(code);
    }
    await this.#clock.sleep(LOOK_MS);
    const sight = await this.#act({ kind: 'look_at_call' });
    const seen = sight.outcome === 'handed_over' ? callSightSchema.safeParse(sight.value).data : undefined;
    if (seen?.ringing) this.#rings = works;
    else if (this.#rings.result !== 'works')
      this.#rings = skipped('the window did not say that it rings, or somebody answered');
    await this.#clock.sleep(RING_MS);
    const ended = await this.#act({ kind: 'end_call' });
    if (ended.outcome !== 'handed_over') this.#ended[medium] = fails(ended.error.code);
    else if (ended.changed !== false) this.#ended[medium] = works;
    return works;
  }

  #lookup(): Verdict {
    const [found] = this.#care.lookUp([this.#to]);
    return found?.imessage === 'unknown' ? skipped('nothing is known of the handle') : works;
  }

  #text(what: string): string {
    return `BlueRelay ${what} ${newId('act', this.#clock.now()).slice(-6)}`;
  }

  #place({ guid, text }: { guid: string; text: string }) {
    return { ...this.#conversation(), target: { guid, part: 0, text } };
  }

  #conversation() {
    return { conversation: { kind: 'direct', identifier: this.#to } } as const;
  }
}

/**
 * Writing into a group comes after it was made, taking back after what needs the message, an audio call after the video
 * call, which can be ended on every release, and ending after both.
 */
const LATER: readonly Action[] = [
  ...(['send_group', 'unsend', 'call_audio', 'call_end', 'call_end_audio', 'call_ring_timeout'] as const),
];

const trialOrder: readonly Action[] = [...actions.filter((action) => !LATER.includes(action)), ...LATER];
