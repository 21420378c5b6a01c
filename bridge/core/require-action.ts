import type { Action } from '../protocol/common.ts';
import type { StoreOperations } from '../store/types.ts';
import { requestError } from './request-error.ts';

/**
 * Throws `action_unavailable` when the Mac of the line last told that it cannot do one of these. What it told nothing of
 * may be asked: the Mac refuses by itself what it cannot do.
 */
export async function requireAction(
  tx: StoreOperations,
  lineId: string,
  ...wanted: readonly Action[]
): Promise<void> {
  const told = (await tx.findLineReport(lineId))?.capabilities?.actions ?? [];
  for (const action of wanted) {
    const known = told.find((candidate) => candidate.action === action);
    if (known?.method !== 'unavailable') continue;
    const { reason, macos } = known;
    throw requestError('action_unavailable', `The Mac of the line cannot do ${action}`, undefined, {
      action,
      reason,
      macos,
      lineId,
    });
  }
}
