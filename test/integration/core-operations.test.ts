import { expect, test } from 'vitest';
import { type TestCore, testAgent, testCore } from '../support/bridge-core.ts';

const HER = '+14155550101';
const HIM = '+14155550102';
const DAY_MS = 24 * 3_600_000;

/** Asks one line for a group, a call, its end and dots. */
async function askAll({ core, live }: TestCore) {
  const group = await core.createGroup(live, { participants: [HER, HIM], text: 'hi' });
  const { call } = await core.startCall(live, { to: HER, type: 'audio', ringTimeoutSeconds: 30 });
  const { operation: ending } = await core.endCall(live, call.id);
  await core.sendMessage(live, { to: HER, text: 'hi' });
  const { operation: typing } = await core.setTyping(live, { participant: HER, state: 'on' });
  return { group, call, ending, typing };
}

const statesOf = async ({ core, live }: TestCore, asked: Awaited<ReturnType<typeof askAll>>) => {
  const { group, call, ending, typing } = asked;
  const state = async (id = ''): Promise<(string | null)[]> => {
    const { state: reached, errorCode } = await core.getOperation(live, id);
    return [reached, errorCode];
  };
  const { message } = await core.getMessage(live, group.message.id);
  const placed = await core.getCall(live, call.id);
  return {
    group: await state(group.operation.id),
    message: [message.status, message.errorCode],
    call: [placed.status, placed.errorCode],
    ending: await state(ending?.id),
    typing: await state(typing.id),
  };
};

test('what no Mac took in time has failed, and a call that was never placed is told as that', async () => {
  const bed = await testCore({ allowHttpWebhooks: true });
  const { core, clock, live, store } = bed;
  await testAgent(bed);
  await core.createWebhook(live, { url: 'http://127.0.0.1:9/hook', events: ['call.*'] });
  const asked = await askAll(bed);
  await clock.advance(DAY_MS);
  await core.expireMessages();
  const gone = ['failed', 'line_offline'];
  const after = { group: gone, message: gone, call: gone, ending: gone, typing: gone };
  expect(await statesOf(bed, asked)).toEqual(after);
  // Those of one call come one after the other.
  const told: string[] = [];
  for (;;) {
    const due = await store.leaseDueDeliveries(clock.now(), 1_000, 10);
    if (due.length === 0) break;
    for (const { event, delivery } of due) {
      told.push(event.type);
      const ended = { state: 'delivered', attempts: 1, nextAttemptAt: 0, lastStatus: 200 } as const;
      await store.finishDelivery(delivery.id, ended);
    }
  }
  expect(told).toEqual(['call.initiated', 'call.failed']);
});

test('what a Mac may have taken is uncertain, until its word comes', async () => {
  const bed = await testCore();
  const { core, clock } = bed;
  const agent = await testAgent(bed);
  const asked = await askAll(bed);
  const commands = (await core.takeCommands(agent.agentId, `session-of-${agent.agentId}`, 0, 100)) ?? [];
  await clock.advance(DAY_MS);
  await core.expireMessages();
  const unknown = ['uncertain', 'uncertain'];
  expect(await statesOf(bed, asked)).toEqual({
    group: unknown,
    message: ['queued', null],
    call: ['initiated', 'uncertain'],
    ending: unknown,
    typing: unknown,
  });
  const typing = commands.find(({ command }) => command.type === 'conversation.typing');
  await agent.tell({ type: 'command.state', commandId: typing?.id ?? '', state: 'done' });
  expect((await statesOf(bed, asked)).typing).toEqual(['done', null]);
  // What is over stays so, whatever comes late.
  await agent.tell({ type: 'command.state', commandId: typing?.id ?? '', state: 'failed' });
  expect((await statesOf(bed, asked)).typing).toEqual(['done', null]);
});

test('an agent of another line cannot speak of an operation', async () => {
  const bed = await testCore();
  const agent = await testAgent(bed);
  const asked = await askAll(bed);
  const other = await testAgent(bed, '+14155550199');
  const commands = await bed.core.commandsAfter(agent.agentId, 0, 100);
  for (const { id } of commands) await other.tell({ type: 'command.state', commandId: id, state: 'failed' });
  expect(await statesOf(bed, asked)).toEqual({
    group: ['queued', null],
    message: ['queued', null],
    call: ['initiated', null],
    ending: ['queued', null],
    typing: ['queued', null],
  });
});
