import { z } from 'zod';
import { capabilitiesSchema } from '../bridge/protocol/line-events.ts';
import type { Clock } from '../bridge/runtime/clock.ts';
import type { MacCare } from './mac/care.ts';

/** How long an answer waits for a new look, in milliseconds: a Messages that hangs holds it up. */
const LOOK_MS = 8_000;

/** What `capabilities` of the control socket answers: the matrix as the bridge is told it, and the agent's permissions. */
export const capabilitiesAnswerSchema = z.object({
  macos: z.string(),
  permissions: z.array(
    z.object({
      component: z.string(),
      status: z.enum(['granted', 'denied', 'unknown']),
      detail: z.string(),
      fix: z.string(),
      cause: z.enum(['not_running', 'signed_out', 'connecting']).optional(),
    }),
  ),
  actions: capabilitiesSchema.shape.actions,
});

export type CapabilitiesAnswer = z.infer<typeof capabilitiesAnswerSchema>;

/** Looks now; answers what was known before where that takes too long. */
export async function answerCapabilities(
  { macos, capabilities }: Pick<MacCare, 'macos' | 'capabilities'>,
  clock: Clock,
): Promise<CapabilitiesAnswer> {
  const late = new AbortController();
  await Promise.race([capabilities.refresh(), clock.sleep(LOOK_MS, late.signal)]);
  late.abort();
  return {
    macos,
    permissions: [...capabilities.permissions()],
    actions: [...capabilities.current()],
  };
}
