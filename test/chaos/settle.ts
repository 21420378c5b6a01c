import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, allShown } from './api-client.ts';
import { type MacRow, readRows } from './chat-db.ts';
import { judge, type Verdict } from './judge.ts';
import type { Ledger } from './ledger.ts';

const LOOK_EVERY_MS = 1_500;
/** How long nothing may happen before a run counts as over: longer than the slowest person takes for one step. */
const QUIET_MS = 6_000;
/** What a run may take to settle: a webhook that fails twice is tried again only after five minutes. */
const SETTLE_WITHIN_MS = 360_000;

/**
 * Looks at all sides until they agree and nothing moves any more, something is broken for good, or the time is up.
 * Throws nothing but what chat.db throws.
 */
export async function settled(api: Api, messagesDb: string, ledger: Ledger): Promise<Verdict> {
  const end = Date.now() + SETTLE_WITHIN_MS;
  let seen = '';
  let since = Date.now();
  for (;;) {
    const rows = readRows(messagesDb);
    const verdict = await look(api, rows, ledger);
    const now = JSON.stringify([rows, ledger.events.length, verdict.open]);
    if (now !== seen) {
      seen = now;
      since = Date.now();
    }
    const quiet = Date.now() - since >= QUIET_MS;
    if (quiet && (verdict.open.length === 0 || verdict.broken.length > 0)) return verdict;
    if (Date.now() > end) return verdict;
    await sleep(LOOK_EVERY_MS);
  }
}

async function look(api: Api, rows: readonly MacRow[], ledger: Ledger): Promise<Verdict> {
  try {
    return judge(ledger, rows, await allShown(api));
  } catch (error) {
    // The bridge is down for a moment.
    const reason = error instanceof Error ? error.message : String(error);
    const verdict = judge(ledger, rows, []);
    return { ...verdict, broken: [], open: [`the API does not answer: ${reason}`] };
  }
}
