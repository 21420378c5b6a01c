import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for young objects at the 1 MiB with which it begins: it doubles while modules are loaded, up to
 * 16 MiB twice, and an idle agent would keep that for nothing. V8 reads the flag whenever it would grow the space, in
 * Node.js 20 to 26.
 */
export const holdHeap = (): void => setFlagsFromString('--semi-space-growth-factor=1');

/** Lets it grow again, as work that makes many objects wants it; V8 gives it back when the work is done. */
export const freeHeap = (): void => setFlagsFromString('--semi-space-growth-factor=2');
