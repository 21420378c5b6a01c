import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readXmlPlist } from '../../agent/mac/xml-plist.ts';
import { appOf, linkOf } from '../../agent/messages-db/balloons.ts';
import { readBinaryPlist } from '../../agent/messages-db/binary-plist.ts';
import { readKeyedArchive } from '../../agent/messages-db/keyed-archive.ts';
import { readSummaryInfo } from '../../agent/messages-db/summary-info.ts';
import { decodeAttributedBody, encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { Random } from '../../agent/virtual-mac/days/random.ts';
import { binaryPlist, plistReal } from '../../agent/virtual-mac/messages-store/binary-plist.ts';
import { linkPayload } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import { whole } from '../support/extent.ts';

/** Mutated blobs of one run over all decoders. */
const FUZZ_COUNT = Number(process.env.FUZZ_COUNT ?? (whole ? 1_000_000 : 50_000));
const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 1);
/** One blob may take so long on a busy machine, and all of them so long each on average. */
const SLOWEST_MS = 2_000;
const AVERAGE_MS = 2;
/** What the heap may hold beyond what it held before, without any collection being asked for. */
const HEAP_BYTES = 256 * 1024 * 1024;

const body = (text: string, attributes: Record<string, string | number | boolean> = {}): Buffer =>
  encodeAttributedBody({
    text,
    runs: [
      { start: 0, length: text.length, attributes: { __kIMMessagePartAttributeName: 0, ...attributes } },
    ],
  });

/** Blobs of real Macs by the kind that their index gives them, where they are at hand. */
function realBlobs(kind: string): Buffer[] {
  const folder = packageFile('..', 'shared', 'vectors');
  const index = path.join(folder, 'vectors.json');
  if (!existsSync(index)) return [];
  const { vectors } = JSON.parse(readFileSync(index, 'utf8')) as {
    vectors: { file: string; kind: string }[];
  };
  return vectors.filter((one) => one.kind === kind).map(({ file }) => readFileSync(path.join(folder, file)));
}

const bodies = [
  ...realBlobs('typedstream'),
  body('hello'),
  body('a longer one, 世界 👋🏽 '.repeat(40)),
  body('https://example.com', { __kIMLinkAttributeName: 'https://example.com' }),
  body('\uFFFC', { __kIMFileTransferGUIDAttributeName: 'at_0_8F5C2E9B-0000-4000-8000-000000000000' }),
  body('@Ann', { __kIMMentionConfirmedMention: '+14155550101', __kIMTextBoldAttributeName: 1 }),
];

const summaries = [
  binaryPlist({ amc: 1, ust: true, ep: [0], rp: [1, 2], otr: { 0: { lo: 0, le: 5 } } }),
  binaryPlist({
    ec: {
      0: bodies.map((t, i) => ({ t, d: plistReal(799_329_600 + i) })),
      1: [{ t: body('part'), d: plistReal(1) }],
    },
  }),
];

const archives = [
  ...realBlobs('bplist NSKeyedArchiver'),
  linkPayload({ url: 'https://example.com/a?b=c', title: 'A title, 世界', summary: 'long '.repeat(100) }),
  linkPayload({ url: 'https://example.com' }),
];

const xmls = [
  '<?xml version="1.0"?><plist version="1.0"><dict><key>a</key><array><string>x &amp; &#x1F600;</string>' +
    '<integer>5</integer><real>1.5</real><true/><date>2026-01-01T00:00:00Z</date></array>' +
    '<key>b</key><dict><key>c</key><data>aGVsbG8=</data></dict></dict></plist>',
].map((text) => Buffer.from(text));

/** Each decoder with the only error that it may throw; null for one that throws none. */
const decoders: Array<
  [name: string, seeds: Buffer[], code: string | null, decode: (blob: Buffer) => unknown]
> = [
  ['attributed body', bodies, 'bad_attributed_body', decodeAttributedBody],
  ['binary plist', [...summaries, ...archives], 'bad_plist', readBinaryPlist],
  ['summary of edits', summaries, 'bad_plist', readSummaryInfo],
  ['keyed archive', archives, 'bad_plist', readKeyedArchive],
  ['balloon of an app', archives, null, (blob) => appOf('com.example.app', blob)],
  ['preview of a link', archives, null, (blob) => linkOf(null, blob)],
  ['XML plist', xmls, null, (blob) => readXmlPlist(blob.toString('utf8'))],
];

describe('mutated blobs neither crash, hang, nor fill the memory', () => {
  const count = Math.ceil(FUZZ_COUNT / decoders.length);
  test.each(decoders)('%s', { timeout: 60_000 + count * AVERAGE_MS * 2 }, (name, seeds, code, decode) => {
    const chances = new Random(FUZZ_SEED);
    const random = (): number => chances.next();
    const heap = process.memoryUsage().heapUsed;
    const start = performance.now();
    let [slowest, whole, refused] = [0, 0, 0];
    for (let i = 0; i < count; i += 1) {
      const blob = mutate(seeds[i % seeds.length] ?? Buffer.alloc(0), random);
      const began = performance.now();
      try {
        decode(blob);
        whole += 1;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== code) throw error;
        refused += 1;
      }
      slowest = Math.max(slowest, performance.now() - began);
    }
    const total = performance.now() - start;
    expect(whole + refused).toBe(count);
    // Some get through and, where the decoder knows an error, some do not: the mutations reach it.
    expect(whole).toBeGreaterThan(0);
    if (code !== null) expect(refused).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(SLOWEST_MS);
    expect(total / count).toBeLessThan(AVERAGE_MS);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(HEAP_BYTES);
    if (process.env.FUZZ_COUNT)
      process.stderr.write(
        `${name}: ${count} blobs, ${refused} refused, ${Math.round(count / (total / 1000))}/s, slowest ${slowest.toFixed(1)} ms, ` +
          `heap ${Math.round((process.memoryUsage().heapUsed - heap) / 1e6)} MB more, ` +
          `RSS ${Math.round(process.memoryUsage().rss / 1e6)} MB\n`,
      );
  });
});

/** Some bytes set, runs of bytes moved or repeated, the end cut: of any blob, its head included. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * Math.max(1, limit));
  let copy = Buffer.from(bytes);
  for (let edits = 1 + below(8); edits > 0; edits -= 1) {
    const at = below(copy.length);
    const what = random();
    if (what < 0.3) copy[at] = below(256);
    else if (what < 0.5) copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    else if (what < 0.65) copy[at] = [0x00, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x86, 0xff][below(8)] ?? 0;
    else if (what < 0.75) copy[copy.length - 1 - below(Math.min(40, copy.length))] = below(256);
    else if (what < 0.9) copy.copyWithin(at, below(copy.length), copy.length);
    else copy = Buffer.concat([copy.subarray(0, at), copy.subarray(below(at + 1))]);
  }
  return random() < 0.1 ? copy.subarray(0, below(copy.length)) : copy;
}
