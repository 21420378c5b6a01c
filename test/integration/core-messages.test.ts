import { describe, expect, test } from 'vitest';
import { COMMAND_LIFETIME_MS } from '../../bridge/core/send-message.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { type TestCore, testAgent, testCore } from '../support/bridge-core.ts';

const HER = '+14155550101';

describe('sending', () => {
  test('a message is stored with its timeline and command, and the agent is woken after it', async () => {
    const bridge = await testCore();
    const { core, live, clock } = bridge;
    const agent = await testAgent(bridge);
    const woken: string[] = [];
    const off = core.wakeups.onCommand((id) => woken.push(id));

    const sent = await core.sendMessage(live, { to: '+1 415 555 0101', text: 'hi', metadata: { a: 'b' } });
    expect(sent.message).toMatchObject({
      to: HER,
      from: '+14155550100',
      lineId: agent.lineId,
      status: 'queued',
      direction: 'outbound',
      mode: 'live',
      metadata: { a: 'b' },
      createdAt: clock.now(),
    });
    expect(sent.timeline).toMatchObject([{ step: 'accepted', source: 'api', at: clock.now() }]);
    expect({ ...(await core.getMessage(live, sent.message.id)), replayed: false }).toEqual(sent);
    expect(woken).toEqual([agent.agentId]);
    off();
    const [stored] = await core.commandsAfter(agent.agentId, 0, 10);
    expect(stored).toMatchObject({
      seq: 1,
      messageId: sent.message.id,
      command: {
        type: 'message.send',
        to: HER,
        text: 'hi',
        traceId: sent.message.traceId,
        issuedAt: isoTime(clock.now()),
        expiresAt: isoTime(clock.now() + COMMAND_LIFETIME_MS),
      },
    });
    await core.sendMessage(live, { to: HER, text: 'again' });
    expect(woken).toHaveLength(1);
    await core.acknowledgeCommands(agent.agentId, 2);
    expect(await core.findAgent(agent.agentId)).toMatchObject({ commandAck: 2, commandSeq: 2 });
  });

  test('a message says who goes first and how long it may wait; a one-time code waits ten minutes', async () => {
    const bridge = await testCore();
    const { core, live, clock } = bridge;
    const agent = await testAgent(bridge);
    for (const input of [
      { priority: 'otp' },
      { priority: 'otp', expiresInSeconds: 60 },
      { expiresInSeconds: 3_600 },
    ] as const)
      await core.sendMessage(live, { to: HER, text: 'hi', ...input });
    const stored = await core.commandsAfter(agent.agentId, 0, 10);
    expect(
      stored.map(({ command }) => [
        command.type === 'message.send' && command.priority,
        (Date.parse(command.expiresAt) - clock.now()) / 1_000,
      ]),
    ).toEqual([
      ['otp', 600],
      ['otp', 60],
      [undefined, 3_600],
    ]);
  });

  test.each([
    [{ to: '4155550101' }, 'invalid_phone_number', 'to'],
    [{ to: 'nobody' }, 'invalid_phone_number', 'to'],
    [{ text: '' }, 'invalid_parameter_value', 'text'],
    [{ text: 'x'.repeat(10_001) }, 'invalid_parameter_value', 'text'],
    [{ text: '\u{1F600}'.repeat(10_001) }, 'invalid_parameter_value', 'text'],
    [{ text: 'a\0b' }, 'invalid_parameter_value', 'text'],
    [{ text: 'half \uD83D' }, 'invalid_parameter_value', 'text'],
    [{ metadata: { a: 'x'.repeat(993) } }, 'invalid_parameter_value', 'metadata'],
    [{ metadata: { 'a\0': 'x' } }, 'invalid_parameter_value', 'metadata'],
    [{ from: '+14155550199' }, 'invalid_from', 'from'],
    [{ from: 'ln_nothing' }, 'invalid_from', 'from'],
    [{ from: 'nonsense' }, 'invalid_from', 'from'],
  ])('%o is refused and nothing of it is stored', async (change, code, param) => {
    const bridge = await testCore();
    const { core, live } = bridge;
    const agent = await testAgent(bridge);
    const sending = core.sendMessage(live, { to: HER, text: 'hi', ...change });
    await expect(sending).rejects.toMatchObject({ name: 'AppError', code, param, retry: 'never' });
    expect(await core.commandsAfter(agent.agentId, 0, 10)).toEqual([]);
    expect((await core.listMessages(live, {}, { limit: 10, cursor: undefined })).messages).toEqual([]);
  });

  test('the longest text and metadata are taken', async () => {
    const bridge = await testCore();
    await testAgent(bridge);
    const text = '\u{1F600}'.repeat(10_000);
    const { message } = await bridge.core.sendMessage(bridge.live, {
      to: HER,
      text,
      metadata: { a: 'x'.repeat(992) },
    });
    expect((await bridge.core.getMessage(bridge.live, message.id)).message.text).toBe(text);
  });

  test('a sandbox key sends nothing yet, and sees nothing of what is live', async () => {
    const bridge = await testCore();
    const { core, live, sandbox } = bridge;
    await testAgent(bridge);
    const { message } = await core.sendMessage(live, { to: HER, text: 'hi' });
    await expect(core.sendMessage(sandbox, { to: HER, text: 'hi' })).rejects.toMatchObject({
      code: 'sandbox_not_activated',
    });
    await expect(core.getMessage(sandbox, message.id)).rejects.toMatchObject({ code: 'not_found' });
    const other = await core.createAccount('Other');
    const stranger = await core.authenticate(other.liveKey);
    await expect(core.getMessage(stranger, message.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await core.listMessages(stranger, {}, { limit: 10, cursor: undefined })).messages).toEqual([]);
  });
});

describe('the line that a message leaves from', () => {
  const lineOf = async ({ core, live }: TestCore, input: { from?: string; to?: string }) =>
    (await core.sendMessage(live, { to: HER, text: 'hi', ...input })).message.from;

  test('is the one asked for, by handle or id; else that of the conversation; else the one heard of last', async () => {
    const bridge = await testCore();
    const { core, live, clock } = bridge;
    await expect(core.sendMessage(live, { to: HER, text: 'hi' })).rejects.toMatchObject({
      code: 'no_line_available',
      retry: 'later',
    });
    const first = await testAgent(bridge, '+14155550100');
    await clock.advance(1_000);
    const second = await testAgent(bridge, 'me@example.com');

    expect(await lineOf(bridge, {})).toBe('me@example.com');
    expect(await lineOf(bridge, { from: first.lineId, to: '+14155550102' })).toBe('+14155550100');
    expect(await lineOf(bridge, { from: 'Me@Example.com', to: '+14155550103' })).toBe('me@example.com');
    expect(await lineOf(bridge, { to: '+14155550102' })).toBe('+14155550100');

    await core.revokeAgent(second.agentId);
    await expect(lineOf(bridge, { from: second.lineId })).rejects.toMatchObject({
      code: 'no_line_available',
    });
    expect(await lineOf(bridge, {})).toBe('+14155550100');
  });

  test('is never one of another account', async () => {
    const bridge = await testCore();
    const agent = await testAgent(bridge);
    const other = await bridge.core.createAccount('Other');
    const stranger = await bridge.core.authenticate(other.liveKey);
    const send = (from?: string) =>
      bridge.core.sendMessage(stranger, { to: HER, text: 'hi', ...(from === undefined ? {} : { from }) });
    await expect(send(agent.lineId)).rejects.toMatchObject({ code: 'invalid_from' });
    await expect(send('+14155550100')).rejects.toMatchObject({ code: 'invalid_from' });
    await expect(send()).rejects.toMatchObject({ code: 'no_line_available' });
  });
});

test('a list filters by either side however it is written, and a page has 100 messages at most', async () => {
  const bridge = await testCore();
  const { core, live } = bridge;
  await testAgent(bridge);
  for (let i = 0; i < 3; i += 1) await core.sendMessage(live, { to: HER, text: `${i}` });
  await core.sendMessage(live, { to: '+14155550102', text: 'other' });
  const page = await core.listMessages(
    live,
    { participant: '+1 415-555-0101' },
    { limit: 2, cursor: undefined },
  );
  expect(page.messages.map((message) => message.text)).toHaveLength(2);
  expect(page.nextCursor).not.toBeNull();
  const none = await core.listMessages(live, { participant: 'x' }, { limit: 10_000, cursor: undefined });
  expect(none).toEqual({ messages: [], nextCursor: null });
});
