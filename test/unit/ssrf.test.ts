import type { LookupAddress } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKind } from '../../bridge/runtime/address-kind.ts';
import { checkUrl, guardedLookup } from '../../bridge/webhooks/destination.ts';

const toV4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
const fromV4 = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** Every IPv4 address that may be reached is outside of all of these; written as ranges, not as the code's prefixes. */
const forbiddenV4: [from: string, to: string][] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const v4In = (from: string, to: string): fc.Arbitrary<string> =>
  fc.integer({ min: fromV4(from), max: fromV4(to) }).map(toV4);

const anyV4 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const hextet = fc.integer({ min: 0, max: 0xffff });
const v6 = (first: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  fc
    .tuple(first, fc.array(hextet, { minLength: 7, maxLength: 7 }))
    .map(([head, rest]) => [head, ...rest].map((part) => part.toString(16)).join(':'));

test.each(forbiddenV4)('nothing from %s to %s is reached, and its edges are exact', (from, to) => {
  fc.assert(fc.property(v4In(from, to), (address) => void expect(addressKind(address)).toBe('forbidden')));
  expect(addressKind(from)).toBe('forbidden');
  expect(addressKind(to)).toBe('forbidden');
});

test('an IPv4 address is public exactly when no range has it', () => {
  fc.assert(
    fc.property(anyV4, (value) => {
      const address = toV4(value);
      const forbidden = forbiddenV4.some(([from, to]) => value >= fromV4(from) && value <= fromV4(to));
      const loopback = value >= fromV4('127.0.0.0') && value <= fromV4('127.255.255.255');
      expect(addressKind(address)).toBe(loopback ? 'loopback' : forbidden ? 'forbidden' : 'public');
    }),
    { numRuns: 2_000 },
  );
});

test('an IPv4 address inside of an IPv6 one is never reached', () => {
  fc.assert(
    fc.property(anyV4, (value) => {
      const high = Math.floor(value / 65_536).toString(16);
      const low = (value % 65_536).toString(16);
      for (const prefix of ['::ffff:', '64:ff9b::', '64:ff9b:1::', '::', '2002:', 'fe80::5efe:']) {
        const address = prefix === '2002:' ? `2002:${high}:${low}::1` : `${prefix}${high}:${low}`;
        expect(isIPv6(address)).toBe(true);
        if (address === '::0:1') expect(addressKind(address)).toBe('loopback');
        else expect(addressKind(address)).toBe('forbidden');
      }
      expect(addressKind(`::ffff:${toV4(value)}`)).toBe('forbidden');
    }),
  );
});

test('outside of the global unicast range no IPv6 address is reached', () => {
  const outside = hextet.filter((head) => head < 0x2000 || head > 0x3fff);
  fc.assert(fc.property(v6(outside), (address) => void expect(addressKind(address)).toBe('forbidden')));
});

test.each([
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '100::1',
  '2001::1',
  '2001:0:53aa::1',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '5f00::1',
  '::ffff:127.0.0.1',
  '',
  'localhost',
  '1.2.3',
  '0x7f.1',
  '999.1.1.1',
])('%j is forbidden', (address) => {
  expect(addressKind(address)).toBe('forbidden');
});

test('public and loopback addresses of both families', () => {
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])
    expect(addressKind(address)).toBe('public');
  for (const address of ['127.0.0.1', '127.255.0.3', '::1']) expect(addressKind(address)).toBe('loopback');
});

test.each([
  'ftp://example.com/',
  'http://example.com/',
  'https://user:pass@example.com/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://169.254.169.254/latest/meta-data',
  'https://100.100.100.200/',
  'file:///etc/passwd',
  'not a url',
  '',
])('%j is refused before any lookup', (url) => {
  expect(() => checkUrl(url, false)).toThrow(expect.objectContaining({ code: 'invalid_url' }));
});

test('http is for this machine alone, and only where it is allowed', () => {
  expect(checkUrl('http://127.0.0.1:8080/hook', true).port).toBe('8080');
  expect(checkUrl('https://example.com/hook', false).hostname).toBe('example.com');
  for (const url of ['http://93.184.215.14/', 'http://10.0.0.1/', 'https://10.0.0.1/']) {
    expect(() => checkUrl(url, true)).toThrow(expect.objectContaining({ code: 'invalid_url' }));
  }
});

const address = (text: string): LookupAddress => ({ address: text, family: isIPv6(text) ? 6 : 4 });

const run = (lookup: LookupFunction, all: boolean): Promise<unknown> =>
  new Promise((resolve, reject) => {
    lookup('hook.example', { all }, (error, found, family) =>
      error ? reject(error) : resolve(all ? found : { address: found, family }),
    );
  });

test('one forbidden address among good ones refuses them all', async () => {
  const lookup = guardedLookup('https:', false, async () => [address('1.1.1.1'), address('10.0.0.1')]);
  await expect(run(lookup, true)).rejects.toMatchObject({ code: 'invalid_url' });
  await expect(run(lookup, false)).rejects.toMatchObject({ code: 'invalid_url' });
});

test('a name that answers differently the second time is asked only once for a connection', async () => {
  const answers = [[address('1.1.1.1')], [address('127.0.0.1')]];
  let asked = 0;
  const lookup = guardedLookup('https:', false, async () => answers[asked++] ?? []);
  expect(await run(lookup, true)).toEqual([address('1.1.1.1')]);
  expect(asked).toBe(1);
  await expect(run(lookup, true)).rejects.toMatchObject({ code: 'invalid_url' });
});

test('no address, or an error of the name service, refuses', async () => {
  await expect(
    run(
      guardedLookup('https:', false, async () => []),
      true,
    ),
  ).rejects.toThrow();
  const failing = guardedLookup('https:', false, () => Promise.reject(new Error('SERVFAIL')));
  await expect(run(failing, true)).rejects.toThrow('SERVFAIL');
});

test('http names must lead to this machine, also where it is allowed', async () => {
  const here = guardedLookup('http:', true, async () => [address('127.0.0.1'), address('::1')]);
  expect(await run(here, false)).toEqual({ address: '127.0.0.1', family: 4 });
  const elsewhere = guardedLookup('http:', true, async () => [address('1.1.1.1')]);
  await expect(run(elsewhere, false)).rejects.toMatchObject({ code: 'invalid_url' });
});
