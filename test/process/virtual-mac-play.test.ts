import { expect, test } from 'vitest';
import { bluerelay } from '../support/built-agent.ts';
import { startVirtualMacProcess } from '../support/random-day.ts';
import { tempFolder } from '../support/temp-folder.ts';

const fast = ['--speed', '100000', '--longest-pause', '0.01'];

test('a day is played on a running virtual Mac, its ledger on stdout and its course on stderr', async () => {
  const { home: mac } = await startVirtualMacProcess('26');
  const homes = { home: tempFolder(), mac };
  const played = await bluerelay(homes, [
    ...['virtual-mac', 'play', '--seed', '7', '--operations', '150', '--json'],
    ...fast,
  ]);
  expect(played).toMatchObject({ code: 0 });
  expect(played.stderr).toMatch(/^Playing \d+ operations of seed 7\.\n {2}100 of /);
  const ledger = played.stdout.trimEnd().split('\n');
  expect(ledger.length).toBeGreaterThan(30);
  for (const line of ledger)
    expect(JSON.parse(line)).toMatchObject({ kind: expect.any(String), due: expect.any(Number) });

  const quiet = await bluerelay(homes, ['virtual-mac', 'play', '--operations', '5', ...fast]);
  expect(quiet).toMatchObject({ code: 0, stdout: '' });
});

test.for([
  [['--seed', '1.5'], 'seed'],
  [['--operations', '0'], 'operations'],
  [['--speed', '-1'], 'speed'],
] as const)('%j is refused', async ([options, param]) => {
  const folder = tempFolder();
  const refused = await bluerelay({ home: folder, mac: folder }, [
    'virtual-mac',
    'play',
    ...options,
    '--json',
  ]);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'invalid_parameter_value' } });
  expect(refused.stderr).toContain(`--${param}`);
});

test('without a running virtual Mac it says how to start one', async () => {
  const folder = tempFolder();
  const alone = await bluerelay({ home: folder, mac: folder }, ['virtual-mac', 'play']);
  expect(alone.code).toBe(1);
  expect(alone.stderr).toContain('bluerelay virtual-mac run');
});
