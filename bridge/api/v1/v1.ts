import { requireKey } from '../caller.ts';
import { acceptRepeats } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { getLine } from './get-line.ts';
import { getMessage } from './get-message.ts';
import { getWebhook } from './get-webhook.ts';
import type { LineSources } from './line-object.ts';
import { listLines } from './list-lines.ts';
import { listMessages } from './list-messages.ts';
import { listWebhooks } from './list-webhooks.ts';
import { sendMessage } from './send-message.ts';

const OF_CORE = [
  sendMessage,
  listMessages,
  getMessage,
  createWebhook,
  listWebhooks,
  getWebhook,
  deleteWebhook,
];

const OF_LINES = [listLines, getLine];

/** The customers' API, every operation behind `x-api-key`. */
export function registerV1(app: TypedApp, sources: LineSources): void {
  const { core } = sources;
  app.register(
    async (v1: TypedApp) => {
      requireKey(v1, core);
      acceptRepeats(v1);
      for (const operation of OF_CORE) operation(v1, core);
      for (const operation of OF_LINES) operation(v1, sources);
    },
    { prefix: '/v1' },
  );
}
