import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, allShown, type ShownMessage, withTimeline } from './api-client.ts';
import { type MacRow, readRows } from './chat-db.ts';
import { judge, repeatedSteps, type Verdict } from './judge.ts';
import type { Ledger } from './ledger.ts';

const LOOK_EVERY_MS = 1_500;
/** How long nothing may happen before a run counts as over: longer than the slowest person takes for one step. */
const QUIET_MS = 6_000;
const SETTLE_WITHIN_MS = 360_000;
/** A webhook that failed twice is tried again after five minutes: nothing moves for so long, and time is made to pass. */
const PATIENCE_MS = 9_000;

export interface Settling {
  api: Api;
  messagesDb: string;
  /** Makes the time come at which webhooks are tried again. */
  passTime(): void;
}

/**
 * Looks at all sides until they agree and nothing moves any more, something is broken for good, or the time is up.
 * Throws what chat.db throws, and what the API says when all is calm and it does not answer.
 */
export async function settled({ api, messagesDb, passTime }: Settling, ledger: Ledger): Promise<Verdict> {
  const end = Date.now() + SETTLE_WITHIN_MS;
  let seen = '';
  let since = Date.now();
  for (;;) {
    const rows = readRows(messagesDb);
    const verdict = await look(api, rows, ledger);
    const now = JSON.stringify([rows, ledger.events.length, verdict.open, verdict.untold]);
    if (now !== seen) {
      seen = now;
      since = Date.now();
    }
    const quietMs = Date.now() - since;
    const agreed = verdict.open.length + verdict.untold.length === 0;
    if (quietMs >= QUIET_MS && agreed) return withTimelines(api, verdict);
    if (quietMs >= QUIET_MS && verdict.broken.length > 0) return verdict;
    if (quietMs >= PATIENCE_MS && verdict.open.length === 0) {
      passTime();
      since = Date.now();
    }
    if (Date.now() > end) return verdict;
    await sleep(LOOK_EVERY_MS);
  }
}

/** All that agrees, and how the timelines look. */
async function withTimelines(api: Api, verdict: Verdict): Promise<Verdict> {
  const messages: ShownMessage[] = [];
  for (const message of await allShown(api)) messages.push(await withTimeline(api, message));
  return { ...verdict, broken: [...verdict.broken, ...repeatedSteps(messages)] };
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
