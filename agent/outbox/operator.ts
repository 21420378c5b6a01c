import type { z } from 'zod';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { CommandPatch, CommandState, Journal, JournaledCommand } from '../journal/types.ts';
import type { Known } from './acts.ts';
import { cancelling } from './cancel.ts';
import type { Evidence } from './evidence.ts';
import { afterLatePart } from './late-part.ts';
import { recipientOf, textOf } from './orders.ts';
import { partsOf } from './parts.ts';
import type { OutboxEvent } from './states.ts';
import { step } from './step.ts';
import {
  type CommandSummary,
  type CommandView,
  listParamsSchema,
  resolveParamsSchema,
  showParamsSchema,
} from './types.ts';

/** Commands that one list shows, the newest ones. */
const LIST_LIMIT = 200;
/** Rows of chat.db that are shown as evidence, the first after the act. */
const EVIDENCE_LIMIT = 20;

const OPEN: readonly CommandState[] = ['queued', 'paced', 'acting', 'confirming', 'uncertain'];

export interface OperatorOptions {
  journal: Journal;
  evidence: Evidence;
  clock: Clock;
  /** Called when a command waits no more, or goes on: what comes next may be another. */
  onChanged(): void;
}

/** What an operator sees of the outbox, and what only an operator can decide. */
export class Operator {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** Commands in a state, or those that are not finished; the newest, in the bridge's order. */
  list(state: CommandState | undefined): CommandSummary[] {
    return this.#options.journal
      .commandsIn(state ? [state] : OPEN)
      .slice(-LIST_LIMIT)
      .map(summary);
  }

  /** A command with the evidence for what became of it. Throws AppError `not_found`. */
  show(id: string): CommandView {
    const command = this.#find(id);
    return {
      ...summary(command),
      text: textOf(command.command),
      traceId: command.command?.traceId ?? null,
      part: command.part,
      parts: (command.command && partsOf(command.command)?.length) ?? null,
      evidence: {
        actId: command.actId,
        actedAt: timeOrNull(command.actedAt),
        rowsAfter: command.highWater,
        rows: command.actId === null ? [] : this.#rows(command),
      },
    };
  }

  /**
   * Ends an uncertain act as an operator found it in Messages; after one that was sent the other parts follow.
   * Throws AppError `not_found` or `not_uncertain`.
   */
  resolve(id: string, was: 'sent' | 'not-sent'): CommandSummary {
    const { journal, clock, onChanged } = this.#options;
    const command = this.#find(id);
    if (command.state !== 'uncertain')
      throw new AppError(`The command is ${command.state}`, {
        code: 'not_uncertain',
        retry: 'never',
        hint: 'Only an uncertain command can be resolved; see them with: bluerelay outbox list',
      });
    const { event, patch } = this.#afterWord(command, was);
    journal.record(step(command, event, clock.now(), patch));
    onChanged();
    return summary(this.#find(id));
  }

  #afterWord(
    command: JournaledCommand,
    was: 'sent' | 'not-sent',
  ): { event: OutboxEvent; patch?: CommandPatch } {
    const error = { code: 'not_sent', message: messageErrors.not_sent.hint };
    if (was === 'not-sent') return { event: { type: 'operator_not_sent', error } };
    const salvaged = (command.known as Known | null)?.salvaged === true;
    const parts = command.command ? (partsOf(command.command)?.length ?? 1) : 1;
    if (salvaged || command.part + 1 >= parts) return { event: { type: 'operator_sent' } };
    return afterLatePart(command, this.#options.journal);
  }

  /** Takes back a command of which nothing was done yet. Throws AppError `not_found` or `too_late`. */
  cancel(id: string): CommandSummary {
    const { journal, clock, onChanged } = this.#options;
    const command = this.#find(id);
    const change = cancelling(command, clock.now());
    if (!change)
      throw new AppError(`The command is ${command.state}`, { code: 'too_late', ...messageErrors.too_late });
    journal.record(change);
    onChanged();
    return summary(this.#find(id));
  }

  /** The same for the control socket, by name: parameters come unchecked. Each throws `invalid_parameter_value` too. */
  methods(): Record<string, (params: unknown) => unknown> {
    return {
      'outbox.list': (params) => this.list(read(listParamsSchema, params).state),
      'outbox.show': (params) => this.show(read(showParamsSchema, params).id),
      'outbox.resolve': (params) => {
        const { id, was } = read(resolveParamsSchema, params);
        return this.resolve(id, was);
      },
      'outbox.cancel': (params) => this.cancel(read(showParamsSchema, params).id),
    };
  }

  #find(id: string): JournaledCommand {
    const command = this.#options.journal.command(id);
    if (!command)
      throw new AppError('No such command in the journal', {
        code: 'not_found',
        retry: 'never',
        hint: 'See them with: bluerelay outbox list',
      });
    return command;
  }

  /** Own rows to the same handle since the act. */
  #rows(command: JournaledCommand): CommandView['evidence']['rows'] {
    const { evidence, clock } = this.#options;
    if (command.highWater === null || command.command === null) return [];
    const wanted = textOf(command.command)?.normalize('NFC');
    return evidence
      .rowsAfter(command.highWater, clock.now())
      .filter((row) => row.chat === null || row.chat.identifier.toLowerCase() === command.conversation)
      .slice(0, EVIDENCE_LIMIT)
      .map((row) => ({
        rowid: row.rowid,
        guid: row.guid,
        at: isoTime(row.at),
        service: row.service,
        error: row.error,
        sameText: row.text.normalize('NFC') === wanted,
        inChat: row.chat !== null,
        files: row.files,
      }));
  }
}

function read<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new AppError(`Parameter ${issue?.path.join('.') ?? ''} is not valid: ${issue?.message ?? ''}`, {
    code: 'invalid_parameter_value',
    retry: 'never',
    hint: 'See the command with --help.',
  });
}

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

const summary = (command: JournaledCommand): CommandSummary => ({
  id: command.id,
  to: recipientOf(command.command),
  type: command.command?.type ?? null,
  state: command.state,
  paced: command.paced && { rule: command.paced.rule, until: isoTime(command.paced.until) },
  attempts: command.attempts,
  guid: command.guid,
  error: command.error,
  notBefore: command.notBefore > 0 ? isoTime(command.notBefore) : null,
  expiresAt: isoTime(command.expiresAt),
  updatedAt: isoTime(command.updatedAt),
});
