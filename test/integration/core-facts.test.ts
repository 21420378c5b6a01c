import { describe, expect, test } from 'vitest';
import type { EventType } from '../../bridge/protocol/customer-events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { AT, factBed, HER, IN_GROUP, LATER, LINE, photo, received, where } from '../support/fact-bed.ts';

describe('a received message', () => {
  test('keeps and tells all that Messages holds of it', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const first = await hear('M0');
    const id = await hear('M1', {
      text: '\uFFFC see this',
      line: 'me@example.com',
      service: 'RCS',
      runs: [{ start: 2, length: 3, kind: 'bold' }],
      attachments: [photo, { ...photo, guid: 'A2', state: 'failed', sha256: undefined }],
      replyTo: { guid: 'M0', part: 1 },
      effect: 'lasers',
      voiceNote: true,
      app: { bundleId: 'com.apple.messages.URLBalloonProvider', name: 'link', url: 'https://example.com/' },
      filtered: 'junk',
    });
    const { message } = await bridge.core.getMessage(bridge.live, id);
    const parts = (await bridge.core.partsOf([message])).get(id);
    const mediaId = parts?.attachments[0]?.id ?? '';
    expect(mediaId).toMatch(/^med_/);
    const [, event] = await told();
    expect(event).toEqual({
      type: 'message.received',
      data: {
        messageId: id,
        from: HER,
        to: 'me@example.com',
        text: '\uFFFC see this',
        runs: [{ start: 2, length: 3, kind: 'bold' }],
        attachments: [
          {
            id: mediaId,
            filename: 'IMG_1.HEIC',
            mimeType: 'image/heic',
            sizeBytes: 3,
            kind: 'image',
            state: 'complete',
            url: `/v1/media/${mediaId}/content`,
            part: null,
            position: 0,
            transcription: null,
            rendition: null,
          },
          expect.objectContaining({ id: null, state: 'failed', url: null }),
        ],
        replyTo: { messageId: first, part: 1 },
        effect: 'lasers',
        voiceNote: true,
        app: { bundleId: 'com.apple.messages.URLBalloonProvider', name: 'link', url: 'https://example.com/' },
        filtered: 'junk',
        service: 'rcs',
        receivedAt: AT,
        lineId: agent.lineId,
      },
    });
    expect(parts?.attachments).toEqual(event?.data.attachments);
    expect(message).toMatchObject({ to: 'me@example.com', details: { effect: 'lasers', filtered: 'junk' } });
    const commands = await bridge.core.commandsAfter(agent.agentId, 0, 10);
    expect(commands.map(({ command }) => command)).toMatchObject([
      { type: 'media.upload', mediaId, attachmentGuid: 'A1', traceId: message.traceId },
    ]);
  });

  test('that was asked for as history stands where it happened and says so', async () => {
    const { bridge, told, hear } = await factBed();
    const id = await hear('M1', { backfill: true, toSelf: true, replyTo: { guid: 'never', part: 0 } });
    expect((await bridge.core.getMessage(bridge.live, id)).message.createdAt).toBe(
      Math.min(Date.parse(AT), bridge.clock.now()),
    );
    expect((await told())[0]?.data).toMatchObject({
      backfill: true,
      toSelf: true,
      replyTo: { messageId: null, part: 0, guid: 'never' },
    });
  });

  test('orders the bytes of a pending file once it is whole, under the id that was told before', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const pending = { ...photo, state: 'pending', bytes: 0 } as const;
    const id = await hear('M1', { attachments: [pending] });
    const [message1] = await told();
    const [file] = (message1?.data.attachments ?? []) as { id: string }[];
    const mediaId = file?.id ?? '';
    expect(await bridge.core.commandsAfter(agent.agentId, 0, 9)).toEqual([]);
    let woken = 0;
    bridge.core.wakeups.onCommand(() => {
      woken += 1;
    });
    const change = { type: 'attachment.changed', guid: 'M1', attachment: photo } as const;
    await agent.tell(change);
    await agent.tell(change);
    const commands = await bridge.core.commandsAfter(agent.agentId, 0, 9);
    expect(commands.map(({ command }) => command.type === 'media.upload' && command.mediaId)).toEqual([
      mediaId,
    ]);
    expect(woken).toBe(1);
    const { message } = await bridge.core.getMessage(bridge.live, id);
    expect((await bridge.core.partsOf([message])).get(id)?.attachments).toMatchObject([
      { id: mediaId, state: 'complete', sizeBytes: 3 },
    ]);
    await agent.tell({ ...change, attachment: { ...photo, guid: 'A9', state: 'failed' } });
    expect((await bridge.core.partsOf([message])).get(id)?.attachments).toHaveLength(2);
    await agent.tell({ type: 'command.state', commandId: commands[0]?.id ?? '', state: 'failed' });
    expect(await bridge.core.getMedia(bridge.live, mediaId)).toMatchObject({ state: 'failed' });
    expect(await told()).toEqual([]);
  });
});

describe('a message that changes', () => {
  test('is edited with its history, once for each edit', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const id = await hear('M1');
    await told();
    const history = [
      { text: 'hello', at: AT },
      { text: 'hallo', at: LATER },
    ];
    const edit = { ...where, type: 'message.edited', guid: 'M1', from: HER, part: 0, at: LATER } as const;
    await agent.tell({ ...edit, text: 'hallo', history });
    await agent.tell({ ...edit, text: 'hallo', history });
    expect(await told()).toEqual([
      {
        type: 'message.edited',
        data: {
          messageId: id,
          direction: 'inbound',
          text: 'hallo',
          previousText: 'hello',
          part: 0,
          history,
          editCount: 1,
          editedAt: LATER,
          lineId: agent.lineId,
        },
      },
    ]);
    const { message, timeline } = await bridge.core.getMessage(bridge.live, id);
    expect(message).toMatchObject({ text: 'hallo', editCount: 1, editedAt: Date.parse(LATER) });
    expect(message.details.history).toEqual(history.map((entry) => ({ part: 0, ...entry })));
    expect(timeline.map(({ step }) => step)).toEqual(['received', 'edited']);
  });

  test('is unsent in part, then whole, and a late edit brings no text back', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const id = await hear('M1');
    await told();
    const unsent = { ...where, type: 'message.unsent', guid: 'M1', from: HER } as const;
    await agent.tell({ ...unsent, parts: [2, 1, 1], text: 'he' });
    const half = await bridge.core.getMessage(bridge.live, id);
    expect(half.message).toMatchObject({ text: 'he', unsentAt: null, details: { unsentParts: [1, 2] } });
    await agent.tell({ ...unsent, parts: null, text: '' });
    await agent.tell({ ...unsent, parts: null, text: '' });
    await agent.tell({
      ...where,
      type: 'message.edited',
      guid: 'M1',
      from: HER,
      part: 0,
      text: 'back',
      history: [],
    });
    const { message } = await bridge.core.getMessage(bridge.live, id);
    expect(message).toMatchObject({ text: '', unsentAt: Date.parse(AT), status: 'received' });
    expect((await told()).filter(({ type }) => type === 'message.unsent')).toMatchObject([
      { data: { messageId: id, parts: [1, 2], text: 'he', unsentAt: AT, direction: 'inbound' } },
      { data: { messageId: id, parts: null, text: '' } },
    ]);
  });

  test('that the line sent is unsent for good, whatever comes late', async () => {
    const { bridge, agent, told } = await factBed();
    const { message } = await bridge.core.sendMessage(bridge.live, { to: HER, text: 'oops' });
    const [command] = await bridge.core.commandsAfter(agent.agentId, 0, 1);
    const state = { commandId: command?.id ?? '', guid: 'S1', service: 'SMS', at: AT } as const;
    await agent.tell({ type: 'message.sent', ...state, downgraded: true });
    await agent.tell({ ...where, type: 'message.unsent', guid: 'S1', from: null, parts: null, text: '' });
    await agent.tell({ type: 'message.delivered', ...state });
    const after = (await bridge.core.getMessage(bridge.live, message.id)).message;
    expect(after).toMatchObject({ status: 'unsent', deliveredAt: Date.parse(AT), service: 'sms' });
    expect((await told()).map(({ type, data }) => [type, data.direction ?? data.downgraded])).toEqual([
      ['message.sent', true],
      ['message.unsent', 'outbound'],
      ['message.delivered', undefined],
    ]);
  });

  test('is canceled when its command was, and nothing follows', async () => {
    const { bridge, agent, told } = await factBed();
    const { message } = await bridge.core.sendMessage(bridge.live, { to: HER, text: 'later' });
    const [command] = await bridge.core.commandsAfter(agent.agentId, 0, 1);
    const commandId = command?.id ?? '';
    await agent.tell({ type: 'command.state', commandId, state: 'cancelled', at: AT });
    await agent.tell({ type: 'message.sent', commandId, guid: 'S1', service: 'iMessage' });
    expect(await told()).toMatchObject([
      { type: 'message.canceled', data: { messageId: message.id, canceledAt: AT } },
    ]);
  });
});

describe('a tapback', () => {
  const love = {
    ...where,
    type: 'reaction.added',
    guid: 'R1',
    from: HER,
    target: { guid: 'M1', part: 0 },
    reaction: 'love',
  } as const;

  test('stands once for an actor and a part, and names its target by the API’s id', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const id = await hear('M1');
    await told();
    const standing = async () => {
      const { message } = await bridge.core.getMessage(bridge.live, id);
      return (await bridge.core.partsOf([message])).get(id)?.reactions;
    };
    await agent.tell(love);
    await agent.tell(love);
    await agent.tell({ ...love, guid: 'R2', from: null, reaction: 'emoji', emoji: '🦊' });
    expect(await standing()).toMatchObject([
      { reaction: 'emoji', emoji: '🦊', from: LINE, direction: 'outbound' },
      { reaction: 'love', from: HER, part: 0, at: AT },
    ]);
    // Changed: the addition of the new one may be told before the removal of the old one.
    await agent.tell({ ...love, guid: 'R3', reaction: 'laugh', at: LATER });
    await agent.tell({ ...love, type: 'reaction.removed', at: LATER });
    expect(await standing()).toMatchObject([{ reaction: 'emoji' }, { reaction: 'laugh', from: HER }]);
    await agent.tell({ ...love, type: 'reaction.removed', guid: 'R4', reaction: 'laugh', at: LATER });
    expect(await standing()).toMatchObject([{ reaction: 'emoji' }]);
    const events = await told();
    expect(events.map(({ type, data }) => `${type} ${data.reaction}`)).toEqual([
      'reaction.added love',
      'reaction.added emoji',
      'reaction.added laugh',
      'reaction.removed love',
      'reaction.removed laugh',
    ]);
    expect(new Set(events.map(({ data }) => data.messageId))).toEqual(new Set([id]));
  });

  test('on a message that nobody here knows is told with the name of the Mac', async () => {
    const { agent, told } = await factBed();
    await agent.tell({ ...love, ...IN_GROUP, target: { guid: 'ELSEWHERE', part: 3 } });
    await agent.tell({
      ...where,
      type: 'message.edited',
      guid: 'X',
      from: null,
      part: 0,
      text: 'b',
      history: [],
    });
    await agent.tell({
      ...where,
      conversation: null,
      type: 'message.unsent',
      guid: 'Y',
      from: null,
      parts: null,
      text: '',
    });
    const events = await told();
    expect(events.map(({ type }) => type).sort()).toEqual([
      'group.created',
      'message.edited',
      'message.unsent',
      'reaction.added',
    ]);
    const dataOf = (type: EventType) => events.find((event) => event.type === type)?.data;
    expect(dataOf('reaction.added')).toMatchObject({
      messageId: null,
      guid: 'ELSEWHERE',
      groupId: dataOf('group.created')?.groupId,
    });
    expect(dataOf('message.edited')).toMatchObject({
      messageId: null,
      guid: 'X',
      direction: 'outbound',
      editCount: 1,
    });
    expect(dataOf('message.unsent')).toMatchObject({ messageId: null, guid: 'Y', parts: null });
  });
});

describe('an event of which nothing can be made', () => {
  test('is kept aside and acknowledged, and those behind it are taken', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const poison = { type: 'attachment.changed', guid: 'NOBODY', attachment: photo } as const;
    expect(await agent.tell(poison)).toBe(true);
    expect(
      await agent.tell({ type: 'link.changed', guid: 'NOBODY', app: { bundleId: 'b', name: 'link' } }),
    ).toBe(true);
    expect(await agent.tell({ type: 'media.uploaded', commandId: 'cmd_none' })).toBe(true);
    expect(await agent.tell({ ...received, guid: 'M9', at: 'never' })).toBe(true);
    expect(await hear('M1')).toMatch(/^msg_/);
    expect((await told()).map(({ type }) => type)).toEqual(['message.received']);
    const rejected = await bridge.store.listRejectedEvents(agent.agentId, 9);
    expect(rejected.map(({ seq, code }) => [seq, code])).toEqual([
      [4, 'row_refused'],
      [3, 'not_found'],
      [2, 'not_found'],
      [1, 'not_found'],
    ]);
    expect(rejected[3]?.event).toMatchObject({ ...poison, at: isoTime(bridge.clock.now()) });
  });

  test('is not one that a store in trouble refuses: that is told again', async () => {
    const { bridge, agent } = await factBed();
    await bridge.store.close();
    await expect(agent.tell(received)).rejects.toThrow();
  });
});

test('what comes back for a command is kept with it', async () => {
  const { bridge, agent, hear } = await factBed();
  await hear('M1', { attachments: [photo] });
  const [command] = await bridge.core.commandsAfter(agent.agentId, 0, 1);
  const commandId = command?.id ?? '';
  const error = { code: 'file_not_sendable', message: 'gone' };
  await agent.tell({ type: 'media.uploaded', commandId, at: AT, error });
  expect(await bridge.store.findCommandResult(commandId)).toMatchObject({ result: { error } });
  expect(await bridge.store.findMediaByCommand(commandId)).toMatchObject({
    state: 'failed',
    errorCode: error.code,
  });
});
