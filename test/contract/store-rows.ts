import type {
  Account,
  Agent,
  Conversation,
  CustomerEvent,
  Delivery,
  Line,
  Message,
  Store,
  StoreOperations,
  Webhook,
} from '../../bridge/store/types.ts';

/** Time of every row unless a test says otherwise. */
export const T0 = Date.UTC(2026, 0, 1);

let count = 0;
/** A new id; later ones sort after earlier ones. */
export const id = (prefix: string): string => {
  count += 1;
  return `${prefix}_${String(count).padStart(8, '0')}`;
};

export interface World {
  account: Account;
  line: Line;
  agent: Agent;
  conversation: Conversation;
}

/** One account with a line, its agent and a conversation. */
export async function world(store: Store): Promise<World> {
  const account: Account = { id: id('acc'), name: 'Test', createdAt: T0 };
  const line: Line = {
    id: id('ln'),
    accountId: account.id,
    handle: '+14155550100',
    createdAt: T0,
    bannedAt: null,
    banReason: null,
  };
  const agent = newAgent(line);
  const conversation: Conversation = {
    id: id('cnv'),
    accountId: account.id,
    mode: 'live',
    lineId: line.id,
    kind: 'direct',
    participant: '+14155550101',
    createdAt: T0,
  };
  await store.transaction(async (tx) => {
    await tx.insertAccount(account);
    await tx.insertLine(line);
    await tx.insertAgent(agent);
    await tx.findOrCreateConversation(conversation);
  });
  return { account, line, agent, conversation };
}

export const newAgent = (line: Line, change: Partial<Agent> = {}): Agent => ({
  id: id('ag'),
  accountId: line.accountId,
  lineId: line.id,
  name: 'Mac',
  publicKey: 'key',
  nextPublicKey: null,
  createdAt: T0,
  revokedAt: null,
  journalId: null,
  eventSeq: 0,
  commandSeq: 0,
  commandSent: 0,
  commandAck: 0,
  sessionId: null,
  lastSeenAt: null,
  clockAheadMs: 0,
  ...change,
});

export const newMessage = ({ conversation, line }: World, change: Partial<Message> = {}): Message => ({
  id: id('msg'),
  accountId: conversation.accountId,
  mode: 'live',
  conversationId: conversation.id,
  lineId: conversation.lineId,
  direction: 'outbound',
  from: line.handle,
  to: conversation.participant,
  text: 'hello',
  status: 'queued',
  errorCode: null,
  errorMessage: null,
  service: null,
  guid: null,
  metadata: null,
  traceId: 'trc_1',
  createdAt: T0,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  groupId: null,
  editCount: 0,
  editedAt: null,
  unsentAt: null,
  details: {},
  ...change,
});

export const newWebhook = (accountId: string, change: Partial<Webhook> = {}): Webhook => ({
  id: id('wh'),
  accountId,
  mode: 'live',
  url: 'https://example.com/',
  events: ['*'],
  description: null,
  secret: 'whsec_x',
  enabled: true,
  createdAt: T0,
  ...change,
});

/** Stores an event and its delivery to a webhook. */
export async function deliver(
  tx: StoreOperations,
  webhook: Webhook,
  orderingKey: string,
  change: Partial<Delivery> = {},
): Promise<Delivery> {
  const event: CustomerEvent = {
    id: id('evt'),
    accountId: webhook.accountId,
    mode: webhook.mode,
    type: 'message.received',
    orderingKey,
    payload: '{}',
    createdAt: T0,
  };
  const delivery: Delivery = {
    id: id('dlv'),
    webhookId: webhook.id,
    eventId: event.id,
    orderingKey,
    state: 'pending',
    attempts: 0,
    nextAttemptAt: T0,
    leasedUntil: null,
    lastStatus: null,
    createdAt: T0,
    ...change,
  };
  await tx.insertEvent(event);
  await tx.insertDelivery(delivery);
  return delivery;
}

/** A command that sends one message. */
export const newCommand = (agentId: string, messageId: string | null = null) => {
  const commandId = id('cmd');
  return {
    agentId,
    id: commandId,
    messageId,
    createdAt: T0,
    command: {
      id: commandId,
      traceId: 'trc_1',
      issuedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-02T00:00:00.000Z',
      type: 'message.send' as const,
      to: '+14155550101',
      text: 'hello',
    },
  };
};
