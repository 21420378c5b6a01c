import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutboxOptions } from '../../agent/outbox/outbox.ts';
import { ANNA, OutboxWorld } from '../support/outbox-world.ts';

const photo = {
  mediaId: 'med_1',
  name: 'a.jpg',
  mimeType: 'image/jpeg',
  bytes: 5,
  sha256: 'a'.repeat(64),
};
const filesHere: OutboxOptions['files'] = {
  ready: () => '/media/a',
  fetch: () => undefined,
  stage: async (_, { name }) => `/staged/${name}`,
};

let world: OutboxWorld;

beforeEach(async () => {
  world = new OutboxWorld({ files: filesHere });
  world.ask('a', { type: 'message.send', to: ANNA, text: 'look', files: [photo] });
  await world.acted(1);
  await world.mac.end();
  await world.clock.advance(10_000);
  expect(world.stateOf('a')).toBe('uncertain');
});

afterEach(() => world.end());

/** The row of the first part shows late. */
function show(): void {
  const { guid } = world.row(ANNA, 'look');
  const state = { state: 'sent', service: 'iMessage', error: null, at: world.clock.now() } as const;
  world.take({ kind: 'own-state', guid, ...state });
}

async function overtake(): Promise<void> {
  world.ask('b', { type: 'message.send', to: ANNA, text: 'second' });
  await world.acted(2);
  world.row(ANNA, 'second');
  await world.mac.end();
  expect(world.stateOf('b')).toBe('done');
}

test.each([
  ['a row', show],
  ['an operator', () => world.outbox.operator.resolve('a', 'sent')],
])('the rest of a message goes once %s says that its first part went', async (_, tell) => {
  tell();
  await world.acted(2);
  expect(world.mac.acts[1]).toMatchObject({ kind: 'send_file' });
});

test.each([
  ['a row', show],
  ['an operator', () => world.outbox.operator.resolve('a', 'sent')],
])('the rest does not go after what came behind it, when %s says so late', async (_, tell) => {
  await overtake();
  tell();
  await world.clock.advance(2_000);
  expect(world.mac.acts).toHaveLength(2);
  expect(world.journal.command('a')).toMatchObject({
    state: 'failed',
    error: { code: 'not_sent', message: expect.stringContaining('1 of 2 parts') },
  });
  expect(world.journal.records.outcomesSince(0).filter(({ error }) => error !== 0)).toEqual([]);
});
