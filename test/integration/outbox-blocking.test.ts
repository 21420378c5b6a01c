import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ANNA, noErrands, OutboxWorld, orderedFile } from '../support/outbox-world.ts';

const HOUR_MS = 3_600_000;

let world: OutboxWorld;

beforeEach(() => {
  world = new OutboxWorld();
});

afterEach(() => world.end());

test('uploads that wait for their turn hold up no message', async () => {
  await world.restart({
    errands: {
      ...noErrands,
      upload: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    },
  });
  for (let n = 0; n < 80; n += 1)
    world.ask(`up${n}`, { type: 'media.upload', mediaId: `med_${n}`, attachmentGuid: `a${n}` });
  world.ask('m', { type: 'message.send', to: ANNA, text: 'hello' });
  await world.acted(1);
});

test('an upload that ends while the journal is full is told once there is room', async () => {
  await world.end();
  world = new OutboxWorld({ journalBytes: 400_000 });
  let whole: () => void = () => undefined;
  const upload = (): Promise<void> =>
    new Promise((resolve) => {
      whole = resolve;
    });
  await world.restart({ errands: { ...noErrands, upload } });
  world.ask('up', { type: 'media.upload', mediaId: 'med_1', attachmentGuid: 'a1' });
  await eventually(() => world.stateOf('up') === 'acting');
  const { journal, clock } = world;
  const at = new Date(clock.now()).toISOString();
  const fill = (commandId: string): void => {
    for (;;) journal.record({ at: clock.now(), events: [{ type: 'media.uploaded', commandId, at }] });
  };
  expect(() => fill('x'.repeat(3_000))).toThrow('no room');
  expect(() => fill('x')).toThrow('no room');
  whole();
  await clock.advance(3_000);
  expect(world.stateOf('up')).toBe('acting');
  journal.acknowledgeEvents(journal.lastEventSeq());
  await clock.advance(3_000);
  expect(world.told('up').at(-1)).toBe('media.uploaded');
  expect(world.stateOf('up')).toBe('done');
});

test('files that are not here hold up no other conversation', async () => {
  await world.restart({ files: { ready: () => undefined, fetch: () => undefined, stage: async () => '' } });
  for (let n = 10; n < 90; n += 1)
    world.ask(`f${n}`, { type: 'message.send', to: `+141555502${n}`, files: [orderedFile(`a${n}.jpg`)] });
  world.ask('m', { type: 'message.send', to: ANNA, text: 'hello' });
  await world.acted(1);
  expect(world.mac.acts[0]).toMatchObject({ handle: ANNA });
});

describe('while its file is staged', () => {
  let staged: (path: string) => void = () => undefined;
  let banned = false;
  let may = true;

  beforeEach(async () => {
    [banned, may] = [false, true];
    await world.restart({
      files: {
        ready: () => '/media/x',
        fetch: () => undefined,
        stage: () =>
          new Promise((resolve) => {
            staged = resolve;
          }),
      },
      isBanned: () => banned,
      mayAct: () => may,
    });
    world.ask('a', { type: 'message.send', to: ANNA, files: [orderedFile('a.jpg')] });
    await new Promise((next) => setImmediate(next));
  });

  const end = async (): Promise<void> => {
    staged('/staged/a.jpg');
    await new Promise((next) => setImmediate(next));
    await world.clock.advance(100);
    expect(world.mac.acts).toEqual([]);
  };

  test('what is taken back is not sent', async () => {
    world.outbox.operator.cancel('a');
    await end();
    expect(world.stateOf('a')).toBe('cancelled');
  });

  test('what expires is not sent', async () => {
    await world.clock.advance(2 * HOUR_MS);
    await end();
    expect(world.journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
  });

  test('nothing leaves a line that is banned, or an agent that may not act', async () => {
    may = false;
    await end();
    expect(world.stateOf('a')).toBe('queued');
    [banned, may] = [true, true];
    world.outbox.wake();
    expect(world.journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'line_banned' } });
  });
});
