import { expect, test } from 'vitest';
import type { StoredMessage } from '../../agent/messages-db/message-row.ts';
import { ownStateChanges, toldAfter } from '../../agent/messages-db/own-state.ts';

const row = (more: Partial<StoredMessage>): StoredMessage => ({
  ...{ rowid: 1, guid: 'g', text: null, body: null, service: 'iMessage', fromMe: 1, date: 1, itemType: 0 },
  ...{ associatedType: 0, associatedGuid: null, balloon: null, files: 0, caller: null, account: null },
  ...{ sender: '+14155550101', chatStyle: 45, chatIdentifier: '+14155550101', chatFiltered: 0 },
  lastAddressed: null,
  ...more,
});

/** What is told of a row as it changes, step by step. */
function told(...steps: Partial<StoredMessage>[]): string[] {
  let letters = '';
  return steps.flatMap((step) => {
    const changes = ownStateChanges(row(step), letters, 0);
    letters = toldAfter(row(step), letters, 0);
    return changes.map(({ state, downgraded }) => (downgraded ? `${state} as SMS` : state));
  });
}

test('a row that is sent as SMS says so with its state, or once more when that was told before', () => {
  const sent = { sent: 1 };
  const sms = { sent: 1, downgraded: 1, service: 'SMS' };
  expect(told(sms, sms)).toEqual(['sent as SMS']);
  expect(told(sent, sent, sms, sms)).toEqual(['sent', 'sent as SMS']);
  expect(told({ downgraded: 1 }, sms)).toEqual(['sent as SMS']);
  expect(told(sent, { ...sms, delivered: 1 }, { ...sms, delivered: 1 })).toEqual([
    'sent',
    'sent as SMS',
    'delivered as SMS',
  ]);
  expect(told({ error: 22 }, sms, sms)).toEqual(['failed', 'sent as SMS']);
});

test('a stamp that cannot be is none: only what else the row says counts', () => {
  const bogus = Number.MAX_SAFE_INTEGER;
  expect(told({ sent: 1, dateRead: bogus, dateDelivered: bogus })).toEqual(['sent']);
  expect(told({ sent: 1, read: 1, dateRead: bogus })).toEqual(['sent', 'delivered', 'read']);
});

test('a text for later says nothing before it is sent or fails, whatever number stands for later', () => {
  for (const scheduleType of [1, 2]) {
    const later = { sent: 1, scheduleType, scheduleState: 1 };
    expect(told(later, { ...later, scheduleState: 4 }, { ...later, scheduleState: 2 })).toEqual(['sent']);
    expect(told(later, { ...later, scheduleState: 3, error: 22 })).toEqual(['failed']);
  }
});
