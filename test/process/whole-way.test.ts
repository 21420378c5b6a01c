import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { sharedDemo, userEnvironment } from '../support/demo.ts';
import { type ApiMessage, allMessages, reached, registerHook, send } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';

const demo = sharedDemo(['--json', '--pacing', 'off']);

test('the line of npm start is all that stands on stdout, and tells everything', () => {
  const { summary, stdout } = demo();
  expect(stdout().trimEnd().split('\n')).toHaveLength(1);
  expect(summary).toEqual({
    bridge: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    account: {
      liveKey: expect.stringMatching(/^sk_live_/),
      sandboxKey: expect.stringMatching(/^sk_sandbox_/),
    },
    lines: [{ id: expect.stringMatching(/^ln_/), handle: '+14155550100' }],
    agent: { home: expect.any(String) },
    virtualMac: {
      home: expect.any(String),
      messagesDb: expect.stringMatching(/\/Library\/Messages\/chat\.db$/),
      callHistoryDb: expect.stringMatching(/CallHistory\.storedata$/),
      people: expect.arrayContaining([{ handle: '+14155550101', behaves: expect.any(String) }]),
    },
  });
});

test('a message to a person who reads is answered 202 and ends read, with its timeline and its events', async () => {
  const hook = await registerHook(demo());
  try {
    const accepted = await send(demo(), '+14155550102', 'hello, 世界 👋');
    expect(accepted).toMatchObject({ status: 'queued', direction: 'outbound', text: 'hello, 世界 👋' });
    const read = await reached(demo(), accepted.id, 'read');
    const steps = read.timeline?.map(({ step }) => step) ?? [];
    expect(steps).toEqual(expect.arrayContaining(['acting', 'sent', 'delivered', 'read']));
    expect(steps.filter((step) => ['sent', 'delivered', 'read'].includes(step))).toEqual([
      'sent',
      'delivered',
      'read',
    ]);
    await hook.receiver.waitFor(({ event }) => event?.type === 'message.read');
    const told = hook.events().filter(({ data }) => data.messageId === accepted.id);
    expect(told.map(({ type }) => type)).toEqual(['message.sent', 'message.delivered', 'message.read']);
    expect(hook.receiver.requests.every(({ signed }) => signed)).toBe(true);
  } finally {
    await hook.receiver.close();
  }
});

test('a person who is not on iMessage ends the message as failed, with the reason', async () => {
  const accepted = await send(demo(), '+14155550105', 'anybody there?');
  const failed = await reached(demo(), accepted.id, 'failed');
  expect(failed.error?.code).toBe('recipient_not_imessage');
});

test('a row of another SQLite client, in the form of macOS 26 and joined later, arrives once', async () => {
  const hook = await registerHook(demo());
  const mac = demo().summary.virtualMac;
  if (!mac) throw new Error('there is no virtual Mac');
  const writer = new ChatDbWriter(mac.messagesDb);
  // What Messages registers on its own connections; the trigger on a new chat calls it.
  writer.db.function('verify_chat', (guid) => guid as string);
  try {
    const guid = writer.message({ from: '+14155550142', text: 'straight into chat.db' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    writer.join(guid, '+14155550142');
    const told = await hook.receiver.waitFor(({ event }) => event?.data.text === 'straight into chat.db');
    expect(told.event).toMatchObject({
      type: 'message.received',
      data: { from: '+14155550142', to: '+14155550100' },
    });
    // A message that comes after it shows that the first was not told again in between.
    await demo().receive('+14155550142', 'and one more');
    await hook.receiver.waitFor(({ event }) => event?.data.text === 'and one more');
    const texts = hook.events().filter(({ type }) => type === 'message.received');
    expect(texts.map(({ data }) => data.text)).toEqual(['straight into chat.db', 'and one more']);
  } finally {
    writer.close();
    await hook.receiver.close();
  }
});

test('an endpoint gets the events of one conversation in order', async () => {
  const hook = await registerHook(demo());
  try {
    const person = '+14155550101';
    const ids: string[] = [];
    for (let i = 0; i < 8; i += 1) ids.push((await send(demo(), person, `number ${i}`)).id);
    await eventually(() => hook.events().filter(({ type }) => type === 'message.received').length >= 8, {
      within: 40_000,
      what: '8 answers',
    });
    for (const id of ids) await reached(demo(), id, 'read');
    await eventually(() => hook.events().filter(({ type }) => type === 'message.read').length >= 8);
    const sent = hook.events().filter(({ type }) => type === 'message.sent');
    expect(sent.map(({ data }) => data.messageId)).toEqual(ids);
    const answers = hook.events().filter(({ type }) => type === 'message.received');
    expect(answers.map(({ data }) => data.text)).toEqual(ids.map((_, i) => `You wrote: number ${i}`));
    for (const id of ids) {
      const states = hook.events().filter(({ data }) => data.messageId === id);
      expect(states.map(({ type }) => type)).toEqual(['message.sent', 'message.delivered', 'message.read']);
    }
  } finally {
    await hook.receiver.close();
  }
});

test('an endpoint that fails at first gets the same event again', async () => {
  const hook = await registerHook(demo());
  try {
    let first = true;
    hook.receiver.setAnswer(() => {
      const status = first ? 500 : 200;
      first = false;
      return { status };
    });
    await demo().receive('+14155550143', 'tell me twice');
    await eventually(() => hook.events().filter(({ data }) => data.text === 'tell me twice').length === 2, {
      within: 30_000,
      what: 'a second delivery',
    });
    expect(new Set(hook.events().map(({ id }) => id)).size).toBe(1);
  } finally {
    await hook.receiver.close();
  }
});

test('what is listed is what was sent and received', async () => {
  const messages = await allMessages(demo());
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  expect(messages.some(({ direction }) => direction === 'inbound')).toBe(true);
  expect(messages.some(({ direction }) => direction === 'outbound')).toBe(true);
});

test.for([
  ['an unknown key', { key: 'sk_live_nobody' }, 401, 'invalid_api_key'],
  ['a wrong type', { body: { to: '+14155550101', text: 7 } }, 400, 'invalid_parameter_value'],
] as const)('%s is refused in the shape of the API', async ([, options, status, code]) => {
  const answer = await demo().call<{ error: { code: string; param?: string }; requestId: string }>(
    '/v1/messages',
    options,
  );
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({
    error: { type: expect.any(String), code, message: expect.any(String) },
    requestId: expect.any(String),
  });
  if (status === 400) expect(answer.body.error.param).toBe('text');
});

test('a message of nobody is not found, and a body over the limit is refused in the same shape', async () => {
  expect((await demo().call('/v1/messages/msg_nothing')).status).toBe(404);
  const text = 'x'.repeat(300_000);
  expect((await demo().call<ApiMessage>('/v1/messages', { body: { to: '+14155550101', text } })).status).toBe(
    413,
  );
});

test('a wrong enrolment token is refused in words, and nothing is enrolled', async () => {
  const home = `${demo().home}/stranger`;
  const refused = spawnSync(
    process.execPath,
    [
      packageFile('dist', 'agent', 'main.js'),
      ...['enrol', '--bridge', demo().summary.bridge.url, '--token', '-', '--handle', '+14155550199'],
    ],
    {
      env: { ...userEnvironment(demo().home), BLUERELAY_HOME: home },
      input: 'et_this-token-was-never-made-by-anybody',
      encoding: 'utf8',
    },
  );
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('The token is unknown');
  expect(refused.stdout).toBe('');
});

test('nothing of it stands in a log: no text, no number, no key', async () => {
  const { home, summary } = demo();
  const logs = readdirSync(`${home}/logs`).map((name) => `${home}/logs/${name}`);
  expect(logs.length).toBeGreaterThanOrEqual(3);
  for (const log of logs) {
    const said = readFileSync(log, 'utf8');
    expect(said).not.toMatch(/straight into chat\.db|number \d|You wrote/);
    expect(said).not.toContain(summary.account.liveKey);
    expect(said).not.toMatch(/\+1415555010[1-6]|\+1415555014\d/);
    expect(statSync(log).mode & 0o777).toBe(0o600);
  }
});
