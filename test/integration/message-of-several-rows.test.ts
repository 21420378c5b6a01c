import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentEventSchema } from '../../bridge/protocol/events.ts';
import { factBed, HER } from '../support/fact-bed.ts';
import { filesHere, OutboxWorld, orderedFile } from '../support/outbox-world.ts';

let world: OutboxWorld;

beforeEach(() => {
  world = new OutboxWorld();
});

afterEach(() => world.end());

/** A text with two pictures, sent by the real outbox and told to a real core; the agent's journal forgot it since. */
async function sent() {
  const bed = await factBed();
  const { message } = await bed.bridge.core.sendMessage(bed.bridge.live, { to: HER, text: 'look' });
  const [command] = await bed.bridge.core.commandsAfter(bed.agent.agentId, 0, 1);
  const id = command?.id ?? '';
  let heard = 0;
  const hearAll = async () => {
    for (const { seq, event } of world.journal.eventsAfter(heard, 1_000)) {
      expect(await bed.agent.tell(agentEventSchema.parse(event))).toBe(true);
      heard = seq;
    }
    world.journal.acknowledgeEvents(heard);
  };
  await world.restart({ files: filesHere });
  world.ask(id, {
    type: 'message.send',
    to: HER,
    text: 'look',
    files: [orderedFile('a.jpg'), orderedFile('b.jpg')],
  });
  const guids: string[] = [];
  for (const [text, ...files] of [['look'], ['\uFFFC', 'a.jpg'], ['\uFFFC', 'b.jpg']] as const) {
    await world.acted(guids.length + 1);
    guids.push(world.row(HER, text, { files }).guid);
    await world.mac.end();
  }
  expect(world.stateOf(id)).toBe('done');
  world.take({
    kind: 'own-state',
    guid: guids[2] ?? '',
    state: 'sent',
    service: 'iMessage',
    error: null,
    at: 1,
  });
  await hearAll();
  await world.restart();
  world.journal.upkeep(Number.MAX_SAFE_INTEGER);
  expect(world.journal.proofOf(guids[1] ?? '')).toBeUndefined();
  await bed.told();
  const where = {
    chat: { kind: 'direct', identifier: HER },
    line: null,
    service: 'iMessage',
    at: 5,
  } as const;
  const react = (guid: string, name: string) =>
    world.take({
      ...where,
      kind: 'tapback',
      guid: name,
      from: HER,
      action: 'added',
      tapback: 'love',
      target: { guid, part: 0 },
    });
  return { ...bed, messageId: message.id, guids, hearAll, where, react };
}

test('a tapback on any row of a message names the message and the part', async () => {
  const { bridge, messageId, guids, hearAll, react, told } = await sent();
  for (const [index, guid] of guids.entries()) react(guid, `R${index}`);
  react('unknown', 'R9');
  await hearAll();
  expect((await told()).map(({ data }) => [data.messageId, data.part, data.guid])).toEqual([
    [messageId, 0, undefined],
    [messageId, 1, undefined],
    [messageId, 2, undefined],
    [null, 0, 'unknown'],
  ]);
  const { message } = await bridge.core.getMessage(bridge.live, messageId);
  expect(message.guid).toBe(guids[0]);
  expect((await bridge.core.partsOf([message])).get(messageId)?.reactions.map(({ part }) => part)).toEqual([
    0, 1, 2,
  ]);
});

test('a reply to a picture names the message and the part', async () => {
  const { agent, messageId, guids, told, hear } = await sent();
  await hear('M1', { replyTo: { guid: guids[2], part: 0 } });
  expect((await told()).at(-1)?.data).toMatchObject({ replyTo: { messageId, part: 2 } });
  expect(agent.lineId).toMatch(/^ln_/);
});

test('a picture that is taken back leaves the message its text', async () => {
  const { bridge, messageId, guids, hearAll, where, told } = await sent();
  world.take({ ...where, kind: 'unsent', guid: guids[1] ?? '', from: null, parts: null, whole: '' });
  await hearAll();
  expect((await told()).map(({ data }) => data)).toMatchObject([
    { messageId, parts: [1], text: 'look', direction: 'outbound' },
  ]);
  const { message } = await bridge.core.getMessage(bridge.live, messageId);
  expect(message).toMatchObject({ text: 'look', unsentAt: null, details: { unsentParts: [1] } });
});

test('a tapback of the API on a picture is put on its row', async () => {
  const { bridge, agent, messageId, guids } = await sent();
  await bridge.core.reactToMessage(bridge.live, { messageId, reaction: 'love', partIndex: 2 });
  const commands = await bridge.core.commandsAfter(agent.agentId, 0, 9);
  expect(commands.at(-1)?.command).toMatchObject({
    type: 'message.react',
    target: { guid: guids[2], part: 0 },
  });
});
