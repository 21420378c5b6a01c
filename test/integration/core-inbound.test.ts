import { describe, expect, test } from 'vitest';
import { AT, factBed, HER, IN_GROUP, LATER, LINE, photo, where } from '../support/fact-bed.ts';

const jpeg = { name: 'IMG_1.jpg', mimeType: 'image/jpeg' } as const;

describe('a file of which the Mac makes a rendition', () => {
  test('is told with both, and both are ordered', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const id = await hear('M1', { attachments: [{ ...photo, part: 2, rendition: jpeg }] });
    const [event] = await told();
    const [file] = (event?.data.attachments ?? []) as { id: string; rendition: { id: string } }[];
    expect(file).toMatchObject({
      part: 2,
      position: 0,
      rendition: {
        filename: 'IMG_1.jpg',
        mimeType: 'image/jpeg',
        url: `/v1/media/${file?.rendition.id}/content`,
      },
    });
    const orders = (await bridge.core.commandsAfter(agent.agentId, 0, 9)).map(({ command }) => command);
    expect(orders).toMatchObject([
      { type: 'media.upload', mediaId: file?.id, attachmentGuid: 'A1' },
      { type: 'media.upload', mediaId: file?.rendition.id, attachmentGuid: 'A1', rendition: true },
    ]);
    expect(orders[0]).not.toHaveProperty('rendition');

    const error = { code: 'rendition_failed', message: 'no' };
    await agent.tell({ type: 'media.uploaded', commandId: orders[1]?.id ?? '', error });
    const { message } = await bridge.core.getMessage(bridge.live, id);
    expect((await bridge.core.partsOf([message])).get(id)?.attachments).toMatchObject([
      { id: file?.id, state: 'complete', rendition: null },
    ]);
    expect(await bridge.core.getMedia(bridge.live, file?.rendition.id ?? '')).toMatchObject({
      state: 'failed',
    });
    expect(await bridge.core.getMedia(bridge.live, file?.id ?? '')).toMatchObject({ state: 'pending' });
  });

  test('that still comes has the ids of both at once, and keeps its place when it is whole', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const pending = { ...photo, state: 'pending', part: 1, position: 4, rendition: jpeg } as const;
    const id = await hear('M1', { attachments: [{ ...pending, transcription: 'hi' }] });
    const [event] = await told();
    expect(await bridge.core.commandsAfter(agent.agentId, 0, 9)).toEqual([]);
    const { part: _part, ...whole } = { ...pending, state: 'complete', position: null } as const;
    await agent.tell({ type: 'attachment.changed', guid: 'M1', attachment: whole });
    await agent.tell({ type: 'attachment.changed', guid: 'M1', attachment: whole });
    const { message } = await bridge.core.getMessage(bridge.live, id);
    const [file] = (await bridge.core.partsOf([message])).get(id)?.attachments ?? [];
    const [before] = (event?.data.attachments ?? []) as object[];
    expect(file).toEqual({ ...before, state: 'complete' });
    expect(file).toMatchObject({ part: 1, position: 4, transcription: 'hi' });
    const orders = (await bridge.core.commandsAfter(agent.agentId, 0, 9)).map(({ command }) => command);
    expect(orders).toMatchObject([{ mediaId: file?.id }, { mediaId: file?.rendition?.id, rendition: true }]);
  });

  test('and that will not come has neither', async () => {
    const { bridge, agent, told, hear } = await factBed();
    const id = await hear('M1', { attachments: [{ ...photo, state: 'pending', rendition: jpeg }] });
    const [event] = await told();
    const [before] = (event?.data.attachments ?? []) as { rendition: { id: string } }[];
    await agent.tell({ type: 'attachment.changed', guid: 'M1', attachment: { ...photo, state: 'failed' } });
    const { message } = await bridge.core.getMessage(bridge.live, id);
    expect((await bridge.core.partsOf([message])).get(id)?.attachments).toMatchObject([
      { id: null, url: null, state: 'failed', rendition: null },
    ]);
    const media = await bridge.core.getMedia(bridge.live, before?.rendition.id ?? '');
    expect(media).toMatchObject({ state: 'failed' });
  });
});

test('what speaks of another message names it by the API’s id', async () => {
  const { told, hear } = await factBed();
  const poll = await hear('POLL');
  const app = { bundleId: 'com.apple.messages.Polls', name: 'poll' } as const;
  await hear('VOTE', { app: { ...app, updates: 'POLL' } });
  await hear('STRAY', { app: { ...app, updates: 'GONE' } });
  await hear('STICKER', { stickerOn: { guid: 'POLL', part: 1 }, subject: 'look', truncated: true });
  const [, vote, stray, sticker] = await told();
  expect(vote?.data.app).toEqual({ ...app, updates: { messageId: poll } });
  expect(stray?.data.app).toEqual({ ...app, updates: { messageId: null, guid: 'GONE' } });
  expect(sticker?.data).toMatchObject({
    stickerOn: { messageId: poll, part: 1 },
    subject: 'look',
    truncated: true,
  });
});

test('the preview of a link that comes late shows in its message', async () => {
  const { bridge, agent, told, hear } = await factBed();
  const id = await hear('M1');
  await told();
  const app = { bundleId: 'com.apple.messages.URLBalloonProvider', name: 'link', title: 'A page' } as const;
  await agent.tell({ type: 'link.changed', guid: 'M1', app });
  expect((await bridge.core.getMessage(bridge.live, id)).message.details.app).toEqual(app);
  expect(await told()).toEqual([]);
});

describe('a group', () => {
  test('that the own user is taken into, leaves, or is taken out of, says so', async () => {
    const { agent, told } = await factBed();
    const note = { ...IN_GROUP, at: AT } as const;
    await agent.tell({ ...note, type: 'group.member_added', guid: 'G1', by: HER });
    await agent.tell({ ...note, type: 'group.member_removed', guid: 'G2', by: null });
    await agent.tell({ ...note, type: 'group.member_removed', guid: 'G3', by: HER });
    const [, ...events] = await told();
    expect(events.map(({ type, data }) => [type, data.member, data.by])).toEqual([
      ['group.member_added', LINE, HER],
      ['group.member_removed', LINE, LINE],
      ['group.member_removed', LINE, HER],
    ]);
  });

  test('that Messages never named is told without its name, and changes none', async () => {
    const { bridge, agent, told } = await factBed();
    const note = { conversation: null, by: HER, at: LATER } as const;
    await agent.tell({ ...note, type: 'group.name_changed', guid: 'G1', name: 'New' });
    await agent.tell({ ...note, type: 'group.icon_changed', guid: 'G2' });
    await agent.tell({ ...note, type: 'group.member_removed', guid: 'G3', member: HER });
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual([
      'group.name_changed',
      'group.icon_changed',
      'group.member_removed',
    ]);
    expect(events.every(({ data }) => data.groupId === null)).toBe(true);
    expect(events[0]?.data).toMatchObject({ oldName: null, newName: 'New', changedBy: HER });
    expect(await bridge.store.listRejectedEvents(agent.agentId, 9)).toEqual([]);
  });
});

test('a failure has Apple’s number and our name of it', async () => {
  const { bridge, agent, told } = await factBed();
  const fail = async (guid: string, apple: number) => {
    const { message } = await bridge.core.sendMessage(bridge.live, { to: HER, text: guid });
    const commands = await bridge.core.commandsAfter(agent.agentId, 0, 9);
    const commandId = commands.at(-1)?.id ?? '';
    const error = { code: 'not_delivered', message: 'no', apple };
    await agent.tell({ ...where, type: 'message.failed', commandId, guid, error });
    return message.id;
  };
  await fail('S1', 6);
  await fail('S2', 22);
  await fail('S3', 4711);
  expect((await told()).map(({ data }) => data.error)).toMatchObject([
    { apple: 6, appleName: 'network' },
    { apple: 22, appleName: 'remote_user_does_not_exist' },
    { apple: 4711, appleName: 'unlisted' },
  ]);
});

test('a message that Messages sends again as SMS is told as sent once more, with that', async () => {
  const { bridge, agent, told } = await factBed();
  const { message } = await bridge.core.sendMessage(bridge.live, { to: HER, text: 'hi' });
  const [command] = await bridge.core.commandsAfter(agent.agentId, 0, 1);
  const sent = { ...where, type: 'message.sent', commandId: command?.id ?? '', guid: 'S1' } as const;
  await agent.tell(sent);
  await agent.tell(sent);
  await agent.tell({ ...sent, service: 'SMS', downgraded: true });
  await agent.tell({ ...sent, service: 'SMS', downgraded: true });
  expect((await told()).map(({ type, data }) => [type, data.downgraded])).toEqual([
    ['message.sent', undefined],
    ['message.sent', true],
  ]);
  const after = (await bridge.core.getMessage(bridge.live, message.id)).message;
  expect(after).toMatchObject({ status: 'sent', service: 'sms', sentAt: Date.parse(AT) });
});
