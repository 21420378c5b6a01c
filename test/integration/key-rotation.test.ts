import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { enrol, type Identity, readIdentity } from '../../agent/identity/identity.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { dialBridge } from '../support/agent-link.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface World {
  bridge: RunningBridge;
  home: string;
  accountId: string;
  /** The agent as a start finds it. */
  start(): Identity;
}

async function world(): Promise<World> {
  const bridge = await runningBridge();
  const { account } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const home = path.join(tempFolder(), 'agent');
  const handle = '+14155550100';
  await enrol({ home, bridge: bridge.url, token, name: 'Mac', handle, again: false, clock: systemClock });
  return { bridge, home, accountId: account.id, start: () => readIdentity(home) };
}

/** One hello with the key in use: the reason of the close, or that it was welcomed. */
async function knock({ bridge }: World, { agentId, sign }: Identity): Promise<string> {
  const link = await dialBridge(bridge.url);
  onTestFinished(() => link.cut());
  link.hello({ agentId, keys: { publicKey: '', sign: (_, nonce) => sign(nonce) } });
  const end = await eventually(
    () => (link.frames.some(({ type }) => type === 'welcome') ? 'welcome' : link.closed?.reason),
    { every: 5, what: 'an answer to the hello' },
  );
  link.cut();
  return end;
}

/** Connects as the link does: the other key where one is refused. */
async function connect(at: World, identity: Identity): Promise<void> {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const end = await knock(at, identity);
    if (end === 'welcome') {
      identity.keys.opened();
      return;
    }
    expect(end).toBe('unauthorized');
    if (!identity.keys.refused()) break;
  }
  throw new Error('neither key is taken');
}

const announce = async ({ bridge }: World, { keys, agentId }: Identity): Promise<number> =>
  (await bridge.ask('POST', '/agent/key', { body: keys.announcement(agentId) })).status;

/** What is done before the agent dies, and before the bridge forgets. */
const STEPS = ['made', 'announced', 'opened'] as const;

async function goUpTo(at: World, identity: Identity, last: (typeof STEPS)[number]): Promise<void> {
  identity.keys.make();
  if (last === 'made') return;
  expect(await announce(at, identity)).toBe(204);
  if (last === 'announced') return;
  identity.keys.announced();
  expect(await knock(at, identity)).toBe('welcome');
}

test.each(STEPS)(
  'an agent that dies when its next key is %s connects, and ends with that key',
  async (step) => {
    const at = await world();
    const first = at.start();
    const { key: old } = first.keys.fingerprints();
    await goUpTo(at, first, step);
    const { nextKey } = first.keys.fingerprints();
    const again = at.start();
    expect(again.keys.fingerprints()).toEqual({ key: old, nextKey });
    await connect(at, again);
    if (again.keys.state === 'made') {
      expect(await announce(at, again)).toBe(204);
      again.keys.announced();
      await connect(at, again);
    }
    expect(again.keys.state).toBe('settled');
    expect(at.start().keys.fingerprints()).toEqual({ key: nextKey, nextKey: null });
    expect(await knock(at, at.start())).toBe('welcome');
    const agent = await at.bridge.core.findAgent(again.agentId);
    expect(agent?.nextPublicKey).toBeNull();
  },
);

test('the older key is good until the next one has connected, for files too, and not after', async () => {
  const at = await world();
  const older = at.start();
  const newer = at.start();
  newer.keys.make();
  const said = newer.keys.announcement(newer.agentId);
  expect(await announce(at, newer)).toBe(204);
  expect(await announce(at, newer)).toBe(204);
  expect(await knock(at, older)).toBe('welcome');
  const file = { mediaId: 'med_1', sha256: 'a'.repeat(64), commandId: 'cmd_1' };
  const hand = async (identity: Identity) => {
    const headers = {
      'x-agent-id': identity.agentId,
      'x-agent-command': file.commandId,
      'x-agent-sha256': file.sha256,
      'x-agent-signature': identity.signMedia(file),
    };
    return (await at.bridge.ask('GET', '/agent/media/med_1', { headers })).json.error.code;
  };
  newer.keys.announced();
  expect([await hand(older), await hand(newer)]).toEqual(['not_found', 'not_found']);
  expect(await knock(at, newer)).toBe('welcome');
  expect(await knock(at, older)).toBe('unauthorized');
  expect([await hand(older), await hand(newer)]).toEqual(['invalid_agent_signature', 'not_found']);
  // The announcement once more, from whoever overheard it.
  expect((await at.bridge.ask('POST', '/agent/key', { body: said })).status).toBe(204);
  expect(await knock(at, newer)).toBe('welcome');
});

test('a bridge that was put back to before the announcement is told again', async () => {
  const at = await world();
  const agent = at.start();
  agent.keys.make();
  agent.keys.announced();
  await connect(at, agent);
  expect(agent.keys.state).toBe('made');
});

test('nobody announces a key for another, nor for an agent that is revoked, and revoking shuts out both', async () => {
  const at = await world();
  const agent = at.start();
  agent.keys.make();
  const said = agent.keys.announcement(agent.agentId);
  if (!said) throw new Error('there is a next key');
  const stranger = await world();
  const foreign = stranger.start();
  foreign.keys.make();
  const other = foreign.keys.announcement(agent.agentId);
  const wrong = [
    other,
    { ...said, signature: other?.signature },
    { ...said, proof: other?.proof },
    { ...said, publicKey: other?.publicKey },
    { ...said, agentId: 'ag_nobody' },
  ];
  for (const body of wrong)
    expect((await at.bridge.ask('POST', '/agent/key', { body })).json.error.code).toBe(
      'invalid_agent_signature',
    );
  for (const body of [
    { ...said, publicKey: 'x'.repeat(43) },
    { ...said, proof: 'x' },
    { ...said, more: 1 },
    {},
  ])
    expect((await at.bridge.ask('POST', '/agent/key', { body })).status).toBe(400);
  expect((await at.bridge.core.findAgent(agent.agentId))?.nextPublicKey).toBeNull();
  expect(await announce(at, agent)).toBe(204);
  await at.bridge.core.revokeAgent(agent.agentId);
  expect(await knock(at, agent)).toBe('revoked');
  agent.keys.announced();
  expect(await knock(at, agent)).toBe('revoked');
  expect(await announce(at, agent)).toBe(401);
});
