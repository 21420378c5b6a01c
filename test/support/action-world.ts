import { onTestFinished } from 'vitest';
import { type Answered, type RunningBridge, runningBridge } from './running-bridge.ts';
import { type SpeakingAgent, speakingAgent } from './speaking-agent.ts';
import { type ReceivedEvent, startWebhookReceiver } from './webhook-receiver.ts';

export const HER = '+14155550101';

export interface OperationJson {
  id: string;
  type: string;
  state: string;
  error: { code: string } | null;
  messageId: string | null;
}

export interface MessageJson {
  id: string;
  to: string;
  text: string;
  status: string;
  groupId: string | null;
  lineId: string;
  conversationId: string;
  effect: string | null;
  replyTo: { messageId: string | null } | null;
  voiceNote: boolean;
  attachments: { id: string; filename: string; state: string }[];
  reactions: { reaction: string; direction: string }[];
  editCount: number;
  unsentAt: string | null;
  timeline: { step: string; source: string; error?: string }[];
  operations: OperationJson[];
  operation: OperationJson | null;
}

export interface ActionWorld {
  bridge: RunningBridge;
  agent: SpeakingAgent;
  key: string;
  sandboxKey: string;
  accountId: string;
  post<Body = MessageJson>(
    path: string,
    body?: unknown,
    more?: { key?: string; headers?: Record<string, string>; method?: string },
  ): Promise<Answered<Body>>;
  read(id: string): Promise<MessageJson>;
  /** Sends a text and lets the agent tell that it left, `agoMs` ago. */
  sent(options?: {
    text?: string;
    agoMs?: number;
    service?: string;
    to?: string;
  }): Promise<MessageJson & { guid: string }>;
  /** Lets somebody write; returns the message. */
  received(options?: {
    from?: string;
    group?: string;
    text?: string;
  }): Promise<MessageJson & { guid: string }>;
  /** Begins to collect webhooks. */
  hook(): Promise<{ types(): string[]; waitFor(type: string): Promise<ReceivedEvent> }>;
}

let guids = 0;
const newGuid = (): string => {
  guids += 1;
  return `GUID-${guids}`;
};

/** A real bridge with one account, one line and an agent that speaks the protocol. */
export async function actionWorld(options: { storeUrl?: string | undefined } = {}): Promise<ActionWorld> {
  const bridge = await runningBridge(options);
  const { account, liveKey: key, sandboxKey } = await bridge.core.createAccount('Test');
  const agent = await speakingAgent(bridge, account.id);
  const read = async (id: string) =>
    (await bridge.ask<MessageJson>('GET', `/v1/messages/${id}`, { key })).json;
  const world: ActionWorld = {
    bridge,
    agent,
    key,
    sandboxKey,
    accountId: account.id,
    post: (path, body, more = {}) =>
      bridge.ask(more.method ?? 'POST', path, {
        key: more.key ?? key,
        ...(body === undefined ? {} : { body }),
        ...(more.headers ? { headers: more.headers } : {}),
      }),
    read,
    async sent({ text = 'hello', agoMs = 0, service = 'iMessage', to = HER } = {}) {
      const { json } = await world.post('/v1/messages', { to, text });
      const command = await agent.next('message.send');
      const guid = newGuid();
      await agent.tell({ type: 'command.state', commandId: command.id, state: 'done', guid });
      const at = new Date(Date.now() - agoMs).toISOString();
      await agent.tell({ type: 'message.sent', commandId: command.id, guid, service, at });
      return { ...(await read(json.id)), guid };
    },
    async received({ from = HER, group, text = 'hi' } = {}) {
      const guid = newGuid();
      const identifier = group ?? from;
      await agent.tell({
        type: 'message.received',
        guid,
        conversation: { kind: group === undefined ? 'direct' : 'group', identifier },
        from,
        service: 'iMessage',
        text,
      });
      const message = await bridge.store.findMessageByGuid(agent.line.id, guid);
      return { ...(await read(message?.id ?? '')), guid };
    },
    async hook() {
      const receiver = await startWebhookReceiver();
      onTestFinished(() => receiver.close());
      await bridge.ask('POST', '/v1/webhooks', { key, body: { url: receiver.url } });
      return {
        types: () => receiver.requests.flatMap(({ event }) => event?.type ?? []),
        async waitFor(type) {
          const { event } = await receiver.waitFor((request) => request.event?.type === type);
          if (!event) throw new Error('it was an event');
          return event;
        },
      };
    },
  };
  return world;
}
