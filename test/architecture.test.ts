import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packageFile } from '../bridge/runtime/package-root.ts';
import { doors, importsOf, layers, violations } from './support/architecture-rules.ts';

const FOLDERS = ['agent', 'bridge', 'scripts', 'test'];

/** Fewer would mean that the test looks in the wrong place. */
const FEWEST_FILES = 150;
const FEWEST_IMPORTS = 500;

function readSources(): Map<string, string> {
  const sources = new Map<string, string>();
  for (const folder of FOLDERS)
    for (const name of readdirSync(packageFile(folder), { recursive: true, encoding: 'utf8' }))
      if (/\.(ts|mjs|js)$/.test(name) && !name.startsWith('fixtures/')) {
        const file = path.posix.join(folder, name.split(path.sep).join('/'));
        sources.set(file, readFileSync(packageFile(file), 'utf8'));
      }
  return sources;
}

test('the tables of ARCHITECTURE.md are what is checked', () => {
  const page = readFileSync(packageFile('ARCHITECTURE.md'), 'utf8').replaceAll(/ +/g, ' ');
  const named = (names: readonly string[]): string =>
    names.length === 0 ? 'nothing of ours' : names.map((name) => `\`${name}\``).join(', ');
  const rows = [...Object.entries(layers), ...Object.entries(doors)].map(
    ([folder, names]) => `| \`${folder}\` | ${named(names)} |`,
  );
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test('the code keeps the layers and rules of ARCHITECTURE.md', () => {
  const sources = readSources();
  expect(sources.size).toBeGreaterThan(FEWEST_FILES);
  const imports = [...sources.values()].flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(FEWEST_IMPORTS);
  expect(violations(sources)).toEqual([]);
});

test('there are no other folders', () => {
  const folders = readdirSync(packageFile(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  const known = [...FOLDERS, 'launchd', 'node_modules', 'dist', 'coverage'];
  expect(folders.filter((name) => !known.includes(name))).toEqual([]);
});

test.for([
  ['bridge/hub/hub.ts', "import { x } from '../../agent/link/link.ts';", 'bridge never imports agent'],
  ['agent/link/link.ts', "import { x } from '../../bridge/core/core.ts';", 'does not import bridge/core'],
  ['agent/daemon.ts', "import { x } from '../bridge/store/store.ts';", 'does not import bridge/store'],
  ['agent/mac/mac.ts', "import { x } from '../journal/types.ts';", 'does not import agent/journal'],
  ['bridge/store/store.ts', "import { x } from '../core/core.ts';", 'does not import bridge/core'],
  ['bridge/core/core.ts', "import { x } from '../hub/hub.ts';", 'does not import bridge/hub'],
  ['bridge/runtime/ids.ts', "import { x } from '../protocol/limits.ts';", 'does not import bridge/protocol'],
  ['bridge/protocol/frames.ts', "import { x } from 'ws';", 'a leaf stands on zod alone'],
  ['bridge/hub/hub.ts', "import { x } from '../store/store.ts';", 'the types alone'],
  ['agent/outbox/outbox.ts', "import { x } from '../mac/mac.ts';", 'the types alone'],
  ['bridge/server.ts', "import { x } from './hub/session.ts';", 'bridge/hub is entered through'],
  ['agent/daemon.ts', "const x = await import('./outbox/states.ts');", 'agent/outbox is entered through'],
  ['agent/daemon.ts', "export { x } from './outbox/states.ts';", 'agent/outbox is entered through'],
  ['agent/daemon.ts', "import '../test/support/eventually.ts';", 'nothing imports test'],
  ['scripts/start/home.mjs', "import { x } from '../../test/support/demo.ts';", 'nothing imports test'],
  ['agent/link/link.ts', 'const home = process.env.HOME;', 'the environment'],
  ['agent/main.ts', 'const home = process.env.HOME;', 'the environment'],
  ['agent/link/link.ts', 'const now = Date.now();', 'time and timers'],
  ['agent/link/link.ts', 'const now = new Date();', 'time and timers'],
  ['bridge/hub/hub.ts', 'setTimeout(() => done(), 5);', 'time and timers'],
  ['agent/link/link.ts', "import { spawn } from 'node:child_process';", 'child processes'],
  ['agent/messages-db/connection.ts', 'const db = new Database(file, { timeout: 1 });', 'for reading alone'],
  ['agent/outbox/outbox.ts', 'const db = new Database(chatDb);', 'for reading alone'],
  ['agent/link/link.ts', 'export default link;', 'exports are named'],
  ['agent/link/link.ts', "export * from './backoff.ts';", 'no barrels'],
  ['agent/link/utils.ts', '', 'a name says what is inside'],
  ['agent/helpers/link.ts', '', 'a name says what is inside'],
  ['agent/link/linkState.ts', '', 'names are kebab-case'],
  ['agent/link/link.ts', '\n'.repeat(401), 'are more than 400'],
] as const)('%s with %j is found', ([file, source, rule]) => {
  expect(violations(new Map([[file, source]]))).toEqual(
    expect.arrayContaining([expect.stringContaining(rule)]),
  );
});

test.for([
  ['bridge/hub/hub.ts', "import type { Store } from '../store/types.ts';"],
  ['agent/daemon.ts', "import { openJournal } from './journal/journal.ts';"],
  ['agent/link/link.ts', "import { closeCodes } from '../../bridge/protocol/close-codes.ts';"],
  ['agent/virtual-mac/lines.ts', "import { x } from '../messages-db/typedstream.ts';"],
  ['agent/messages-db/connection.ts', 'const db = new Database(file, { readonly: true });'],
  ['agent/main.ts', 'const config = readAgentConfig(process.env);'],
  ['agent/link/link.ts', '// Date.now() is not for here'],
] as const)('%s with %j is allowed', ([file, source]) => {
  expect(violations(new Map([[file, source]]))).toEqual([]);
});
