import { expect, test } from 'vitest';
import { testAgent, testCore } from '../support/bridge-core.ts';

test('a message is accepted, handed to the agent, and followed to read with one event for each step', async () => {
  const bridge = await testCore();
  const { core, live, store } = bridge;
  const agent = await testAgent(bridge);
  const woken: string[] = [];
  core.wakeups.onCommand((id) => woken.push(id));
  await core.createWebhook(live, { url: 'https://example.com/hook' });

  const { message } = await core.sendMessage(live, {
    to: '+1 415 555 0101',
    text: 'hi',
    metadata: { a: 'b' },
  });
  expect(message).toMatchObject({ to: '+14155550101', from: '+14155550100', status: 'queued' });
  expect(woken).toEqual([agent.agentId]);
  const [stored] = await core.commandsAfter(agent.agentId, 0, 10);
  expect(stored).toMatchObject({ seq: 1, command: { type: 'message.send', to: '+14155550101', text: 'hi' } });

  const commandId = stored?.id ?? '';
  const state = { commandId, guid: 'GUID-1', service: 'iMessage' };
  await agent.tell({ type: 'command.state', commandId, state: 'queued' });
  await agent.tell({ type: 'command.state', commandId, state: 'done', guid: 'GUID-1' });
  await agent.tell({ type: 'message.sent', ...state });
  await agent.tell({ type: 'message.delivered', ...state });
  await agent.tell({ type: 'message.read', ...state });

  const { message: end, timeline } = await core.getMessage(live, message.id);
  expect(end).toMatchObject({ status: 'read', guid: 'GUID-1', service: 'imessage' });
  expect(timeline.map((entry) => entry.step)).toEqual([
    'accepted',
    'queued',
    'done',
    'sent',
    'delivered',
    'read',
  ]);
  const types: unknown[] = [];
  for (;;) {
    const [due] = await store.leaseDueDeliveries(bridge.clock.now(), 1_000, 10);
    if (!due) break;
    types.push(JSON.parse(due.event.payload).type);
    await store.finishDelivery(due.delivery.id, {
      state: 'delivered',
      attempts: 1,
      nextAttemptAt: 0,
      lastStatus: 200,
    });
  }
  expect(types).toEqual(['message.sent', 'message.delivered', 'message.read']);
});
