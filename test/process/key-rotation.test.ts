import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BuiltAgent } from '../support/built-agent.ts';
import { type BuiltRelay, builtRelay } from '../support/built-relay.ts';
import { eventually } from '../support/eventually.ts';

const open = ({ cli }: BuiltRelay): Promise<unknown> =>
  eventually(async () => (await cli('status')).code === 0, { within: 60_000, what: 'an open link' });

test('a person rotates the key of a running agent; the older one is refused, until a person says so', {
  timeout: 180_000,
}, async () => {
  const relay = await builtRelay();
  const { homes, bridge, cli } = relay;
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => void (await agent.kill()));
  await open(relay);
  const key = path.join(homes.home, 'agent.key');
  copyFileSync(key, path.join(homes.home, 'older'));
  const before = JSON.parse((await cli('identity', 'show', '--json')).stdout);
  const rotated = await cli('identity', 'rotate', '--json');
  expect(rotated).toMatchObject({ code: 0 });
  const after = JSON.parse(rotated.stdout);
  expect(after).toMatchObject({ state: 'settled', nextKey: null, problem: null });
  expect(after.key).not.toBe(before.key);
  const [listed] = JSON.parse((await bridge.run('agent', 'list')).stdout);
  expect(listed).toMatchObject({ key: after.key, nextKey: null });
  await open(relay);

  // Without a bridge the agent keeps at it.
  await bridge.kill();
  await eventually(async () => (await cli('status')).code === 4, { what: 'a cut link' });
  const pending = cli('identity', 'rotate', '--json');
  await eventually(async () => JSON.parse((await cli('identity', 'show', '--json')).stdout).state === 'made');
  await agent.kill();
  expect((await pending).code).toBe(1);
  await bridge.serve();
  const again = new BuiltAgent(homes);
  onTestFinished(async () => void (await again.kill()));
  await eventually(
    async () => {
      const shown = await cli('identity', 'show', '--json');
      return shown.code === 0 && JSON.parse(shown.stdout).state === 'settled';
    },
    { within: 60_000, what: 'the rotation' },
  );
  await again.kill();

  copyFileSync(path.join(homes.home, 'older'), key);
  const old = new BuiltAgent(homes);
  onTestFinished(async () => void (await old.kill()));
  await eventually(async () => (await cli('status')).code === 5, { within: 60_000, what: 'a refusal' });
  expect((await cli('status')).stdout).toContain('bluerelay link retry');
  expect(old.log).toContain('the bridge refuses this agent');
});
