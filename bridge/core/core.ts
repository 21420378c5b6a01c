import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MediaFiles, Store } from '../store/types.ts';
import { actionCore } from './actions.ts';
import { authenticate } from './authenticate.ts';
import { banLine } from './ban-line.ts';
import { isConnected } from './connected.ts';
import type { CoreContext } from './context.ts';
import { createAccount } from './create-account.ts';
import { createEnrolmentToken } from './create-enrolment-token.ts';
import { createWebhook } from './create-webhook.ts';
import { enrolAgent } from './enrol-agent.ts';
import { expireMessages } from './expire-messages.ts';
import { factCore } from './facts.ts';
import { LookupMemory } from './lookup-memory.ts';
import { openSession } from './open-session.ts';
import { listConversations } from './read-conversations.ts';
import { getMessage, listMessages } from './read-messages.ts';
import { recordEvent, recordEvents } from './record-event.ts';
import { revokeAgent } from './revoke-agent.ts';
import { rotateKey } from './rotate-key.ts';
import { sendMessage } from './send-message.ts';
import type { Core } from './types.ts';
import { WakeupEmitter } from './wakeups.ts';
import { watchLines } from './watch-lines.ts';
import { deleteWebhook, getWebhook, listWebhooks } from './webhooks.ts';

export interface CoreOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Lets webhooks name this machine, by http too; for a bridge that a person tries out. */
  allowHttpWebhooks?: boolean;
  /** Where the bytes of media are; only a process that serves needs them. */
  media?: MediaFiles;
}

/** The use-cases of the bridge over one store. */
export function createCore({ store, clock, logger, allowHttpWebhooks = false, media }: CoreOptions): Core {
  const log = logger.child({ part: 'core' });
  const wakeups = new WakeupEmitter(log, store);
  const lookups = new LookupMemory(clock);
  const context: CoreContext = { store, clock, logger: log, wakeups, lookups, allowHttpWebhooks, media };
  return {
    createAccount: (name) => createAccount(context, name),
    createEnrolmentToken: (accountId) => createEnrolmentToken(context, accountId),
    authenticate: (apiKey) => authenticate(context, apiKey),

    sendMessage: (caller, input, repeatable) => sendMessage(context, caller, input, repeatable),
    getMessage: (caller, id) => getMessage(context, caller, id),
    listMessages: (caller, filter, page) => listMessages(context, caller, filter, page),

    listConversations: (caller, filter, page) => listConversations(context, caller, filter, page),

    createWebhook: (caller, input, repeatable) => createWebhook(context, caller, input, repeatable),
    getWebhook: (caller, id) => getWebhook(context, caller, id),
    listWebhooks: (caller) => listWebhooks(context, caller),
    deleteWebhook: (caller, id, repeatable) => deleteWebhook(context, caller, id, repeatable),

    enrolAgent: (request) => enrolAgent(context, request),
    revokeAgent: (id) => revokeAgent(context, id),
    rotateKey: (request) => rotateKey(context, request),
    findAgent: (id) => store.findAgent(id),
    isConnected: (agent) => isConnected(agent, clock.now()),
    touchAgent: (id) => store.touchAgent(id, clock.now()),
    listAgents: (accountId) => store.listAgents(accountId),
    findLine: (accountId, id) => store.findLine(accountId, id),
    banLine: async (accountId, lineId, word) => void (await banLine(context, { accountId }, lineId, word)),
    sayBan: (caller, lineId, word, repeatable) =>
      banLine(context, { accountId: caller.accountId, caller, repeatable }, lineId, word),
    openSession: (agentId, session) => openSession(context, agentId, session),
    closeSession: (agentId, sessionId) => store.closeSession(agentId, sessionId),
    recordEvent: (agentId, sessionId, seq, event) => recordEvent(context, agentId, sessionId, seq, event),
    recordEvents: (agentId, sessionId, seq, events) =>
      recordEvents(context, { agentId, sessionId, seq }, events),
    acknowledgeCommands: (agentId, seq) => store.advanceCommandAck(agentId, seq),
    takeCommands: (agentId, sessionId, seq, limit) => store.takeCommands(agentId, sessionId, seq, limit),
    commandsAfter: (agentId, seq, limit) => store.listCommands(agentId, seq, limit),
    expireMessages: () => expireMessages(context),
    watchLines: () => watchLines(context),

    ...factCore(context),
    ...actionCore(context),
    wakeups,
  };
}
