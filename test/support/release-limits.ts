import type { Act } from '../../agent/mac/types.ts';

/** Kinds of acts that no way is known to do on a release of macOS with System Integrity Protection on. */
export function cannotOn(release: number): ReadonlySet<Act['kind']> {
  if (release <= 12) return new Set(['edit', 'unsend', 'mark_read', 'send_effect']);
  return new Set(release <= 15 ? ['send_effect'] : []);
}
