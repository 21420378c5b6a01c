import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutboxOptions } from '../../agent/outbox/outbox.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import {
  ANNA,
  BEN,
  filesHere,
  type Order,
  OutboxWorld,
  orderedFile,
  withAnna,
} from '../support/outbox-world.ts';

let world: OutboxWorld;

beforeEach(() => {
  world = new OutboxWorld();
});

afterEach(() => world.end());

describe('a message of several parts', () => {
  const parts = {
    type: 'message.send',
    to: ANNA,
    text: 'look',
    files: [orderedFile('a.jpg'), orderedFile('b.jpg')],
  } as const;
  const sendAll: Order = { ...parts, files: [...parts.files] };

  test('is sent in order, each part after the proof of the one before, and tells the states of the last', async () => {
    await world.restart({ files: filesHere });
    world.ask('a', sendAll);
    world.ask('later', { type: 'message.send', to: ANNA, text: 'after it' });
    await world.acted(1);
    const first = world.evidence.add(world.clock.now(), { chat: withAnna, text: 'look' });
    await world.mac.end();
    await world.acted(2);
    expect(world.mac.acts[1]).toMatchObject({ kind: 'send_file', path: expect.stringMatching(/a\.jpg$/) });
    await world.mac.end();
    await world.clock.advance(1_000);
    expect(world.stateOf('a')).toBe('confirming');
    world.evidence.add(world.clock.now(), { chat: withAnna, text: '\uFFFC', files: ['a.jpg'] });
    await world.clock.advance(200);
    await world.acted(3);
    const last = world.evidence.add(world.clock.now(), { chat: withAnna, text: '\uFFFC', files: ['b.jpg'] });
    await world.mac.end();
    expect(world.journal.command('a')).toMatchObject({ state: 'done', guid: first.guid, part: 2 });
    await world.acted(4);
    expect(world.mac.acts[3]).toMatchObject({ text: 'after it' });
    const state = { kind: 'own-state', service: 'iMessage', error: null, at: world.clock.now() } as const;
    const memory = { cursor: 'd', remember: [], forget: [] };
    world.outbox.take({ changes: [{ ...state, guid: first.guid, state: 'sent' }], memory });
    expect(world.told('a')).not.toContain('message.sent');
    world.outbox.take({ changes: [{ ...state, guid: last.guid, state: 'sent' }], memory });
    world.outbox.take({ changes: [{ ...state, guid: first.guid, state: 'failed', error: 25 }], memory });
    expect(world.told('a').slice(-2)).toEqual(['message.sent', 'message.failed']);
  });

  test('goes on with the part that is next after a crash', async () => {
    await world.restart({ files: filesHere });
    world.ask('a', sendAll);
    await world.acted(1);
    world.evidence.add(world.clock.now(), { chat: withAnna, text: 'look' });
    await world.mac.end();
    await world.acted(2);
    world.evidence.add(world.clock.now(), { chat: withAnna, text: '\uFFFC', files: ['a.jpg'] });
    await world.restart({ files: filesHere });
    await world.acted(1);
    expect(world.mac.acts[0]).toMatchObject({ path: expect.stringMatching(/b\.jpg$/) });
  });

  test('waits for its files while others pass, and fails when they will not come', async () => {
    let arrived: () => void = () => undefined;
    let refused: AppError | undefined;
    await world.restart({
      files: {
        ...filesHere,
        ready: () => {
          if (refused) throw refused;
          return undefined;
        },
        fetch: (_, onChange) => {
          arrived = onChange;
        },
      },
    });
    world.ask('a', { type: 'message.send', to: ANNA, files: [orderedFile('a.jpg')] });
    world.ask('b', { type: 'message.send', to: BEN, text: 'not held up' });
    await world.acted(1);
    expect(world.mac.acts[0]).toMatchObject({ text: 'not held up' });
    await world.mac.end();
    refused = new AppError('The bridge refused the file', { code: 'not_found', retry: 'never' });
    arrived();
    expect(world.journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
  });

  test('waits for room on the disk while others pass, and goes out once there is some', async () => {
    let room = false;
    const stage: OutboxOptions['files']['stage'] = async (actId, file_) => {
      if (!room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return filesHere.stage(actId, file_);
    };
    await world.restart({ files: { ...filesHere, stage } });
    world.ask('a', { type: 'message.send', to: ANNA, files: [orderedFile('a.jpg')] });
    world.ask('b', { type: 'message.send', to: BEN, text: 'not held up' });
    await world.acted(1);
    expect(world.mac.acts[0]).toMatchObject({ text: 'not held up' });
    world.row(BEN, 'not held up');
    await world.mac.end();
    expect(world.journal.command('a')).toMatchObject({ state: 'queued', error: null });
    room = true;
    await world.clock.advance(2_000);
    await world.acted(2);
    expect(world.mac.acts[1]).toMatchObject({ kind: 'send_file' });
  });

  test('tells at its deadline how much of it went out', async () => {
    let here = true;
    await world.restart({ files: { ...filesHere, ready: () => (here ? '/media/a' : undefined) } });
    world.ask('a', sendAll);
    await world.acted(1);
    here = false;
    world.evidence.add(world.clock.now(), { chat: withAnna, text: 'look' });
    await world.mac.end();
    await world.clock.advance(3_600_001);
    expect(world.journal.command('a')).toMatchObject({
      state: 'failed',
      error: { code: 'expired', message: '1 of 3 parts were sent before the deadline' },
    });
  });
});
