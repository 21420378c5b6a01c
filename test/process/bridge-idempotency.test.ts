import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import type { Caller, Core } from '../../bridge/core/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { openStore } from '../../bridge/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface World {
  store: string;
  /** Beside the bridge, on its store. */
  core: Core;
  live: Caller;
  key: string;
  agentId: string;
}

async function world(): Promise<World> {
  const url = `sqlite:${path.join(tempFolder(), 'bridge.db')}`;
  const store = await openStore({ url, clock: systemClock });
  onTestFinished(() => store.close());
  const core = createCore({ store, clock: systemClock, logger: createLogger('test', 'silent') });
  const { liveKey: key } = await core.createAccount('Test');
  const live = await core.authenticate(key);
  const { token } = await core.createEnrolmentToken(live.accountId);
  const publicKey = Buffer.alloc(32, 7).toString('base64url');
  const { agentId } = await core.enrolAgent({ token, publicKey, name: 'Mac', handle: '+14155550100' });
  return { store: url, core, live, key, agentId };
}

interface Served {
  url: string;
  kill(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

/** The built bridge as a process of its own. */
async function serve(store: string, port = 0): Promise<Served> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BLUERELAY_'));
  const child = spawn(
    process.execPath,
    [builtFile('bridge', 'main.js'), 'serve', '--port', String(port), '--json'],
    {
      env: {
        ...Object.fromEntries(inherited),
        BLUERELAY_BRIDGE_STORE: store,
        BLUERELAY_BRIDGE_LOG: 'silent',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended(child);
  };
  onTestFinished(kill);
  for await (const line of createInterface({ input: child.stdout }))
    return { url: (JSON.parse(line) as { url: string }).url, kill };
  throw new Error('the bridge did not begin to serve');
}

interface Answer {
  status: number;
  replayed: boolean;
  id: string;
}

async function send(url: string, apiKey: string, idempotencyKey: string): Promise<Answer> {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': apiKey,
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify({ to: '+14155550101', text: `for ${idempotencyKey}` }),
  });
  const { id } = (await response.json()) as { id: string };
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed') === 'true',
    id,
  };
}

const storedOf = async ({
  core,
  live,
  agentId,
}: World): Promise<{ messages: string[]; commands: string[] }> => {
  const { messages } = await core.listMessages(live, {}, { limit: 100, cursor: undefined });
  const commands = await core.commandsAfter(agentId, 0, 1_000);
  return {
    messages: messages.map(({ id }) => id).sort(),
    commands: commands.map(({ messageId }) => messageId ?? '').sort(),
  };
};

test('100 equal requests at once make one message and one command', async () => {
  const all = await world();
  const { url } = await serve(all.store);
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(url, all.key, 'once')));
  const [id, ...others] = new Set(answers.map((answer) => answer.id));
  expect(others).toEqual([]);
  const first = answers.filter(({ replayed }) => !replayed);
  expect(first.map(({ status }) => status)).toEqual([202]);
  expect(answers.filter(({ status, replayed }) => replayed && status === 200)).toHaveLength(99);
  expect(await storedOf(all)).toEqual({ messages: [id], commands: [id] });
});

test('requests that are repeated until they are answered make one message each, across SIGKILLs of the bridge', async () => {
  const all = await world();
  let bridge = await serve(all.store);
  const { url } = bridge;
  const port = Number(new URL(url).port);
  let answered = 0;
  let unanswered = 0;
  /** A client that asks again for as long as the connection breaks or is refused. */
  const persist = (key: string): Promise<Answer> =>
    eventually(
      async () => {
        try {
          const answer = await send(url, all.key, key);
          answered += 1;
          return answer;
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          unanswered += 1;
          return undefined;
        }
      },
      { every: 5, what: `an answer for ${key}` },
    );
  const ids: string[] = [];
  for (const [round, most] of [1, 2, 10, 45].entries()) {
    answered = 0;
    const asking = Promise.all(Array.from({ length: 60 }, (_, i) => persist(`round ${round}, key ${i % 3}`)));
    await eventually(() => answered >= most, { every: 1, what: `${most} answers` });
    await bridge.kill();
    bridge = await serve(all.store, port);
    const answers = await asking;
    const made = new Set(answers.map(({ id }) => id));
    expect(made.size).toBe(3);
    expect(answers.filter(({ replayed }) => !replayed).length).toBeLessThanOrEqual(3);
    ids.push(...made);
  }
  expect(unanswered).toBeGreaterThan(0);
  expect(await storedOf(all)).toEqual({ messages: [...ids].sort(), commands: [...ids].sort() });
});
