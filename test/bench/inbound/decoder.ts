import { Unarchiver } from 'node-typedstream';
import { decodeAttributedBody, encodeAttributedBody } from '../../../agent/messages-db/typedstream.ts';
import { round } from './figures.ts';
import { monotonicMs } from './monotonic.ts';

export interface Decoding {
  blobs: number;
  blobsPerSecond: number;
  /** node-typedstream on the same blobs. */
  peerBlobsPerSecond: number;
  times: number;
}

const PART = '__kIMMessagePartAttributeName';

/** Bodies as they come: mostly short texts, some long, with mentions, links and files. */
function bodies(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const words = `message ${index} ${'of some words '.repeat(index % 10 === 0 ? 30 : 1 + (index % 4))}`;
    if (index % 5 === 1)
      return encodeAttributedBody({
        text: `\uFFFC${words}`,
        runs: [
          {
            start: 0,
            length: 1,
            attributes: { [PART]: 0, __kIMFileTransferGUIDAttributeName: `at_0_${index}` },
          },
          { start: 1, length: words.length, attributes: { [PART]: 1 } },
        ],
      });
    if (index % 5 === 2)
      return encodeAttributedBody({
        text: `@Anna ${words}`,
        runs: [
          { start: 0, length: 5, attributes: { [PART]: 0, __kIMMentionConfirmedMention: '+14155550101' } },
          { start: 5, length: words.length + 1, attributes: { [PART]: 0 } },
        ],
      });
    return encodeAttributedBody({ text: words, mutable: index % 2 === 0 });
  });
}

/** Blobs per second of the faster of several rounds. */
function rate(blobs: readonly Buffer[], decode: (blob: Buffer) => unknown): number {
  let best = 0;
  for (let round = 0; round < 4; round += 1) {
    const begun = monotonicMs();
    for (const blob of blobs) decode(blob);
    best = Math.max(best, (blobs.length / (monotonicMs() - begun)) * 1_000);
  }
  return Math.round(best);
}

export function decoding(count: number): Decoding {
  const blobs = bodies(count);
  const blobsPerSecond = rate(blobs, decodeAttributedBody);
  const peerBlobsPerSecond = rate(blobs, (blob) =>
    Unarchiver.open(blob, Unarchiver.BinaryDecoding.decodable).decodeAll(),
  );
  return {
    blobs: count,
    blobsPerSecond,
    peerBlobsPerSecond,
    times: round(blobsPerSecond / peerBlobsPerSecond, 1),
  };
}
