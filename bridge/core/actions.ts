import { markRead, setTyping } from './act-on-conversation.ts';
import type { ActionCore } from './action-types.ts';
import type { CoreContext } from './context.ts';
import { createGroup } from './create-group.ts';
import { editMessage } from './edit-message.ts';
import { endCall } from './end-call.ts';
import { lookUp } from './look-up.ts';
import { reactToMessage } from './react-to-message.ts';
import { notFound } from './request-error.ts';
import { startCall } from './start-call.ts';
import { unsendMessage } from './unsend-message.ts';

/** What can be asked of a line beside sending. */
export const actionCore = (context: CoreContext): ActionCore => ({
  operationsOf: (messageId) => context.store.listLineOperations(messageId),
  operationsOfGroups: (groupIds) => context.store.listGroupOperations(groupIds),
  async getOperation({ accountId, mode }, id) {
    const operation = await context.store.findLineOperation(accountId, mode, id);
    if (!operation) throw notFound('operation');
    return operation;
  },
  editMessage: (caller, id, text, repeatable) => editMessage(context, caller, id, text, repeatable),
  unsendMessage: (caller, id, repeatable) => unsendMessage(context, caller, id, repeatable),
  reactToMessage: (caller, input, repeatable) => reactToMessage(context, caller, input, repeatable),
  setTyping: (caller, input, repeatable) => setTyping(context, caller, input, repeatable),
  markRead: (caller, input, repeatable) => markRead(context, caller, input, repeatable),
  createGroup: (caller, input, repeatable) => createGroup(context, caller, input, repeatable),
  startCall: (caller, input, repeatable) => startCall(context, caller, input, repeatable),
  endCall: (caller, id, repeatable) => endCall(context, caller, id, repeatable),
  lookUp: (caller, input, repeatable) => lookUp(context, caller, input, repeatable),
});
