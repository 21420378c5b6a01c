import { afterAll, expect } from 'vitest';
import { eventually } from './eventually.ts';

/** Kinds of handles that our code opens and must close; vitest's own pipes and messages are not among them. */
const OURS =
  /^(Timeout|TCPSocketWrap|TCPServerWrap|PipeServerWrap|ProcessWrap|FSEventWrap|StatWatcher|Worker)$/;

const open = (): string[] => process.getActiveResourcesInfo().filter((kind) => OURS.test(kind));

const before = open().length;

/** After each test file: every timer, socket, server, watcher and child that it opened is closed. */
afterAll(async () => {
  const leaked = await eventually(() => open().length <= before && 'none', {
    within: 3_000,
    what: 'release of all handles',
  }).catch(() => open());
  expect(leaked, 'handles left open by this test file').toBe('none');
});
