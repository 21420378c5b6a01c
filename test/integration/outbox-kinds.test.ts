import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, type Order, OutboxWorld, withAnna } from '../support/outbox-world.ts';

const GROUP = { kind: 'group', identifier: 'chat42' } as const;
const TARGET = { guid: 'their-message', part: 0 };

let world: OutboxWorld;

beforeEach(() => {
  world = new OutboxWorld();
  world.evidence.texts.set('their-message 0', 'hello');
  world.evidence.groups.set('chat42', { guid: 'iMessage;+;chat42', members: [ANNA, BEN] });
});

afterEach(() => world.end());

describe('what each kind of command is proved by', () => {
  test.each<[string, Order, object, () => void]>([
    [
      'a text to a group by its row there',
      { type: 'message.send', conversation: GROUP, text: 'to all' },
      { kind: 'send_to_chat', chat: 'iMessage;+;chat42', text: 'to all' },
      () => {
        world.evidence.add(world.clock.now(), {
          chat: { kind: 'direct', identifier: 'chat42' },
          text: 'to all',
        });
        world.evidence.add(world.clock.now(), { chat: GROUP, text: 'to all' });
      },
    ],
    [
      'a text by SMS',
      { type: 'message.send', to: ANNA, text: 'green', service: 'SMS' },
      { kind: 'send_text', handle: ANNA, text: 'green', service: 'SMS' },
      () => world.evidence.add(world.clock.now(), { chat: withAnna, text: 'green', service: 'SMS' }),
    ],
    [
      'a reply by its row in the thread',
      { type: 'message.send', conversation: withAnna, text: 'yes', replyTo: TARGET },
      { kind: 'reply', conversation: withAnna, target: { ...TARGET, text: 'hello' }, text: 'yes' },
      () => world.evidence.add(world.clock.now(), { chat: withAnna, text: 'yes', replyTo: TARGET }),
    ],
    [
      'a text with an effect',
      { type: 'message.send', to: ANNA, text: 'boo', effect: 'slam' },
      { kind: 'send_effect', conversation: withAnna, text: 'boo', effect: 'slam' },
      () => {
        const loud = 'com.apple.MobileSMS.expressivesend.loud';
        const slam = 'com.apple.MobileSMS.expressivesend.impact';
        for (const effect of [null, loud, slam])
          world.evidence.add(world.clock.now(), { chat: withAnna, text: 'boo', effect });
      },
    ],
    [
      'a tapback by its row on that part',
      { type: 'message.react', conversation: withAnna, target: TARGET, reaction: 'emphasize', action: 'add' },
      { kind: 'react', reaction: 'emphasize', action: 'add', standing: null },
      () => {
        const tapback = { name: 'emphasise', emoji: null, action: 'add', target: TARGET } as const;
        world.evidence.add(world.clock.now(), {
          chat: withAnna,
          text: '',
          tapback: { ...tapback, name: 'love' },
        });
        world.evidence.add(world.clock.now(), { chat: withAnna, text: '', tapback });
      },
    ],
    [
      'an edit by the new text with a new date',
      { type: 'message.edit', conversation: withAnna, target: TARGET, text: 'hallo' },
      { kind: 'edit', target: { ...TARGET, text: 'hello' }, text: 'hallo' },
      () => {
        world.evidence.texts.set('their-message 0', 'hallo');
        world.evidence.messages.set(TARGET.guid, { editedAt: world.clock.now(), gone: false, retracted: [] });
      },
    ],
    [
      'an unsend by the part that is gone',
      { type: 'message.unsend', conversation: withAnna, target: TARGET },
      { kind: 'unsend', target: { ...TARGET, text: 'hello' } },
      () => world.evidence.messages.set(TARGET.guid, { editedAt: 1, gone: false, retracted: [0] }),
    ],
    [
      'reading by what is unread no more',
      { type: 'conversation.read', conversation: withAnna },
      { kind: 'mark_read', conversation: withAnna },
      () => {
        world.evidence.unreadCount = 0;
      },
    ],
    [
      'a new group by its first message among exactly its people',
      { type: 'group.create', participants: [BEN, ANNA], text: 'welcome' },
      { kind: 'create_group', participants: [BEN, ANNA], text: 'welcome' },
      () => {
        world.evidence.groups.set('chat41', {
          guid: 'iMessage;+;chat41',
          members: [ANNA, BEN, '+14155550103'],
        });
        world.evidence.add(world.clock.now(), {
          chat: { kind: 'group', identifier: 'chat41' },
          text: 'welcome',
        });
        world.evidence.add(world.clock.now(), { chat: GROUP, text: 'welcome' });
      },
    ],
  ])('%s', async (_, command, act, happen) => {
    world.evidence.unreadCount = 2;
    world.ask('a', command);
    await world.acted(1);
    expect(world.mac.acts[0]).toMatchObject(act);
    await world.mac.end();
    await world.clock.advance(1_000);
    expect(world.stateOf('a')).toBe('confirming');
    happen();
    await world.clock.advance(200);
    expect(world.stateOf('a')).toBe('done');
    // Of rows that are alike but for one thing, the last is the proof.
    const proof = world.evidence.rows.at(-1);
    if (proof) expect(world.journal.command('a')?.guid).toBe(proof.guid);
  });

  test('without its proof every one of them is uncertain, and typing is done when the act says so', async () => {
    world.ask('a', { type: 'message.unsend', conversation: withAnna, target: TARGET });
    await world.mac.end();
    await world.clock.advance(8_200);
    expect(world.stateOf('a')).toBe('uncertain');
    world.ask('b', { type: 'conversation.typing', conversation: withAnna, state: 'on' });
    await world.mac.end();
    expect(world.told('b')).toEqual(['queued', 'acting', 'done']);
  });

  test('what was as wanted before is done without a row', async () => {
    world.ask('a', {
      type: 'message.react',
      conversation: withAnna,
      target: TARGET,
      reaction: 'love',
      action: 'add',
    });
    await world.mac.end({ outcome: 'handed_over', changed: false });
    expect(world.stateOf('a')).toBe('done');
  });

  test('a ghost that a send to a chat left is a failure, and no other empty row is', async () => {
    world.ask('a', { type: 'message.send', conversation: GROUP, text: 'to all' });
    await world.mac.end();
    world.evidence.add(world.clock.now(), { chat: null, text: '', service: 'SMS', handle: ANNA });
    await world.clock.advance(1_000);
    expect(world.stateOf('a')).toBe('confirming');
    world.evidence.add(world.clock.now(), {
      chat: null,
      text: '',
      service: 'SMS',
      handle: 'iMessage;+;chat42',
    });
    await world.clock.advance(200);
    expect(world.journal.command('a')).toMatchObject({ state: 'failed', error: { code: 'not_delivered' } });
  });

  test.each<[string, Order]>([
    ['chat_unknown', { type: 'message.send', conversation: { ...GROUP, identifier: 'chat99' }, text: 'x' }],
    ['message_unknown', { type: 'message.unsend', conversation: withAnna, target: { guid: 'no', part: 0 } }],
    [
      'unsupported_on_macos',
      {
        type: 'message.react',
        conversation: withAnna,
        target: TARGET,
        reaction: 'emoji',
        emoji: '🦊',
        action: 'add',
      },
    ],
    [
      'action_unavailable',
      {
        type: 'message.send',
        to: ANNA,
        files: [
          { mediaId: 'med_1', name: 'a.jpg', mimeType: 'image/jpeg', bytes: 5, sha256: 'a'.repeat(64) },
        ],
        effect: 'slam',
      },
    ],
  ])('is refused with %s before anything happens', async (code, command) => {
    world.ask('a', command);
    await eventually(() => world.stateOf('a') === 'failed');
    expect(world.journal.command('a')).toMatchObject({ actId: null, error: { code } });
    expect(world.mac.acts).toEqual([]);
  });
});

describe('commands that need no act', () => {
  test('an operator takes back what waits, and what waited behind it goes on', async () => {
    const { operator } = world.outbox;
    world.ask('busy', { type: 'message.send', to: BEN, text: 'under way' });
    await world.acted(1);
    world.ask('a', { type: 'message.send', to: ANNA, text: 'never mind' });
    world.ask('b', { type: 'message.send', to: ANNA, text: 'this one' });
    expect(operator.cancel('a')).toMatchObject({ id: 'a', state: 'cancelled' });
    expect(world.told('a')).toEqual(['queued', 'cancelled']);
    for (const id of ['a', 'busy'])
      expect(() => operator.cancel(id)).toThrow(expect.objectContaining({ code: 'too_late' }));
    expect(() => operator.cancel('none')).toThrow(expect.objectContaining({ code: 'not_found' }));
    await world.mac.end();
    await world.acted(2);
    expect(world.mac.acts.map((act) => 'text' in act && act.text)).toEqual(['under way', 'this one']);
  });

  test('cancel takes back what waits, and is told that it came too late for what was begun', async () => {
    world.ask('busy', { type: 'message.send', to: BEN, text: 'under way' });
    await world.acted(1);
    world.ask('a', { type: 'message.send', to: ANNA, text: 'never mind' });
    world.ask('x', { type: 'command.cancel', commandId: 'a' });
    world.ask('y', { type: 'command.cancel', commandId: 'busy' });
    await world.mac.end();
    expect(world.told('a')).toEqual(['queued', 'cancelled']);
    expect(world.told('x')).toEqual(['queued', 'acting', 'done']);
    expect(world.journal.command('y')).toMatchObject({ state: 'failed', error: { code: 'too_late' } });
    await world.clock.advance(60_000);
    expect(world.mac.acts).toHaveLength(1);
  });

  test('a lookup is answered, an upload is tried until it works', async () => {
    let tries = 0;
    await world.restart({
      errands: {
        lookUp: ({ id, handles }) => ({
          type: 'lookup.answered',
          commandId: id,
          at: isoTime(world.clock.now()),
          results: handles.map((handle) => ({ handle, imessage: 'unknown', source: 'none', seenAt: null })),
        }),
        upload: async () => {
          tries += 1;
          if (tries < 3) throw new AppError('no bridge', { code: 'media_unavailable', retry: 'later' });
        },
      },
    });
    world.ask('a', { type: 'lookup', handles: [ANNA] });
    await eventually(() => world.stateOf('a') === 'done');
    expect(world.told('a')).toEqual(['queued', 'lookup.answered', 'acting', 'done']);
    world.ask('b', { type: 'media.upload', mediaId: 'med_1', attachmentGuid: 'at_0' });
    await eventually(async () => {
      await world.clock.advance(1_000);
      return world.stateOf('b') === 'done';
    });
    expect(tries).toBe(3);
    expect(world.told('b')).toContain('media.uploaded');
  });
});
