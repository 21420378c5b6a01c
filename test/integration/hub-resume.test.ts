import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgentLink } from '../support/agent-link.ts';
import { dialBridge } from '../support/agent-link.ts';
import { eventually } from '../support/eventually.ts';
import { type EnrolledAgent, enrolAgent, type TestHub, testHub } from '../support/test-hub.ts';

/** What an agent keeps on disk: its events from 1 on, what was acknowledged, and the commands it has. */
interface Journal {
  events: string[];
  commands: string[];
}

type Step =
  | { kind: 'events'; count: number }
  | { kind: 'orders'; count: number }
  | { kind: 'cut' }
  /** The link is cut after this many of the bridge's frames were taken. */
  | { kind: 'cut-after'; frames: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('events' as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('orders' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.constant({ kind: 'cut' as const }),
  fc.record({ kind: fc.constant('cut-after' as const), frames: fc.integer({ min: 0, max: 6 }) }),
);

/** An agent with a real list of sequence numbers, which follows PROTOCOL.md and nothing else. */
class FakeAgent {
  readonly journal: Journal = { events: [], commands: [] };
  readonly #bridge: TestHub;
  readonly #agent: EnrolledAgent;
  #link: AgentLink | undefined;
  #taken = 0;
  #sent = 0;

  constructor(bridge: TestHub, agent: EnrolledAgent) {
    this.#bridge = bridge;
    this.#agent = agent;
  }

  happen(count: number): void {
    for (let made = 0; made < count; made += 1)
      this.journal.events.push(`G-${this.journal.events.length + 1}`);
    this.#sendEvents();
  }

  async connect(): Promise<void> {
    if (this.#link && !this.#link.closed) return;
    const link = await dialBridge(this.#bridge.url);
    link.hello(this.#agent, { commandAck: this.journal.commands.length });
    const { eventAck } = await link.waitFor('welcome');
    this.#link = link;
    this.#taken = 0;
    this.#sent = eventAck;
    this.#sendEvents();
  }

  /** Journals and acknowledges up to so many of the commands that came; a cut agent has read no more than that. */
  take(limit: number): void {
    const commands = (this.#link?.frames ?? []).flatMap((frame) => (frame.type === 'command' ? [frame] : []));
    for (const { seq, command } of commands.slice(this.#taken, this.#taken + limit)) {
      expect(seq).toBe(this.journal.commands.length + 1);
      this.journal.commands.push(command.id);
      this.#taken += 1;
      if (!this.#link?.closed) this.#link?.send({ type: 'ack', seq });
    }
  }

  cut(): void {
    this.#link?.cut();
    this.#link = undefined;
  }

  #sendEvents(): void {
    for (const guid of this.journal.events.slice(this.#sent)) {
      this.#sent += 1;
      this.#link?.send({
        type: 'event',
        seq: this.#sent,
        event: {
          type: 'message.received',
          guid,
          conversation: { kind: 'direct', identifier: '+14155550101' },
          from: '+14155550101',
          service: 'iMessage',
          text: guid,
          at: '2026-01-01T00:00:00.000Z',
        },
      });
    }
  }
}

async function run(steps: Step[]): Promise<void> {
  const bridge = await testHub();
  const enrolled = await enrolAgent(bridge);
  const agent = new FakeAgent(bridge, enrolled);
  let ordered = 0;
  for (const each of steps) {
    await agent.connect();
    if (each.kind === 'events') agent.happen(each.count);
    else if (each.kind === 'orders') {
      for (let made = 0; made < each.count; made += 1, ordered += 1) {
        await bridge.core.sendMessage(bridge.live, { to: '+14155550101', text: `order ${ordered}` });
      }
    } else {
      if (each.kind === 'cut-after') agent.take(each.frames);
      agent.cut();
    }
  }
  await agent.connect();
  await eventually(async () => {
    agent.take(1_000);
    const row = await bridge.core.findAgent(enrolled.agentId);
    return row?.eventSeq === agent.journal.events.length && row.commandAck === ordered;
  });
  agent.cut();
  const page = { limit: 100, cursor: undefined };
  const { messages } = await bridge.core.listMessages(bridge.live, { direction: 'inbound' }, page);
  expect(messages.map((message) => message.guid).sort()).toEqual([...agent.journal.events].sort());
  expect(new Set(agent.journal.commands).size).toBe(ordered);
  expect(agent.journal.commands).toHaveLength(ordered);
}

test('whatever is cut whenever, every event and command arrives once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), run), { numRuns: 15 });
}, 240_000);
