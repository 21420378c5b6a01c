import type { Core } from '../../core/types.ts';
import { requireKey } from '../caller.ts';
import { acceptRepeats } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { getCall } from './get-call.ts';
import { getGroup } from './get-group.ts';
import { getLine } from './get-line.ts';
import { getMedia } from './get-media.ts';
import { getMediaContent } from './get-media-content.ts';
import { getMessage } from './get-message.ts';
import { getWebhook } from './get-webhook.ts';
import { listCalls } from './list-calls.ts';
import { listGroups } from './list-groups.ts';
import { listLines } from './list-lines.ts';
import { listMessages } from './list-messages.ts';
import { listWebhooks } from './list-webhooks.ts';
import { sendMessage } from './send-message.ts';
import { uploadMedia } from './upload-media.ts';

const OPERATIONS = [
  sendMessage,
  listMessages,
  getMessage,
  createWebhook,
  listWebhooks,
  getWebhook,
  deleteWebhook,
  listCalls,
  getCall,
  listGroups,
  getGroup,
  uploadMedia,
  getMedia,
  getMediaContent,
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
