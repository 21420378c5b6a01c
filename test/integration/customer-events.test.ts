import { expect, test } from 'vitest';
import { eventTypes, isEventPattern } from '../../bridge/core/event-types.ts';
import { type EventContent, raiseEvent } from '../../bridge/core/raise-event.ts';
import { envelopeOf } from '../../bridge/protocol/customer-events.ts';
import { testCore } from '../support/bridge-core.ts';
import { takeEvents } from '../support/customer-events.ts';
import { AT, HER, LATER, LINE } from '../support/fact-bed.ts';

const line = { lineId: 'ln_1' };
const message = { messageId: 'msg_1', ...line };
const target = { messageId: null, guid: 'G', ...line };
const call = { callId: 'call_1', direction: 'inbound', type: 'video', from: HER, to: null, ...line } as const;
const group = { groupId: 'grp_1', at: AT, ...line };
const reaction = {
  ...target,
  part: 1,
  reaction: 'emoji',
  emoji: '🦊',
  from: HER,
  direction: 'inbound',
  at: AT,
} as const;
const typing = { from: HER, conversation: 'cnv_1', ...line };
const consent = { phoneNumber: HER, keyword: 'STOP', source: 'message', ...line };
/** What JSON could write in more than one way. */
const NASTY = 'ü\u2028\u0000\\/"</script>\uFFFC';

const samples: EventContent[] = [
  {
    type: 'message.sent',
    data: {
      ...message,
      to: HER,
      from: LINE,
      text: NASTY,
      status: 'sent',
      sentAt: AT,
      metadata: { 7: 'a', b: '1.0' },
    },
  },
  { type: 'message.delivered', data: { ...message, deliveredAt: AT } },
  { type: 'message.read', data: { ...message, readAt: AT } },
  {
    type: 'message.failed',
    data: { ...message, error: { code: 'x', message: 'y', apple: 6, appleName: 'network' }, failedAt: AT },
  },
  {
    type: 'message.received',
    data: {
      ...message,
      from: HER,
      to: LINE,
      text: NASTY,
      attachments: [],
      service: 'imessage',
      receivedAt: AT,
    },
  },
  {
    type: 'message.edited',
    data: {
      ...{ ...target, direction: 'inbound', text: 'b', part: 0, editCount: 1, editedAt: AT },
      history: [
        { text: 'a', at: AT },
        { text: 'b', at: AT, truncated: true },
      ],
    },
  },
  {
    type: 'message.unsent',
    data: { ...target, direction: 'inbound', unsentAt: AT, parts: [0, 2], text: '' },
  },
  { type: 'message.scheduled', data: { ...message, scheduledAt: LATER } },
  { type: 'message.canceled', data: { ...message, canceledAt: AT, reason: 'operator' } },
  { type: 'reaction.added', data: reaction },
  { type: 'reaction.removed', data: reaction },
  { type: 'typing.started', data: typing },
  { type: 'typing.stopped', data: typing },
  { type: 'call.initiated', data: { ...call, at: AT } },
  { type: 'call.ringing', data: { ...call, at: AT } },
  { type: 'call.answered', data: { ...call, answeredAt: AT } },
  { type: 'call.ended', data: { ...call, endReason: 'unknown', durationSeconds: 0.1 + 0.2, endedAt: AT } },
  { type: 'call.declined', data: { ...call, at: AT } },
  { type: 'call.missed', data: { ...call, at: AT } },
  { type: 'call.failed', data: { ...call, error: { code: 'x', message: 'y' }, at: AT } },
  { type: 'group.created', data: { groupId: 'grp_1', name: null, members: [HER], ...line } },
  { type: 'group.name_changed', data: { ...group, oldName: null, newName: NASTY, changedBy: HER } },
  { type: 'group.icon_changed', data: { ...group, iconUrl: null, changedBy: HER } },
  { type: 'group.member_added', data: { ...group, member: HER, by: LINE } },
  { type: 'group.member_removed', data: { ...group, member: HER, by: HER } },
  { type: 'contact.opted_out', data: consent },
  { type: 'contact.opted_in', data: { ...consent, keyword: null } },
  {
    type: 'line.status_changed',
    data: {
      status: 'banned',
      health: 'critical',
      ban: 'banned',
      previous: { status: 'provisioning', health: null, ban: null },
      changedAt: AT,
      ...line,
    },
  },
  {
    type: 'line.limit_reached',
    data: { kind: 'daily', cap: 20, used: 20, resetsAt: LATER, reachedAt: AT, ...line },
  },
];

test('each of the 29 events is known, of its shape, and the same bytes when it is parsed and written again', async () => {
  const bridge = await testCore();
  const { accountId, mode } = bridge.live;
  await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/hook' });
  expect(samples.map(({ type }) => type).sort()).toEqual([...eventTypes].sort());
  expect(eventTypes).toHaveLength(29);
  for (const content of samples) {
    expect(isEventPattern(content.type)).toBe(true);
    await raiseEvent(bridge.store, { accountId, mode, orderingKey: 'k', ...content }, bridge.clock.now());
    const [payload = ''] = await takeEvents(bridge);
    expect(JSON.stringify(JSON.parse(payload)), content.type).toBe(payload);
    const event = JSON.parse(payload) as { data: unknown };
    expect(envelopeOf(content.type).parse(event)).toEqual(event);
    expect(event.data).toEqual(content.data);
  }
});
