import { expect, test } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { newPublicKey, type RunningBridge, runningBridge } from '../support/running-bridge.ts';

const request = (token: string) => ({
  token,
  publicKey: newPublicKey(),
  name: 'Mac',
  handle: '+14155550100',
});

const enrol = (bridge: RunningBridge, body: object) => bridge.ask('POST', '/agent/enrol', { body });

test('a token enrols one Mac, once', async () => {
  const bridge = await runningBridge();
  const { account } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const answers = await Promise.all([1, 2, 3, 4].map(() => enrol(bridge, request(token))));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401]);
  expect(await bridge.core.listAgents(account.id)).toHaveLength(1);
  expect(answers.find(({ status }) => status === 201)?.json).toEqual({
    agentId: expect.stringMatching(/^ag_/),
    line: { id: expect.stringMatching(/^ln_/), handle: '+14155550100' },
  });
  expect(answers.find(({ status }) => status === 401)?.json).toMatchObject({
    error: { code: 'invalid_enrolment_token', retry: 'after-fix' },
  });
  expect(bridge.logLines.join('')).not.toContain(token);
});

test('a bad enrolment is refused with the field, and a token is not used up by it', async () => {
  const bridge = await runningBridge();
  const { account } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const good = request(token);
  for (const [change, code, param] of [
    [{ token: undefined }, 'missing_required_parameter', 'token'],
    [{ publicKey: 'short' }, 'invalid_parameter_value', 'publicKey'],
    [{ publicKey: '!'.repeat(43) }, 'invalid_parameter_value', 'publicKey'],
    [{ handle: 'nobody' }, 'invalid_phone_number', 'handle'],
    [{ name: 'a\0b' }, 'invalid_parameter_value', 'name'],
    [{ extra: 1 }, 'invalid_parameter_value', 'extra'],
  ] as const) {
    const answer = await enrol(bridge, { ...good, ...change });
    expect(answer.json.error, JSON.stringify(change)).toMatchObject({ code, param });
  }
  const large = await enrol(bridge, { ...good, name: 'x'.repeat(10_000) });
  expect(large).toMatchObject({ status: 413, json: { error: { code: 'body_too_large' } } });
  expect(await enrol(bridge, good)).toMatchObject({ status: 201 });
});

test('a token that is older than 15 minutes enrols nothing', async () => {
  const clock = new ManualClock();
  const bridge = await runningBridge({ clock });
  const { account } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  await clock.advance(15 * 60_000 + 1);
  expect(await enrol(bridge, request(token))).toMatchObject({ status: 401 });
});

test('whoever fails 30 times in a minute waits for its end', async () => {
  const clock = new ManualClock();
  const bridge = await runningBridge({ clock });
  const { account } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const guess = () => enrol(bridge, request(`enr_${'0'.repeat(40)}`));
  expect((await guess()).status).toBe(401);
  await clock.advance(20_000);
  for (let i = 1; i < 30; i += 1) expect((await guess()).status).toBe(401);
  const refused = await enrol(bridge, request(token));
  expect(refused).toMatchObject({
    status: 429,
    json: { error: { code: 'rate_limited', type: 'rate_limit_error', retry: 'later' } },
  });
  expect(refused.headers.get('retry-after')).toBe('40');
  await clock.advance(39_999);
  expect((await enrol(bridge, request(token))).status).toBe(429);
  await clock.advance(1);
  expect((await enrol(bridge, request(token))).status).toBe(201);
});
