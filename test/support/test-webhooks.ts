import { onTestFinished } from 'vitest';
import { createLogger, type Logger } from '../../bridge/runtime/logger.ts';
import type { Webhook } from '../../bridge/store/types.ts';
import { createWebhookDispatcher, type WebhookDispatcher } from '../../bridge/webhooks/webhooks.ts';
import { type TestAgent, type TestCore, testAgent, testCore } from './bridge-core.ts';
import {
  startWebhookReceiver,
  type WebhookReceiver,
  type WebhookReceiverOptions,
} from './webhook-receiver.ts';

export interface TestWebhooks extends TestCore {
  dispatcher: WebhookDispatcher;
  agent: TestAgent;
  receiver: WebhookReceiver;
  /** The endpoint that leads to the receiver. */
  webhook: Webhook;
  /** A person writes to the line: one `message.received` for every endpoint. */
  receive(text: string, from?: string): Promise<void>;
}

/** A started dispatcher over a core with a SQLite store, and one endpoint that leads to a real receiver. */
export async function testWebhooks(
  options: WebhookReceiverOptions & {
    logger?: Logger;
    random?: () => number;
    start?: boolean;
    lookEveryMs?: number;
  } = {},
): Promise<TestWebhooks> {
  const { logger = createLogger('test', 'silent'), random = () => 0.5, start = true, ...rest } = options;
  const { lookEveryMs = 3_600_000, ...receiving } = rest;
  const bridge = await testCore({ allowHttpWebhooks: true });
  const receiver = await startWebhookReceiver(receiving);
  onTestFinished(() => receiver.close());
  const { core, store, clock, live } = bridge;
  const { webhook } = await core.createWebhook(live, { url: receiver.url });
  receiver.setSecret(webhook.secret);
  const { wakeups } = core;
  const dispatcher = createWebhookDispatcher({
    store,
    wakeups,
    clock,
    logger,
    allowHttpWebhooks: true,
    lookEveryMs,
    random,
  });
  onTestFinished(() => dispatcher.stop(AbortSignal.abort()));
  if (start) dispatcher.start();
  const agent = await testAgent(bridge);
  let made = 0;
  return {
    ...bridge,
    dispatcher,
    agent,
    receiver,
    webhook,
    receive: async (text, from = '+14155550101') => {
      made += 1;
      await agent.tell({
        type: 'message.received',
        guid: `G-${made}`,
        conversation: { kind: 'direct', identifier: from },
        from,
        service: 'iMessage',
        text,
      });
    },
  };
}
