import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { openMac } from '../../agent/mac/mac.ts';
import { Staging } from '../../agent/mac/staging.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { type ActingWorld, macContract } from '../contract/mac.contract.ts';
import { cannotOn } from '../support/release-limits.ts';

/**
 * The handle of somebody who consents to get about 15 messages, tapbacks and edits; best another one of one's own. Two
 * more handles, separated by a comma, for a group.
 */
const FRIEND = process.env.BLUERELAY_TEST_HANDLE;
const GROUP = process.env.BLUERELAY_TEST_GROUP?.split(',');

/** Major release of macOS by that of Darwin: 21 is macOS 12, 25 is macOS 26. */
const darwin = Number(os.release().split('.')[0]);
const macos = darwin >= 25 ? darwin + 1 : darwin - 9;

async function open(): Promise<ActingWorld> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-test-'));
  const mac = openMac({
    actsFolder: folder,
    target: { kind: 'system' },
    allowSending: true,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  });
  const [one, two] = GROUP ?? [];
  return {
    mac,
    staging: new Staging(os.homedir()),
    messagesDb: path.join(os.homedir(), 'Library/Messages/chat.db'),
    friend: FRIEND ?? '',
    ...(one && two ? { groupOf: [one, two] as const } : {}),
    cannot: cannotOn(macos),
    close: async () => {
      await mac.stop(new AbortController().signal);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

if (process.platform === 'darwin' && FRIEND) macContract(`this Mac, macOS ${macos}`, open);
else test.todo('acting on this Mac: needs a Mac and BLUERELAY_TEST_HANDLE=<a handle of your own>');
