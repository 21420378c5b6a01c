import type { EnrolRequest, EnrolResponse } from '../protocol/enrolment.ts';
import { newId } from '../runtime/ids.ts';
import type { Agent, Line, StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { requestError } from './request-error.ts';
import { hashSecret } from './secrets.ts';
import { storable } from './storable.ts';

const PUBLIC_KEY_BYTES = 32;

/** Makes an agent for a token, on the line of its handle; agents that the line had before are revoked. */
export async function enrolAgent(
  { store, clock, wakeups }: CoreContext,
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
  const { agent, line, replaced } = await store.transaction(async (tx) => {
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
    const before = (await tx.listAgents(accountId)).filter(
      (other) => other.lineId === onLine.id && other.revokedAt === null,
    );
    await tx.revokeAgentsOfLine(onLine.id, now);
    const made = newAgent({ accountId, line: onLine, request, now });
    await tx.insertAgent(made);
    return { agent: made, line: onLine, replaced: before };
  });
  for (const { id } of replaced) wakeups.session(id, null);
  return { agentId: agent.id, line: { id: line.id, handle: line.handle } };
}

async function findOrMakeLine(
  tx: StoreOperations,
  accountId: string,
  handle: string,
  now: number,
): Promise<Line> {
  const known = await tx.findLineByHandle(accountId, handle);
  if (known) return known;
  const line: Line = { id: newId('ln', now), accountId, handle, createdAt: now };
  await tx.insertLine(line);
  return line;
}

const newAgent = ({
  accountId,
  line,
  request,
  now,
}: {
  accountId: string;
  line: Line;
  request: EnrolRequest;
  now: number;
}): Agent => ({
  id: newId('ag', now),
  accountId,
  lineId: line.id,
  name: storable(request.name),
  publicKey: request.publicKey,
  createdAt: now,
  revokedAt: null,
  journalId: null,
  eventSeq: 0,
  commandSeq: 0,
  commandAck: 0,
  sessionId: null,
  lastSeenAt: null,
});

function checkPublicKey(publicKey: string): void {
  const bytes = Buffer.from(publicKey, 'base64url');
  if (bytes.length !== PUBLIC_KEY_BYTES || bytes.toString('base64url') !== publicKey) {
    throw requestError('invalid_parameter_value', 'publicKey is not 32 bytes as base64url', 'publicKey');
  }
}
