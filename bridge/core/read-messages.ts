import type { Message, MessageFilter, Page, TimelineEntry } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { handleFromMac } from './handles.ts';
import { notFound } from './request-error.ts';
import type { Caller } from './types.ts';

const MAX_PAGE = 100;

/** A page of a size that is served. */
export const bounded = (page: Page): Page => ({
  ...page,
  limit: Math.min(Math.max(1, page.limit), MAX_PAGE),
});

/** One message with its timeline. */
export async function getMessage(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<{ message: Message; timeline: TimelineEntry[] }> {
  const message = await store.findMessage(accountId, mode, id);
  if (!message) throw notFound('message');
  return { message, timeline: await store.listTimeline(id) };
}

/** Messages of the caller, newest first; a page holds 100 at most. */
export function listMessages(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  filter: Omit<MessageFilter, 'accountId' | 'mode'>,
  page: Page,
): Promise<{ messages: Message[]; nextCursor: string | null }> {
  const { participant } = filter;
  return store.listMessages(
    {
      ...filter,
      ...(participant === undefined ? {} : { participant: handleFromMac(participant) }),
      accountId,
      mode,
    },
    bounded(page),
  );
}
