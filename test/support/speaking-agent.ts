import { onTestFinished } from 'vitest';
import type { Command } from '../../bridge/protocol/commands.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { agentKeys, dialBridge } from './agent-link.ts';
import { eventually } from './eventually.ts';
import type { RunningBridge } from './running-bridge.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Told = DistributiveOmit<AgentEvent, 'at'> & { at?: string };

/** An agent of the protocol's words alone: it takes every command, and tells what the test says. */
export interface SpeakingAgent {
  line: { id: string; handle: string };
  /** Tells an event, at this moment unless it says when, and resolves once the bridge has it. */
  tell(event: Told): Promise<void>;
  /** The next command of a type that no earlier call returned. */
  next<T extends Command['type']>(type: T): Promise<Extract<Command, { type: T }>>;
  /** How many commands came so far. */
  count(): number;
}

/** Enrols an agent on a line of an account and connects it. */
export async function speakingAgent(
  bridge: RunningBridge,
  accountId: string,
  handle = '+14155550100',
): Promise<SpeakingAgent> {
  const keys = agentKeys();
  const { token } = await bridge.core.createEnrolmentToken(accountId);
  const { json } = await bridge.ask<{ agentId: string; line: { id: string; handle: string } }>(
    'POST',
    '/agent/enrol',
    { body: { token, publicKey: keys.publicKey, name: 'Test Mac', handle } },
  );
  const link = await dialBridge(bridge.url);
  onTestFinished(() => link.cut());
  link.hello({ agentId: json.agentId, keys });
  await link.waitFor('welcome');
  let seq = 0;
  let acked = 0;
  let taken = 0;
  const returned = new Set<string>();
  const commands = (): Command[] => {
    const all = link.frames.flatMap((frame) => (frame.type === 'command' ? [frame] : []));
    const last = all.at(-1)?.seq ?? 0;
    if (last > acked) link.send({ type: 'ack', seq: last });
    acked = Math.max(acked, last);
    return all.map(({ command }) => command);
  };
  return {
    line: json.line,
    async tell(event) {
      seq += 1;
      const number = seq;
      const whole = { at: new Date().toISOString(), ...event } as AgentEvent;
      link.send({ type: 'event', seq: number, event: whole });
      await link.waitFor('ack', (frame) => frame.seq >= number);
    },
    async next(type) {
      taken += 1;
      const found = await eventually(
        () => commands().find((command) => command.type === type && !returned.has(command.id)),
        { every: 5, what: `command ${type}, the ${taken}. that is waited for` },
      );
      returned.add(found.id);
      return found as Extract<Command, { type: typeof type }>;
    },
    count: () => commands().length,
  };
}
