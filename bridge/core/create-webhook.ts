import { newId } from '../runtime/ids.ts';
import type { Webhook } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { ALL_EVENTS, isEventPattern } from './event-types.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { requestError } from './request-error.ts';
import { newWebhookSecret } from './secrets.ts';
import { isStorable } from './storable.ts';
import type { Caller, CreateWebhookInput, Repeatable } from './types.ts';
import { parseWebhookUrl } from './webhook-url.ts';
import { getWebhook } from './webhooks.ts';

/** Endpoints of one account, of both modes together. */
export const MAX_WEBHOOKS = 64;
const MAX_DESCRIPTION_LENGTH = 500;

/** Registers an endpoint, or finds the one that an equal request registered. */
export async function createWebhook(
  context: CoreContext,
  caller: Caller,
  input: CreateWebhookInput,
  repeatable?: Repeatable,
): Promise<{ webhook: Webhook; replayed: boolean }> {
  const { store, clock, allowHttpWebhooks } = context;
  const { accountId, mode } = caller;
  if (repeatable) checkRepeatable(repeatable);
  parseWebhookUrl(input.url, { allowHttp: allowHttpWebhooks });
  const now = clock.now();
  const webhook: Webhook = {
    id: newId('wh', now),
    accountId,
    mode,
    url: input.url,
    events: patternsOf(input.events),
    description: descriptionOf(input.description),
    secret: newWebhookSecret(),
    enabled: true,
    createdAt: now,
  };
  const earlier = await store.transaction(async (tx) => {
    const resourceId = webhook.id;
    const known = repeatable && (await reserve(tx, { caller, repeatable, input, resourceId, now }));
    if (known !== undefined) return known;
    await tx.lockAccount(accountId);
    const present = await tx.listWebhooks(accountId, mode);
    if (present.some((other) => isSame(other, webhook))) {
      throw requestError('webhook_duplicate', 'A webhook has this URL and these events', 'url');
    }
    const others = await tx.listWebhooks(accountId, mode === 'live' ? 'sandbox' : 'live');
    if (present.length + others.length >= MAX_WEBHOOKS) {
      throw requestError('invalid_request', `An account has at most ${MAX_WEBHOOKS} webhooks`);
    }
    await tx.insertWebhook(webhook);
    return undefined;
  });
  if (earlier === undefined) return { webhook, replayed: false };
  return { webhook: await getWebhook(context, caller, earlier), replayed: true };
}

function patternsOf(events: string[] = []): string[] {
  if (!events.every(isEventPattern)) {
    throw requestError('invalid_parameter_value', 'events names a type that does not exist', 'events');
  }
  if (events.length === 0 || events.includes(ALL_EVENTS)) return [ALL_EVENTS];
  return [...new Set(events)].sort();
}

function descriptionOf(description: string | undefined): string | null {
  if (description === undefined) return null;
  if (description.length > MAX_DESCRIPTION_LENGTH || !isStorable(description)) {
    throw requestError(
      'invalid_parameter_value',
      `description has at most ${MAX_DESCRIPTION_LENGTH} characters`,
      'description',
    );
  }
  return description;
}

const isSame = (a: Webhook, b: Webhook): boolean =>
  new URL(a.url).href === new URL(b.url).href &&
  a.events.length === b.events.length &&
  a.events.every((event) => b.events.includes(event));
