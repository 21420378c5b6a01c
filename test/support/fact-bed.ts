import { expect } from 'vitest';
import { type EventType, envelopeOf } from '../../bridge/protocol/customer-events.ts';
import { type TestAgent, type TestCore, testAgent, testCore } from './bridge-core.ts';
import { takeEvents } from './customer-events.ts';

/** Whoever writes, reacts and calls. */
export const HER = '+14155550101';
export const LINE = '+14155550100';
export const AT = '2026-01-01T11:00:00.000Z';
export const LATER = '2026-01-01T11:05:00.000Z';

/** An event as a customer gets it. */
export interface Told {
  type: EventType;
  data: Record<string, unknown>;
}

/** A core with an agent, and a customer who is told of everything. */
export interface Bed {
  bridge: TestCore;
  agent: TestAgent;
  /** Takes the events of the customer so far; each has to be of its documented shape and to survive a round trip. */
  told(): Promise<Told[]>;
  /** Tells a message of hers and returns the API's id of it. */
  hear(guid: string, more?: object): Promise<string>;
}

export async function factBed(): Promise<Bed> {
  const bridge = await testCore();
  const agent = await testAgent(bridge);
  await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/hook' });
  const told = async (): Promise<Told[]> =>
    (await takeEvents(bridge)).map((payload) => {
      expect(JSON.stringify(JSON.parse(payload))).toBe(payload);
      const event = JSON.parse(payload) as Told;
      expect(envelopeOf(event.type).parse(event), event.type).toEqual(event);
      return { type: event.type, data: event.data };
    });
  const hear = async (guid: string, more: object = {}): Promise<string> => {
    await agent.tell({ ...received, guid, ...more });
    return (await bridge.store.findMessageByGuid(agent.lineId, guid))?.id ?? '';
  };
  return { bridge, agent, told, hear };
}

/** Where a fact about a message of hers happened. */
export const where = {
  conversation: { kind: 'direct', identifier: HER },
  service: 'iMessage',
  at: AT,
} as const;
/** A text of hers. */
export const received = { ...where, type: 'message.received', guid: 'M1', from: HER, text: 'hello' } as const;
/** The same in a group. */
export const IN_GROUP = { conversation: { kind: 'group', identifier: 'chat7' } } as const;
/** A file that is whole on the Mac. */
export const photo = {
  guid: 'A1',
  name: 'IMG_1.HEIC',
  mimeType: 'image/heic',
  bytes: 3,
  state: 'complete',
  kind: 'image',
  position: 0,
  sha256: 'a'.repeat(64),
} as const;
