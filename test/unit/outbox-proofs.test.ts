import { expect, test } from 'vitest';
import type { JournaledCommand } from '../../agent/journal/types.ts';
import { rowProves } from '../../agent/outbox/proofs.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { type EvidenceRow, TestEvidence } from '../support/outbox-world.ts';

const HER = '+14155550101';

const proves = (sent: string, found: string, more: Partial<EvidenceRow> = {}): boolean => {
  const evidence = new TestEvidence();
  const chat = { kind: 'direct', identifier: HER, participants: [HER], name: null } as EvidenceRow['chat'];
  const row = evidence.add(1_000, { chat, text: found, ...more });
  const command = {
    command: sendCommand('cmd_1', { to: HER, text: sent }),
    part: 0,
    highWater: 100,
    actedAt: 900,
  };
  return rowProves(row, command as JournaledCommand, evidence);
};

test.each([
  ['as it was sent', 'hello', 'hello'],
  ['composed', 'e\u0301te\u0301', '\u00e9t\u00e9'],
  ['without the sign for colours', 'ok \u263a\ufe0f!', 'ok \u263a!'],
  ['without the sign of a file', 'a\ufffcb', 'ab'],
  ['with smart punctuation', `"so" -- it's...`, '\u201cso\u201d \u2014 it\u2019s\u2026'],
])('a row with the text %s proves a send', (_name, sent, found) => {
  expect(proves(sent, found)).toBe(true);
});

test.each([
  ['another text', 'hello', 'hell'],
  ['other case', 'hello', 'Hello'],
  ['other white space', 'a b', 'a  b'],
  ['a file alone', '\ufe0f', '\ufffc'],
])('%s proves nothing', (_name, sent, found) => {
  expect(proves(sent, found)).toBe(false);
});

test('the text elsewhere, or before the act, proves nothing', () => {
  const chat = {
    kind: 'direct',
    identifier: '+14155550102',
    participants: [],
    name: null,
  } as EvidenceRow['chat'];
  expect(proves('hello', 'hello', { chat })).toBe(false);
  expect(proves('hello', 'hello', { chat: null })).toBe(false);
  expect(proves('hello', 'hello', { rowid: 100 })).toBe(false);
});
