import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Sends messages through the core without end, and says on stdout which were accepted. */
const writer = (url: string): string => `
  import { openStore } from ${JSON.stringify(pathToFileURL(compiledModule('bridge/store/store.js')).href)};
  import { createCore } from ${JSON.stringify(pathToFileURL(compiledModule('bridge/core/core.js')).href)};
  import { systemClock as clock } from ${JSON.stringify(pathToFileURL(compiledModule('bridge/runtime/clock.js')).href)};
  import { createLogger } from ${JSON.stringify(pathToFileURL(compiledModule('bridge/runtime/logger.js')).href)};
  const store = await openStore({ url: ${JSON.stringify(url)}, clock });
  const core = createCore({ store, clock, logger: createLogger('writer', 'silent') });
  const [account] = await store.listAccounts();
  const caller = { accountId: account.id, mode: 'live' };
  for (let i = 0; ; i += 1) {
    const { message } = await core.sendMessage(caller, { to: '+14155550101', text: String(i) });
    process.stdout.write(message.id + '\\n');
  }
`;

/** Runs the writer, kills it in the middle of its work after `most` messages, returns the ids that it said. */
async function runAndKill(url: string, most: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(url)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === most) child.kill('SIGKILL');
  }
  return said;
}

test('what was accepted is there whole after a SIGKILL at any moment, and nothing by halves', async () => {
  const url = `sqlite:${path.join(tempFolder(), 'bridge.db')}`;
  const said: string[] = [];
  const setUp = await openStore({ url, clock: systemClock });
  const at = systemClock.now();
  const accountId = 'acc_1';
  await setUp.insertAccount({ id: accountId, name: 'Test', createdAt: at });
  await setUp.insertLine({
    id: 'ln_1',
    accountId,
    handle: '+14155550100',
    createdAt: at,
    bannedAt: null,
    banReason: null,
  });
  await setUp.insertAgent({
    id: 'ag_1',
    accountId,
    lineId: 'ln_1',
    name: 'Mac',
    publicKey: 'key',
    nextPublicKey: null,
    createdAt: at,
    revokedAt: null,
    journalId: null,
    eventSeq: 0,
    commandSeq: 0,
    commandSent: 0,
    commandAck: 0,
    sessionId: null,
    lastSeenAt: null,
    clockAheadMs: 0,
  });
  await setUp.close();

  for (const most of [1, 7, 40]) {
    said.push(...(await runAndKill(url, most)));
    const store = await openStore({ url, clock: systemClock });
    const commands = await store.listCommands('ag_1', 0, 10_000);
    expect(commands.map((command) => command.seq)).toEqual(commands.map((_, i) => i + 1));
    const stored = commands.map((command) => command.messageId ?? '');
    expect(stored).toEqual(expect.arrayContaining(said));
    for (const id of stored) {
      expect(await store.findMessage(accountId, 'live', id)).toMatchObject({ status: 'queued' });
      expect(await store.listTimeline(id)).toHaveLength(1);
    }
    await store.close();
  }
});
