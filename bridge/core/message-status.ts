/**
 * The status of a message.
 *
 * Outbound: `scheduled` until its time, `queued` until Messages has it, then `sent`, `delivered`, `read`; steps may be
 * skipped, since Messages tells of some only when it is asked late. `failed` ends it, from `queued` or `sent` alone: what
 * was delivered did not fail. `canceled` ends it before it was sent; `unsent` follows when it was taken back.
 * Inbound: `received`, for ever.
 *
 * The status never goes back. A step that is told late still gets its time, and is told to the customer once, while the
 * status stays: `delivered` after `read` sets deliveredAt. After `failed` and `canceled` nothing changes any more.
 */
import type { Message, MessagePatch, MessageStatus } from '../store/types.ts';

/** What a transition looks at. */
export type MessageProgress = Pick<Message, 'status' | 'sentAt' | 'deliveredAt' | 'readAt'>;

/** Something that became of an outbound message, at a time in milliseconds. */
export type MessageFact =
  | { kind: 'sent' | 'delivered' | 'read' | 'canceled'; at: number }
  | { kind: 'failed'; at: number; code: string; message: string; apple?: number };

const ORDER: readonly MessageStatus[] = ['scheduled', 'queued', 'sent', 'delivered', 'read', 'unsent'];
const ENDS: readonly MessageStatus[] = ['received', 'failed', 'canceled'];
const TIME_OF = { sent: 'sentAt', delivered: 'deliveredAt', read: 'readAt' } as const;

/** What changes; undefined when the fact is a repeat, or comes after the end. A change is told to the customer. */
export function transition(message: MessageProgress, fact: MessageFact): MessagePatch | undefined {
  const { status } = message;
  if (ENDS.includes(status)) return undefined;
  if (fact.kind === 'failed') {
    if (status !== 'queued' && status !== 'sent') return undefined;
    return { status: 'failed', errorCode: fact.code, errorMessage: fact.message };
  }
  if (fact.kind === 'canceled')
    return status === 'queued' || status === 'scheduled' ? { status: 'canceled' } : undefined;
  const time = TIME_OF[fact.kind];
  if (message[time] !== null) return undefined;
  const next = ORDER.indexOf(fact.kind) > ORDER.indexOf(status) ? fact.kind : status;
  return { status: next, [time]: fact.at };
}
