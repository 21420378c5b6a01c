import type { Demo } from './demo.ts';
import { eventually } from './eventually.ts';
import { type ReceivedEvent, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

/** What the tests look at of a message of the API. */
export interface ApiMessage {
  id: string;
  direction: 'outbound' | 'inbound';
  from: string;
  to: string;
  text: string;
  status: string;
  error: { code: string } | null;
  timeline?: { step: string; source: string; at: string }[];
}

/** A webhook that is registered with a demo and checks signatures. */
export interface Hook {
  receiver: WebhookReceiver;
  /** Every event that came, in order, one sent again included. */
  events(): ReceivedEvent[];
}

/** Registers a webhook of this machine for everything. */
export async function registerHook(demo: Demo): Promise<Hook> {
  const receiver = await startWebhookReceiver();
  const { status, body } = await demo.call<{ secret: string }>('/v1/webhooks', {
    body: { url: receiver.url },
  });
  if (status !== 201) throw new Error(`the webhook was refused with ${status}`);
  receiver.setSecret(body.secret);
  return {
    receiver,
    events: () => receiver.requests.flatMap(({ event }) => (event ? [event] : [])),
  };
}

/** Sends a text and resolves with the message as it was accepted. */
export async function send(demo: Demo, to: string, text: string): Promise<ApiMessage> {
  const { status, body } = await demo.call<ApiMessage>('/v1/messages', { body: { to, text } });
  if (status !== 202) throw new Error(`POST /v1/messages answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** Resolves with the message once it has the status. */
export const reached = (demo: Demo, id: string, status: string, within = 30_000): Promise<ApiMessage> =>
  eventually(
    async () => {
      const { body } = await demo.call<ApiMessage>(`/v1/messages/${id}`);
      if (body.status !== status) throw new Error(`its status is ${body.status}`);
      return body;
    },
    { within, every: 100, what: `status ${status} of a message` },
  );

/** Every message of the account, read page by page. */
export async function allMessages(demo: Demo): Promise<ApiMessage[]> {
  const messages: ApiMessage[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await demo.call<{ data: ApiMessage[]; nextCursor: string | null }>(
      `/v1/messages?limit=100${query}`,
    );
    messages.push(...body.data);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return messages;
}
