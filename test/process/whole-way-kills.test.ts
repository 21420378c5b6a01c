import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOfAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { type DemoProgram, sharedDemo } from '../support/demo.ts';
import { type ApiMessage, allMessages, type Hook, registerHook } from '../support/demo-customer.ts';
import { eventually } from '../support/eventually.ts';
import type { ReceivedEvent } from '../support/webhook-receiver.ts';

const demo = sharedDemo(['--json', '--pacing', 'off']);

/** The endpoint of the whole file: whatever any test causes is told here once. */
let hook: Hook;

beforeAll(async () => {
  hook = await registerHook(demo());
});

afterAll(() => hook?.receiver.close());

const messagesDb = (): string => demo().summary.virtualMac?.messagesDb ?? '';

interface Burst {
  /** Texts that the API accepted with 202, by message id. */
  accepted: Map<string, string>;
  /** Texts whose request was cut before an answer: each may have been accepted or not. */
  cut: Set<string>;
  /** Texts that a person wrote straight into chat.db. */
  written: string[];
}

/** Asks to send a text; a bridge that is down is asked again, since it took nothing. */
async function ask(burst: Burst, text: string): Promise<void> {
  await eventually(
    async () => {
      try {
        const { status, body } = await demo().call<ApiMessage>('/v1/messages', {
          body: { to: '+14155550101', text },
        });
        expect(status).toBe(202);
        burst.accepted.set(body.id, text);
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (!(cause instanceof Error && 'code' in cause)) throw error;
        if (cause.code === 'ECONNREFUSED') return false;
        burst.cut.add(text);
      }
      return true;
    },
    { within: 30_000, every: 100, what: 'an answer of the bridge' },
  );
}

/** Sends and receives at the same time, and kills a program in the middle of it. */
async function burstWithKill(program: DemoProgram, size: number): Promise<Burst> {
  const burst: Burst = { accepted: new Map(), cut: new Set(), written: [] };
  const writer = new ChatDbWriter(messagesDb());
  writer.db.function('verify_chat', (guid) => guid as string);
  try {
    let killed: Promise<number> | undefined;
    for (let i = 0; i < size; i += 1) {
      await ask(burst, `${program} ${i}`);
      const text = `to the ${program} ${i}`;
      writer.receive('+14155550142', text);
      burst.written.push(text);
      if (i === Math.floor(size / 2)) killed = demo().kill(program);
    }
    await killed;
  } finally {
    writer.close();
  }
  return burst;
}

/** How often each text stands in chat.db as sent from this Mac, and as received. */
function rowsInMessages(): { own: string[]; received: string[] } {
  const db = new Database(messagesDb(), { readonly: true });
  try {
    const rows = db
      .prepare<[], { is_from_me: number; attributedBody: Buffer }>(
        'SELECT is_from_me, attributedBody FROM message ORDER BY ROWID',
      )
      .all();
    const texts = (own: number): string[] =>
      rows
        .filter((row) => row.is_from_me === own)
        .map((row) => textOfAttributedBody(row.attributedBody) ?? '');
    return { own: texts(1), received: texts(0) };
  } finally {
    db.close();
  }
}

const eventsById = (): ReceivedEvent[] => [
  ...new Map(hook.events().map((event) => [event.id, event])).values(),
];

const ended = (message: ApiMessage): boolean => ['read', 'failed'].includes(message.status);

/** Waits until every message of the burst has come to its end, and every text that came in was told. */
async function settled(burst: Burst): Promise<void> {
  const ids = new Set(burst.accepted.keys());
  await eventually(
    async () => {
      const open = (await allMessages(demo())).filter(({ id, status }) => ids.has(id) && status !== 'read');
      const unfinished = open.filter((message) => !ended(message));
      if (unfinished.length > 0)
        throw new Error(unfinished.map(({ text, status }) => `${text}: ${status}`).join());
      return true;
    },
    { within: 90_000, every: 500, what: 'the end of every message' },
  );
  await eventually(
    () => {
      const told = new Set(eventsById().map(({ data }) => data.text));
      const answers = [...burst.accepted.values()].map((text) => `You wrote: ${text}`);
      const missing = [...rowsInMessages().received, ...answers].filter((text) => !told.has(text));
      if (missing.length > 0) throw new Error(`not told: ${missing.join()}`);
      return true;
    },
    { within: 60_000, every: 500, what: 'an event for every text that came in' },
  );
}

const countOf = (texts: readonly unknown[], text: string): number =>
  texts.filter((other) => other === text).length;

async function expectNothingLostNothingTwice(burst: Burst): Promise<void> {
  const rows = rowsInMessages();
  const events = eventsById();
  const received = events.filter(({ type }) => type === 'message.received').map(({ data }) => data.text);
  for (const text of burst.written) expect(countOf(received, text), `events of "${text}"`).toBe(1);
  for (const text of new Set(received)) expect(countOf(received, String(text))).toBe(1);

  const messages = await allMessages(demo());
  for (const [id, text] of burst.accepted) {
    const message = messages.find((one) => one.id === id);
    expect(
      countOf(
        messages.filter((one) => one.direction === 'outbound').map((one) => one.text),
        text,
      ),
    ).toBe(1);
    expect(message?.error ?? null, `error of "${text}"`).toBeNull();
    expect(countOf(rows.own, text), `rows of "${text}"`).toBe(1);
    const told = events.filter(({ data }) => data.messageId === id).map(({ type }) => type);
    expect([...told].sort()).toEqual(['message.delivered', 'message.read', 'message.sent']);
    expect(countOf(rows.received, `You wrote: ${text}`), `answers to "${text}"`).toBe(1);
  }
  for (const text of burst.cut) expect(countOf(rows.own, text)).toBeLessThanOrEqual(1);
}

test.for(['agent', 'bridge', 'virtual-mac'] as const)(
  'the %s is killed in a burst both ways: nothing is lost, nothing comes twice',
  { timeout: 240_000 },
  async (program) => {
    const burst = await burstWithKill(program, 8);
    expect(burst.accepted.size + burst.cut.size).toBe(8);
    await settled(burst);
    await expectNothingLostNothingTwice(burst);
  },
);

test('a link that is cut five times opens again each time', { timeout: 240_000 }, async () => {
  for (let cut = 1; cut <= 5; cut += 1) {
    await demo().kill('bridge');
    await eventually(async () => JSON.parse(await demo().agent('status', '--json')).link.state === 'open', {
      within: 70_000,
      every: 250,
      what: `the link after cut ${cut}`,
    });
  }
  await demo().receive('+14155550143', 'after the cuts');
  await hook.receiver.waitFor(({ event }) => event?.data.text === 'after the cuts');
});
