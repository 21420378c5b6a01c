import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  decodeAttributedBody,
  encodeAttributedBody,
  textOfAttributedBody,
} from '../../agent/messages-db/typedstream.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

const folder = path.resolve(packageFile('..', 'shared', 'vectors'));
const index = path.join(folder, 'vectors.json');

interface Expected {
  class: string;
  text: string;
  runs: { start: number; length: number; attrs: Record<string, unknown> }[];
}

interface Vector {
  file: string;
  kind: string;
  expected?: Expected;
  attributedBody?: Expected;
}

function load(): Vector[] {
  if (!existsSync(index)) return [];
  return (JSON.parse(readFileSync(index, 'utf8')) as { vectors: Vector[] }).vectors;
}

function bytesOf(vector: Vector): Buffer {
  const bytes = readFileSync(path.join(folder, vector.file));
  if (vector.kind === 'typedstream') return bytes;
  const parsed: unknown = JSON.parse(bytes.toString('utf8'));
  const row = [parsed].flat(2)[0] as { attributedBody: string };
  return Buffer.from(row.attributedBody.split(',')[1] ?? '', 'base64');
}

const vectors = load();
const bodies = vectors.filter((vector) => vector.expected ?? vector.attributedBody);
/** Those in which Messages shares equal strings by pointer, which only it can know. */
const SHARED_STRINGS = /closed-rings-2|completed-workout-2|fixture1|fixture2/;

describe.skipIf(vectors.length === 0)('bodies of real rows', () => {
  test.each(bodies.map((vector) => [vector.file, vector] as const))('%s', (_file, vector) => {
    const expected = vector.expected ?? vector.attributedBody;
    const { text, runs, damage } = decodeAttributedBody(bytesOf(vector));
    expect(damage).toBeUndefined();
    expect(text).toBe(expected?.text);
    expect(runs.map(({ attributes, ...run }) => ({ ...run, attrs: attributes }))).toEqual(expected?.runs);
  });

  test.each(bodies.map((vector) => [vector.file, vector] as const))('%s is written again', (file, vector) => {
    const bytes = bytesOf(vector);
    const body = decodeAttributedBody(bytes);
    const mutable = (vector.expected ?? vector.attributedBody)?.class === 'NSMutableAttributedString';
    const again = encodeAttributedBody({ ...body, mutable });
    expect(decodeAttributedBody(again)).toEqual(body);
    if (!SHARED_STRINGS.test(file)) expect(again.equals(bytes)).toBe(true);
  });

  test('there are as many as there should be', () => {
    expect(bodies.length).toBeGreaterThanOrEqual(9);
  });

  test('the mangled one fails cleanly', () => {
    const bytes = readFileSync(path.join(folder, 'platform-imessage/crashing.bin'));
    expect(() => decodeAttributedBody(bytes)).toThrow(
      expect.objectContaining({ code: 'bad_attributed_body' }),
    );
    expect(textOfAttributedBody(bytes)).toBeNull();
  });
});
