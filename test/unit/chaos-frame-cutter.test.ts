import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameCutter, type Piece } from '../chaos/frame-cutter.ts';

const HEAD = Buffer.from('GET /agent/link HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');

function frame(text: string, mask?: Buffer): Buffer {
  const payload = Buffer.from(text);
  const size = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const flagged = [0x81, (size[0] ?? 0) | (mask ? 0x80 : 0), ...size.slice(1)];
  const masked = mask ? payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0)) : payload;
  return Buffer.concat([Buffer.from(flagged), ...(mask ? [mask] : []), masked]);
}

test('frames are found whole and named, however the bytes come', () => {
  const type = fc.constantFrom('event', 'ack', 'hello', 'command');
  const one = fc.record({
    type,
    filler: fc.string({ maxLength: 400 }),
    mask: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), fc.array(fc.nat(60), { minLength: 1 }), (frames, cuts) => {
      const wire = frames.map(({ type: name, filler, mask }) =>
        frame(JSON.stringify({ type: name, filler }), mask && Buffer.from(mask)),
      );
      const bytes = Buffer.concat([HEAD, ...wire]);
      const cutter = new FrameCutter();
      const pieces: Piece[] = [];
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const end = at + 1 + (cuts[i % cuts.length] ?? 0);
        pieces.push(...cutter.take(bytes.subarray(at, end)));
        at = end;
      }
      expect(Buffer.concat(pieces.map((piece) => piece.bytes)).equals(bytes)).toBe(true);
      expect(pieces.map((piece) => piece.type)).toEqual([undefined, ...frames.map((each) => each.type)]);
    }),
  );
});

test('what never becomes a WebSocket passes as it is', () => {
  const cutter = new FrameCutter();
  const request = Buffer.from('POST /agent/enrol HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}');
  const pieces = [...cutter.take(request.subarray(0, 20)), ...cutter.take(request.subarray(20))];
  expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(request)).toBe(true);
  expect(cutter.take(Buffer.from('more'))).toEqual([{ bytes: Buffer.from('more'), type: undefined }]);
});
