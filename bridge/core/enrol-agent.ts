import type { EnrolRequest, EnrolResponse } from '../protocol/enrolment.ts';
import { newId } from '../runtime/ids.ts';
import type { Agent, Line, StoreOperations } from '../store/types.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { loseCommands } from './lose-commands.ts';
import type { Following } from './recording.ts';
import { requestError } from './request-error.ts';
import { hashSecret } from './secrets.ts';
import { storable } from './storable.ts';

/**
 * Makes an agent for a token, on the line of its handle; agents that the line had before are revoked. Commands that were
 * never sent to them go to the new one; what they were sent and told no end of becomes uncertain.
 */
export async function enrolAgent(
  { store, clock, logger, wakeups }: CoreContext,
  request: EnrolRequest,
): Promise<EnrolResponse> {
  const handle = normaliseHandle(request.handle);
  if (handle === undefined) {
    throw requestError(
      'invalid_phone_number',
      'handle is neither a valid E.164 number nor an email',
      'handle',
    );
  }
  checkPublicKey(request.publicKey);
  const now = clock.now();
  const { agent, line, replaced, deliveries } = await store.transaction(async (tx) => {
    const token = await tx.useEnrolmentToken(hashSecret(request.token), now);
    if (!token) {
      throw requestError(
        'invalid_enrolment_token',
        'The token is unknown, used or older than 15 minutes',
        'token',
      );
    }
    const { accountId } = token;
    await tx.lockAccount(accountId);
    const onLine = await findOrMakeLine(tx, accountId, handle, now);
    await tx.revokeAgentsOfLine(onLine.id, now);
    const others = await tx.listAgents(accountId);
    const before = others.filter((other) => other.lineId === onLine.id);
    // A Mac that is enrolled again keeps its journal, which knows the numbers that it took as another agent.
    const firstSeq = Math.max(0, ...others.map((other) => other.commandSeq));
    const made = newAgent({ accountId, line: onLine, request, now, firstSeq });
    await tx.insertAgent(made);
    const note = (what: string, ids: Record<string, string>): void => logger.warn(ids, what);
    const recording: Following = { tx, agent: made, now, note };
    let told = 0;
    for (const other of before) told += await takeOver(recording, other);
    return { agent: made, line: onLine, replaced: before, deliveries: told };
  });
  for (const { id } of replaced) wakeups.session(id, null);
  if (deliveries > 0) wakeups.delivery();
  return { agentId: agent.id, line: { id: line.id, handle: line.handle } };
}

async function takeOver(recording: Following, before: Agent): Promise<number> {
  const { tx, agent } = recording;
  await tx.moveUnsentCommands(before.id, agent.id);
  return loseCommands(recording, await tx.listOpenCommands(before.id), 'replaced');
}

async function findOrMakeLine(
  tx: StoreOperations,
  accountId: string,
  handle: string,
  now: number,
): Promise<Line> {
  const known = await tx.findLineByHandle(accountId, handle);
  if (known) return known;
  const line: Line = {
    id: newId('ln', now),
    accountId,
    handle,
    createdAt: now,
    bannedAt: null,
    banReason: null,
  };
  await tx.insertLine(line);
  return line;
}

const newAgent = ({
  accountId,
  line,
  request,
  now,
  firstSeq,
}: {
  accountId: string;
  line: Line;
  request: EnrolRequest;
  now: number;
  /** Its commands are numbered from the next one on. */
  firstSeq: number;
}): Agent => ({
  id: newId('ag', now),
  accountId,
  lineId: line.id,
  name: storable(request.name),
  publicKey: request.publicKey,
  nextPublicKey: null,
  createdAt: now,
  revokedAt: null,
  journalId: null,
  eventSeq: 0,
  commandSeq: firstSeq,
  commandSent: firstSeq,
  commandAck: firstSeq,
  sessionId: null,
  lastSeenAt: null,
  clockAheadMs: 0,
});
