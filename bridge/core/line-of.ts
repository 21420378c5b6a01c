import type { StoreOperations } from '../store/types.ts';
import type { ChosenLine } from './choose-line.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** A line with the Mac that serves it now. Throws `no_line_available` when there is none. */
export async function lineOf(
  tx: StoreOperations,
  { accountId }: Caller,
  lineId: string,
): Promise<ChosenLine> {
  const [line, agent] = [await tx.findLine(accountId, lineId), await tx.findAgentOfLine(lineId)];
  if (!line || !agent) throw requestError('no_line_available', 'No Mac is enrolled for this line');
  return { line, agent };
}
