import type { Core } from '../../core/types.ts';
import { requireKey } from '../caller.ts';
import { acceptRepeats } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { createGroup } from './create-group.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { editMessage } from './edit-message.ts';
import { endCall } from './end-call.ts';
import { getCall } from './get-call.ts';
import { getGroup } from './get-group.ts';
import { getLine } from './get-line.ts';
import { getLineUsage } from './get-line-usage.ts';
import { getMedia } from './get-media.ts';
import { getMediaContent } from './get-media-content.ts';
import { getMessage } from './get-message.ts';
import { getOperation } from './get-operation.ts';
import { getWebhook } from './get-webhook.ts';
import { listCalls } from './list-calls.ts';
import { listConversations } from './list-conversations.ts';
import { listGroups } from './list-groups.ts';
import { listLines } from './list-lines.ts';
import { listMessages } from './list-messages.ts';
import { listWebhooks } from './list-webhooks.ts';
import { lookUp } from './look-up.ts';
import { markRead } from './mark-read.ts';
import { reactToMessage } from './react-to-message.ts';
import { sendMessage } from './send-message.ts';
import { setLineBan } from './set-line-ban.ts';
import { setTyping } from './set-typing.ts';
import { startCall } from './start-call.ts';
import { unsendMessage } from './unsend-message.ts';
import { uploadMedia } from './upload-media.ts';

const OPERATIONS = [
  sendMessage,
  listMessages,
  getMessage,
  reactToMessage,
  editMessage,
  unsendMessage,
  createWebhook,
  listWebhooks,
  getWebhook,
  deleteWebhook,
  listConversations,
  setTyping,
  markRead,
  startCall,
  listCalls,
  getCall,
  endCall,
  createGroup,
  listGroups,
  getGroup,
  uploadMedia,
  getMedia,
  getMediaContent,
  lookUp,
  getOperation,
  listLines,
  getLine,
  getLineUsage,
  setLineBan,
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
