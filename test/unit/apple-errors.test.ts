import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { appleError } from '../../agent/mac/apple-errors.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

const REFERENCE = packageFile('..', 'shared', 'reference', 'mac-actions.md');
const unknown = appleError(-31_415, 'send');

test.each([
  [1, 'act_failed', 'never'],
  [-600, 'messages_not_running', 'later'],
  [-609, 'messages_not_running', 'later'],
  [-1712, 'act_timed_out', 'later'],
  [-1719, 'act_failed', 'never'],
  [-1728, 'act_failed', 'never'],
  [-1700, 'act_failed', 'never'],
  [-1743, 'automation_denied', 'after-fix'],
  [-1744, 'automation_denied', 'after-fix'],
  [-10004, 'automation_denied', 'after-fix'],
  [-10002, 'act_failed', 'never'],
  [-2741, 'act_failed', 'never'],
  [-2753, 'act_failed', 'never'],
  [-2700, 'act_failed', 'never'],
  [-25211, 'accessibility_denied', 'after-fix'],
  [1002, 'accessibility_denied', 'after-fix'],
] as const)('%d before the send is %s, to be tried again %s, with what to do', (number, code, retry) => {
  const meaning = appleError(number, 'participant');
  expect(meaning.code).toBe(code);
  expect(meaning.message).not.toBe(unknown.message);
  expect(messageErrors[code]).toMatchObject({ retry, hint: expect.stringMatching(/\.$/) });
});

test('an account that is not there is a sign-in that is missing; a number that nobody told of is final', () => {
  expect(appleError(-1728, 'account').code).toBe('imessage_signed_out');
  expect(unknown.code).toBe('act_failed');
});

test.skipIf(!existsSync(REFERENCE))('every number that the notes on Macs list has a meaning', () => {
  const page = readFileSync(REFERENCE, 'utf8');
  const table = page.slice(page.indexOf('| code | meaning here | action |')).split('\n\n')[0] ?? '';
  const listed = table
    .split('\n')
    .map((row) => row.split('|')[1] ?? '')
    .flatMap((cell) => cell.match(/(?<![\w#])-?\d+\b/g) ?? [])
    // The number of a report, not of an error.
    .filter((number) => number !== '360')
    .map(Number);
  expect(listed.length).toBeGreaterThan(12);
  expect(listed.filter((number) => appleError(number, 'x').message === unknown.message)).toEqual([]);
});
