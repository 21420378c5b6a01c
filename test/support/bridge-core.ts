import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import type { Caller, Core } from '../../bridge/core/types.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { ManualClock } from './manual-clock.ts';
import { tempFolder } from './temp-folder.ts';

/** Any 32 bytes pass as a public key where nothing is signed. */
export const somePublicKey = Buffer.alloc(32, 7).toString('base64url');

export interface TestCore {
  /** The SQLite file of the store. */
  file: string;
  clock: ManualClock;
  store: Store;
  core: Core;
  live: Caller;
  sandbox: Caller;
}

/** A core over a new SQLite store with one account, on a clock that the test moves; closed when the test ends. */
export async function testCore({ allowHttpWebhooks = false } = {}): Promise<TestCore> {
  const clock = new ManualClock();
  const file = path.join(tempFolder(), 'bridge.db');
  const store = await openStore({ url: `sqlite:${file}`, clock });
  onTestFinished(() => store.close());
  const core = createCore({ store, clock, logger: createLogger('test', 'silent'), allowHttpWebhooks });
  const { liveKey, sandboxKey } = await core.createAccount('Test');
  return {
    file,
    clock,
    store,
    core,
    live: await core.authenticate(liveKey),
    sandbox: await core.authenticate(sandboxKey),
  };
}

export interface TestAgent {
  agentId: string;
  lineId: string;
  /** Records the next event of the session; `at` is the present unless given. */
  tell(event: DistributiveOmit<Parameters<Core['recordEvent']>[3], 'at'> & { at?: string }): Promise<boolean>;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An agent enrolled on a line, with an open session. */
export async function testAgent(
  { core, clock, live }: Pick<TestCore, 'core' | 'clock' | 'live'>,
  handle = '+14155550100',
  journalId = 'journal-1',
): Promise<TestAgent> {
  const { token } = await core.createEnrolmentToken(live.accountId);
  const { agentId, line } = await core.enrolAgent({ token, publicKey: somePublicKey, name: 'Mac', handle });
  const sessionId = `session-of-${agentId}`;
  await core.openSession(agentId, { sessionId, journalId, commandAck: 0 });
  let seq = 0;
  return {
    agentId,
    lineId: line.id,
    tell: (event) => {
      seq += 1;
      const whole = { at: isoTime(clock.now()), ...event } as Parameters<Core['recordEvent']>[3];
      return core.recordEvent(agentId, sessionId, seq, whole);
    },
  };
}
