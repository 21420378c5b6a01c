/** A piece of one direction of a link: a whole WebSocket frame, or bytes that are none. */
export interface Piece {
  bytes: Buffer;
  /** `type` of the JSON in a text frame; undefined for everything else. */
  type: string | undefined;
}

/** Cuts one direction of a TCP connection into the frames of the WebSocket that it becomes, if it does. */
export class FrameCutter {
  #rest = Buffer.alloc(0);
  #phase: 'head' | 'frames' | 'other' = 'head';

  /** What is whole with these bytes, in order. */
  take(bytes: Buffer): Piece[] {
    if (this.#phase === 'other') return [{ bytes, type: undefined }];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Piece[] = [];
    if (this.#phase === 'head') this.#takeHead(pieces);
    if (this.#phase !== 'frames') return pieces;
    for (let length = lengthOf(this.#rest); length !== undefined; length = lengthOf(this.#rest)) {
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      pieces.push({ bytes: frame, type: typeOf(frame) });
    }
    return pieces;
  }

  #takeHead(pieces: Piece[]): void {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#rest.subarray(0, end + 4);
    const upgrade = /^upgrade: *websocket/im.test(head.toString('latin1'));
    this.#phase = upgrade ? 'frames' : 'other';
    pieces.push({ bytes: upgrade ? head : this.#rest, type: undefined });
    this.#rest = upgrade ? this.#rest.subarray(end + 4) : Buffer.alloc(0);
  }
}

function headerOf(frame: Buffer): { start: number; size: number; masked: boolean } | undefined {
  if (frame.length < 2) return undefined;
  const masked = (frame.readUInt8(1) & 0x80) !== 0;
  const short = frame.readUInt8(1) & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + extra + (masked ? 4 : 0);
  if (frame.length < start) return undefined;
  const size = extra === 0 ? short : extra === 2 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
  return { start, size, masked };
}

/** Length of the frame that the bytes begin with; undefined while it is not whole. */
function lengthOf(bytes: Buffer): number | undefined {
  const header = headerOf(bytes);
  if (!header) return undefined;
  const length = header.start + header.size;
  return bytes.length < length ? undefined : length;
}

function typeOf(frame: Buffer): string | undefined {
  const header = headerOf(frame);
  if (!header || (frame.readUInt8(0) & 0x0f) !== 1) return undefined;
  const payload = Buffer.from(frame.subarray(header.start));
  if (header.masked) {
    const mask = frame.subarray(header.start - 4, header.start);
    for (let i = 0; i < payload.length; i += 1) payload[i] = payload.readUInt8(i) ^ (mask[i % 4] ?? 0);
  }
  // Both sides of the link write `type` first.
  return /^\{"type":"([a-z.]+)"/.exec(payload.subarray(0, 80).toString('latin1'))?.[1];
}
