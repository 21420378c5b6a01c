import type { Command } from '../protocol/commands.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { LineOperation, StoreOperations } from '../store/types.ts';
import type { ChosenLine } from './choose-line.ts';
import type { Caller } from './types.ts';

type BaseField = 'id' | 'traceId' | 'issuedAt' | 'expiresAt';

/** What a command orders, before it has an id and a deadline. */
export type Order = Command extends infer Each
  ? Each extends Command
    ? Omit<Each, BaseField>
    : never
  : never;

export interface NewCommand {
  agentId: string;
  traceId: string;
  order: Order;
  /** The Mac does not begin after that, in milliseconds since the epoch. */
  expiresAt: number;
  now: number;
  /** The message that it sends. */
  messageId?: string;
  /** Chosen before where others name it. */
  id?: string;
}

/** Stores a command for an agent, which has to be woken after the commit. */
export async function orderCommand(
  tx: StoreOperations,
  { agentId, traceId, order, expiresAt, now, messageId, id = newId('cmd', now) }: NewCommand,
): Promise<string> {
  const command = {
    id,
    traceId,
    issuedAt: isoTime(now),
    expiresAt: isoTime(expiresAt),
    ...order,
  } as Command;
  await tx.appendCommand({ agentId, id, messageId: messageId ?? null, command, createdAt: now });
  return id;
}

export interface NewOperation extends Omit<NewCommand, 'agentId' | 'id' | 'messageId'> {
  id: string;
  kind: LineOperation['kind'];
  caller: Caller;
  where: ChosenLine;
  about?: Partial<Pick<LineOperation, 'messageId' | 'groupId' | 'callId'>>;
  /** The message that the command sends, whose own states tell of it. */
  sends?: string;
}

/** Stores an operation with the command that carries it out; what is about a message begins to show in its timeline. */
export async function orderOperation(tx: StoreOperations, wanted: NewOperation): Promise<LineOperation> {
  const { id, kind, caller, where, about, sends, traceId, order, expiresAt, now } = wanted;
  const commandId = await orderCommand(tx, {
    agentId: where.agent.id,
    traceId,
    order,
    expiresAt,
    now,
    ...(sends === undefined ? {} : { messageId: sends }),
  });
  const operation: LineOperation = {
    id,
    accountId: caller.accountId,
    mode: caller.mode,
    lineId: where.line.id,
    kind,
    commandId,
    messageId: null,
    groupId: null,
    callId: null,
    ...about,
    state: 'queued',
    errorCode: null,
    errorMessage: null,
    sameAs: null,
    createdAt: now,
    updatedAt: now,
  };
  await tx.insertLineOperation(operation);
  if (operation.messageId !== null) {
    const step = `${kind}:accepted`;
    await tx.appendTimeline({
      messageId: operation.messageId,
      step,
      source: 'api',
      at: now,
      errorCode: null,
    });
  }
  return operation;
}
