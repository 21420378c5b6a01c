import { createHash } from 'node:crypto';
import type { Ref } from './types.ts';

/** What a planned file holds: bytes that follow from its name and size alone. */
export function plannedContent(file: Ref, bytes: number): { content: Buffer; sha256: string } {
  const content = Buffer.alloc(bytes, createHash('sha256').update(file).digest());
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}
