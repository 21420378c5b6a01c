import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** What a module and all that it imports of ours import of packages. */
function packagesOf(entry: string): Set<string> {
  const [packages, seen, left] = [new Set<string>(), new Set<string>(), [entry]];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, types, from = ''] of source.matchAll(/^import (type )?[^;]*?['"]([^'"]+)['"];/gm)) {
      if (types || from.startsWith('node:')) continue;
      if (from.startsWith('.')) left.push(path.join(path.dirname(file), from));
      else packages.add(from);
    }
  }
  return packages;
}

// Each of them is started for every act; zod alone would double what its start takes.
test.for(['agent/mac/jxa-worker.ts', 'agent/virtual-mac/osascript.ts', 'agent/virtual-mac/command.ts'])(
  '%s loads no package when it starts',
  (entry) => {
    expect(packagesOf(entry)).toEqual(new Set());
  },
);

test('what a program loads is found', () => {
  expect(packagesOf('agent/virtual-mac/control-server.ts')).toContain('zod');
});
