import type { Core } from '../../core/types.ts';
import { requireKey } from '../caller.ts';
import { acceptRepeats } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { getLine } from './get-line.ts';
import { getMessage } from './get-message.ts';
import { getWebhook } from './get-webhook.ts';
import { listLines } from './list-lines.ts';
import { listMessages } from './list-messages.ts';
import { listWebhooks } from './list-webhooks.ts';
import { sendMessage } from './send-message.ts';

const OPERATIONS = [
  sendMessage,
  listMessages,
  getMessage,
  createWebhook,
  listWebhooks,
  getWebhook,
  deleteWebhook,
  listLines,
  getLine,
];

/** The customers' API, every operation behind `x-api-key`. */
export function registerV1(app: TypedApp, core: Core): void {
  app.register(
    async (v1: TypedApp) => {
      requireKey(v1, core);
      acceptRepeats(v1);
      for (const operation of OPERATIONS) operation(v1, core);
    },
    { prefix: '/v1' },
  );
}
