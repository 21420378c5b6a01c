import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ActRequest, actRequestOf } from '../../agent/mac/request.ts';

const request: ActRequest = {
  actId: 'act_1',
  actsFolder: '/acts',
  script: 'send-text',
  libraries: ['sending'],
  input: { handle: '+14155550103', text: 'hi' },
  target: { kind: 'virtual', home: '/mac' },
  deadlineMs: 5_000,
  beginBefore: 1_000,
};

describe('what a worker is asked', () => {
  test.for<ActRequest>([
    request,
    { ...request, target: { kind: 'system' } },
    { ...request, libraries: undefined, input: {} },
  ])('is taken as it is: %j', (asked) => {
    expect(actRequestOf(asked)).toEqual(asked);
  });

  test.for<[string, Record<string, unknown>]>([
    ['no id', { actId: 1 }],
    ['no folder', { actsFolder: undefined }],
    ['a program that is a path', { script: '../send-text' }],
    ['a program that is a list', { script: ['send-text'] }],
    ['a library that is a path', { libraries: ['sending', '/etc/passwd'] }],
    ['too many libraries', { libraries: Array(9).fill('sending') }],
    ['libraries that are none', { libraries: { length: 0 } }],
    ['an input that is a list', { input: [] }],
    ['another Mac', { target: { kind: 'other' } }],
    ['a virtual Mac nowhere', { target: { kind: 'virtual' } }],
    ['a target with more than it has', { target: { kind: 'system', home: '/mac' } }],
    ['no time', { deadlineMs: 0 }],
    ['half a millisecond', { deadlineMs: 0.5 }],
    ['time without an end', { beginBefore: Number.POSITIVE_INFINITY }],
    ['more than it knows', { environment: {} }],
  ])('is refused with %s', ([, over]) => {
    expect(actRequestOf({ ...request, ...over })).toBeUndefined();
  });

  test('is refused when it is anything else', () => {
    fc.assert(fc.property(fc.anything(), (value) => actRequestOf(value) === undefined));
  });
});
