import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import type { Caller, Core } from '../../bridge/core/types.ts';
import { isoTime, systemClock } from '../../bridge/runtime/clock.ts';
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

/** A request of a kind; the same each time for a key. */
interface Asked {
  method?: string;
  path: string;
  body: object;
}

async function send(url: string, apiKey: string, idempotencyKey: string, asked: Asked): Promise<Answer> {
  const response = await fetch(`${url}${asked.path}`, {
    method: asked.method ?? 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': apiKey,
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify(asked.body),
  });
  const json = (await response.json()) as { id: string; operation?: { id: string } | null };
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed') === 'true',
    id: json.operation?.id ?? json.id,
  };
}

const textOf = (key: string): Asked => ({
  path: '/v1/messages',
  body: { to: '+14155550101', text: `for ${key}` },
});

const commandsOf = async ({ core, agentId }: World, type: string): Promise<string[]> =>
  (await core.commandsAfter(agentId, 0, 1_000))
    .filter(({ command }) => command.type === type)
    .map(({ id }) => id);

const storedOf = async (all: World): Promise<{ messages: string[]; commands: string[] }> => {
  const { core, live, agentId } = all;
  const { messages } = await core.listMessages(live, {}, { limit: 100, cursor: undefined });
  const commands = await core.commandsAfter(agentId, 0, 1_000);
  return {
    messages: messages.map(({ id }) => id).sort(),
    commands: commands.map(({ messageId }) => messageId ?? '').sort(),
  };
};

/** Messages that left, of which something can be asked. */
async function leftMessages({ core, live, agentId }: World, count: number): Promise<string[]> {
  const sessionId = 'ses_0';
  await core.openSession(agentId, { sessionId, journalId: 'jrn_0', commandAck: 0 });
  const ids: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { message } = await core.sendMessage(live, { to: '+14155550101', text: `before ${n}` });
    const [command] = (await core.commandsAfter(agentId, n - 1, 1)).map(({ id }) => id);
    await core.recordEvent(agentId, sessionId, n, {
      type: 'message.sent',
      commandId: command ?? '',
      guid: `guid-${n}`,
      service: 'iMessage',
      at: isoTime(systemClock.now()),
    });
    ids.push(message.id);
  }
  return ids;
}

test('100 equal requests at once make one message and one command', async () => {
  const all = await world();
  const { url } = await serve(all.store);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => send(url, all.key, 'once', textOf('once'))),
  );
  const [id, ...others] = new Set(answers.map((answer) => answer.id));
  expect(others).toEqual([]);
  const first = answers.filter(({ replayed }) => !replayed);
  expect(first.map(({ status }) => status)).toEqual([202]);
  expect(answers.filter(({ status, replayed }) => replayed && status === 200)).toHaveLength(99);
  expect(await storedOf(all)).toEqual({ messages: [id], commands: [id] });
});

const ROUNDS = [1, 4, 20, 90];
const KEYS = [0, 1, 2];

test('requests of any kind that are repeated until they are answered do one thing each, across SIGKILLs of the bridge', {
  timeout: 120_000,
}, async () => {
  const all = await world();
  const left = await leftMessages(all, ROUNDS.length * KEYS.length);
  const leftOf = (round: number, key: number): string => left[round * KEYS.length + key] ?? '';
  const kinds: Readonly<Record<string, (round: number, key: number) => Asked>> = {
    'message.send': (round, key) => textOf(`${round} ${key}`),
    'message.edit': (round, key) => ({
      method: 'PUT',
      path: `/v1/messages/${leftOf(round, key)}`,
      body: { text: `edited ${key}` },
    }),
    'message.react': (round, key) => ({
      path: '/v1/messages/react',
      body: { messageId: leftOf(round, key), reaction: 'love' },
    }),
    'conversation.typing': () => ({
      path: `/v1/conversations/${encodeURIComponent('+14155550101')}/typing`,
      body: { state: 'on' },
    }),
    webhook: (round, key) => ({
      path: '/v1/webhooks',
      body: { url: `https://example.com/${round}/${key}` },
    }),
  };
  const before = await Promise.all(Object.keys(kinds).map((kind) => commandsOf(all, kind)));
  let bridge = await serve(all.store);
  const { url } = bridge;
  const port = Number(new URL(url).port);
  let answered = 0;
  let unanswered = 0;
  /** A client that asks again for as long as the connection breaks or is refused. */
  const persist = (key: string, asked: Asked): Promise<Answer> =>
    eventually(
      async () => {
        try {
          const answer = await send(url, all.key, key, asked);
          answered += 1;
          return answer;
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          unanswered += 1;
          return undefined;
        }
      },
      { every: 5, within: 60_000, what: `an answer for ${key}` },
    );
  const ids: string[] = [];
  for (const [round, most] of ROUNDS.entries()) {
    answered = 0;
    const asking = Object.entries(kinds).map(([kind, ask]) =>
      Promise.all(
        Array.from({ length: 8 * KEYS.length }, (_, n) => {
          const key = n % KEYS.length;
          return persist(`${kind} in round ${round}, key ${key}`, ask(round, key));
        }),
      ),
    );
    await eventually(() => answered >= most, { every: 1, within: 60_000, what: `${most} answers` });
    await bridge.kill();
    bridge = await serve(all.store, port);
    for (const [n, answers] of (await Promise.all(asking)).entries()) {
      const kind = Object.keys(kinds)[n] ?? '';
      expect(new Set(answers.map(({ status }) => Math.floor(status / 100))), kind).toEqual(new Set([2]));
      const made = new Set(answers.map(({ id }) => id));
      expect(made.size, kind).toBe(KEYS.length);
      expect(answers.filter(({ replayed }) => !replayed).length, kind).toBeLessThanOrEqual(KEYS.length);
      if (kind === 'message.send') ids.push(...made);
    }
  }
  expect(unanswered).toBeGreaterThan(0);
  const stored = await storedOf(all);
  expect(stored.messages).toEqual([...left, ...ids].sort());
  const once = ROUNDS.length * KEYS.length;
  for (const [n, kind] of Object.keys(kinds).entries())
    expect((await commandsOf(all, kind)).length - (before[n]?.length ?? 0), kind).toBe(
      kind === 'webhook' ? 0 : once,
    );
  expect(await all.core.listWebhooks(all.live)).toHaveLength(once);
});
