import type { Message } from '../store/types.ts';
import { requestError } from './request-error.ts';

/** A message that can still be changed, with what that needs. */
export type Changeable = Message & { guid: string; sentAt: number };

/** Throws `message_not_editable` unless the message is an own one that was sent as an iMessage and not taken back. */
export function requireChangeable(message: Message): asserts message is Changeable {
  const { direction, guid, sentAt, status, service, unsentAt } = message;
  const left = status === 'sent' || status === 'delivered' || status === 'read';
  const imessage = service === null || service.startsWith('imessage');
  if (direction !== 'outbound') refuse('It was received');
  if (unsentAt !== null || status === 'unsent') refuse('It was taken back');
  if (!left || sentAt === null || guid === null) refuse('It was not sent');
  if (!imessage) refuse('It did not leave as an iMessage');
}

function refuse(why: string): never {
  throw requestError('message_not_editable', `${why}.`);
}
