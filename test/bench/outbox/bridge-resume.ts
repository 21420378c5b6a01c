import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openJournal } from '../../../agent/journal/journal.ts';
import { createCore } from '../../../bridge/core/core.ts';
import { signedText } from '../../../bridge/protocol/frames.ts';
import { systemClock } from '../../../bridge/runtime/clock.ts';
import { startBridge } from '../../../bridge/server.ts';
import { openStore } from '../../../bridge/store/store.ts';
import { silentLogger } from '../../support/agent-fixtures.ts';
import { monotonicMs } from '../inbound/monotonic.ts';
import { openBare } from './bare.ts';
import { eventOf } from './resume.ts';
import { tellAll } from './tell-all.ts';

export interface BridgeResume {
  events: number;
  seconds: number;
  /** Stored by a bridge with all that follows from them, acknowledged, and noted in the journal. */
  perSecond: number;
  /** Bare transactions of one row each on the same disk with the same settings. */
  bareCommitsPerSecond: number;
  share: number;
}

/** How fast a whole bridge on SQLite takes what an agent kept for it, each event with its message and timeline. */
export async function resumeWithBridge(events: number): Promise<BridgeResume> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-bench-'));
  const url = `sqlite:${path.join(folder, 'bridge.db')}`;
  const store = await openStore({ url, clock: systemClock });
  const bridge = await startBridge({
    config: {
      ...{ store: url, media: path.join(folder, 'media'), host: '127.0.0.1', port: 0 },
      ...{ logLevel: 'silent', allowHttpWebhooks: true, stopOnStdinEnd: false },
    },
    clock: systemClock,
    logger: silentLogger,
    overrides: { store },
  });
  const journal = openJournal(path.join(folder, 'journal.db'));
  const bare = openBare(path.join(folder, 'bare.db'));
  try {
    const core = createCore({ store, clock: systemClock, logger: silentLogger });
    const { account } = await core.createAccount('Bench');
    const { token } = await core.createEnrolmentToken(account.id);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { agentId } = await core.enrolAgent({
      ...{ token, name: 'Mac', handle: '+14155550100' },
      publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    });
    journal.record({ at: 0, events: Array.from({ length: events }, (_, n) => eventOf(n)) });
    const before = bare.commit(500);
    const begun = monotonicMs();
    const link = await tellAll(journal, {
      agentId,
      url: `${bridge.url.replace('http', 'ws')}/agent/link`,
      sign: (nonce) => sign(null, signedText(agentId, nonce), privateKey).toString('base64url'),
    });
    const took = monotonicMs() - begun;
    await link.stop();
    const bareMs = (before + bare.commit(500)) / 1_000;
    return {
      events,
      seconds: Number((took / 1_000).toFixed(2)),
      perSecond: Math.round((events / took) * 1_000),
      bareCommitsPerSecond: Math.round(1_000 / bareMs),
      share: Number(((bareMs * events) / took).toFixed(3)),
    };
  } finally {
    bare.close();
    journal.close();
    await bridge.stop(AbortSignal.abort());
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
