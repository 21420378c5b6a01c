import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventTypes, isEventPattern, wantsEvent } from '../../bridge/core/event-types.ts';
import { handleFromMac, normaliseHandle } from '../../bridge/core/handles.ts';
import { isStorable, storable } from '../../bridge/core/storable.ts';
import { parseWebhookUrl } from '../../bridge/core/webhook-url.ts';

describe('handles', () => {
  test.each([
    ['+14155550101', '+14155550101'],
    [' +1 (415) 555-0101 ', '+14155550101'],
    ['+442071838750', '+442071838750'],
    ['Her.Name+Tag@Example.COM', 'her.name+tag@example.com'],
  ])('%s is stored as %s', (written, stored) => {
    expect(normaliseHandle(written)).toBe(stored);
    expect(normaliseHandle(stored)).toBe(stored);
  });

  test.each([
    '',
    '4155550101',
    '+1',
    '+10000000000',
    '+1415555010',
    '+141555501011',
    '+14155550101 ext. 5',
    '+14155550101;+14155550102',
    'tel:+14155550101',
    '00442071838750',
    'her@',
    '@example.com',
    'her@example',
    'a b@example.com',
    'a@b@example.com',
    `${'x'.repeat(300)}@example.com`,
    `+${'1'.repeat(300)}`,
    'her@exam\0ple.com',
  ])('%j is no handle', (written) => {
    expect(normaliseHandle(written)).toBeUndefined();
  });

  test('what is no handle of ours, such as a short code, is kept as the Mac gave it', () => {
    expect(handleFromMac('262966')).toBe('262966');
    expect(handleFromMac('+1 415 555 0101')).toBe('+14155550101');
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void normaliseHandle(text)));
  });
});

describe('storable', () => {
  test('NUL and lone surrogates are seen and shown as U+FFFD, at any depth, and all else stays', () => {
    expect(isStorable('a\0')).toBe(false);
    expect(isStorable('\uD83D')).toBe(false);
    expect(isStorable('\uDE00\uD83D')).toBe(false);
    expect(isStorable('\u{1F600}\uFFFF\u202E\r\n')).toBe(true);
    expect(storable({ a: ['x\0', 1, null, { b: '\uD83Dz' }] })).toEqual({
      a: ['x\uFFFD', 1, null, { b: '\uFFFDz' }],
    });
  });

  test('what comes out can be stored, and UTF-8 gives it back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = storable(String.fromCharCode(...units));
        expect(isStorable(text)).toBe(true);
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        expect(text).toHaveLength(units.length);
      }),
    );
  });
});

describe('events', () => {
  test('there are 29, each its own pattern', () => {
    expect(new Set(eventTypes).size).toBe(29);
    for (const type of eventTypes) {
      expect(isEventPattern(type)).toBe(true);
      expect(wantsEvent([type], type)).toBe(true);
    }
  });

  test('patterns match their family alone', () => {
    expect(wantsEvent([], 'call.ended')).toBe(true);
    expect(wantsEvent(['*'], 'call.ended')).toBe(true);
    expect(wantsEvent(['message.*', 'call.failed'], 'message.read')).toBe(true);
    expect(wantsEvent(['message.*', 'call.failed'], 'call.ended')).toBe(false);
    for (const pattern of ['', '.*', '**', 'message', 'message.', 'nothing.*', 'message.re*', 'Message.read'])
      expect(isEventPattern(pattern)).toBe(false);
  });
});

describe('webhook URLs', () => {
  const allowed = (url: string, allowHttp = false): boolean => {
    try {
      parseWebhookUrl(url, { allowHttp });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_url', param: 'url', retry: 'never' });
      return false;
    }
  };

  test.each([
    'https://example.com',
    'https://example.com:8443/a?b=c#d',
    'https://93.184.216.34/',
    'https://münchen.de/',
  ])('%s is taken', (url) => {
    expect(allowed(url)).toBe(true);
    expect(allowed(url, true)).toBe(true);
  });

  test.each([
    'http://example.com/',
    'ftp://example.com/',
    'javascript:alert(1)',
    'example.com',
    '/hook',
    '',
    'https://',
    'https://user:pass@example.com/',
    'https://user@example.com/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://192.168.1.1/',
    'https://0x0a.1/',
    'https://[fe80::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0.0.0.0/',
    `https://example.com/${'x'.repeat(2_048)}`,
  ])('%s is refused, in a trial as well', (url) => {
    expect(allowed(url)).toBe(false);
    expect(allowed(url, true)).toBe(false);
  });

  test.each([
    'http://localhost:3000/',
    'http://127.0.0.1:3000/',
    'http://127.1:3000/',
    'http://[::1]:3000/',
    'https://localhost/',
    'http://localhost./',
  ])('%s is taken in a trial alone', (url) => {
    expect(allowed(url)).toBe(false);
    expect(allowed(url, true)).toBe(true);
  });
});
