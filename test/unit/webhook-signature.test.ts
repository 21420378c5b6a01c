import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signatureHeaders } from '../../bridge/webhooks/signature.ts';
import { isSigned } from '../support/webhook-receiver.ts';

const secret = 'whsec_dGVzdA';

test('the plain signature is bare hex keyed with the whole secret, prefix and all', () => {
  const body = Buffer.from('{"type":"message.read"}');
  const headers = signatureHeaders(secret, body, 1_767_225_600);
  expect(headers).toEqual({
    'x-bluereplies-signature': 'd15ea00d2dda2f660cd5f1c6c6c5d6f81da02e434b94985a39f7955b36517921',
    'x-bluereplies-signature-v1':
      't=1767225600,v1=91cdf6742454c344125d7f1489865780106f9d79109b74b23d9996a5b6046e03',
  });
});

test('a receiver that re-serialises what it parsed agrees, whatever the text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const payload = JSON.stringify(value);
      const headers = signatureHeaders(secret, Buffer.from(payload, 'utf8'), 1);
      const again = createHmac('sha256', secret)
        .update(JSON.stringify(JSON.parse(payload)))
        .digest('hex');
      expect(headers['x-bluereplies-signature']).toBe(again);
    }),
  );
});

test('another body, secret or time does not match', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, at) => {
      const body = Buffer.from(bytes);
      const headers = signatureHeaders(secret, body, at);
      expect(isSigned(headers, body, secret)).toBe(true);
      expect(isSigned(headers, body, `${secret}x`)).toBe(false);
      expect(isSigned(headers, Buffer.concat([body, body]), secret)).toBe(false);
      const later = headers['x-bluereplies-signature-v1'].replace(`t=${at},`, `t=${at + 1},`);
      expect(isSigned({ ...headers, 'x-bluereplies-signature-v1': later }, body, secret)).toBe(false);
    }),
  );
});
