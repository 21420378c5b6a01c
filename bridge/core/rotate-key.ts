import { type RotationRequest, rotationText } from '../protocol/rotation.ts';
import { isSignedBy } from '../runtime/signature.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { CoreContext } from './context.ts';
import { requestError } from './request-error.ts';

/**
 * Notes the next key of an agent, announced by the present one; both are good until a session is opened with the next. The
 * same announcement again changes nothing, also after that. Throws `invalid_agent_signature`.
 */
export async function rotateKey(
  { store, logger }: CoreContext,
  { agentId, publicKey, signature, proof }: RotationRequest,
): Promise<void> {
  checkPublicKey(publicKey);
  const text = rotationText(agentId, publicKey);
  const proved = isSignedBy(publicKey, text, proof);
  const agent = await store.findAgent(agentId);
  const signed = isSignedBy(agent?.publicKey, text, signature);
  if (!agent || !proved || agent.revokedAt !== null) throw refused();
  if (agent.publicKey === publicKey) return;
  if (!signed || !(await store.setNextKey(agentId, { present: agent.publicKey, next: publicKey })))
    throw refused();
  logger.info({ agentId }, 'an agent announced its next key');
}

const refused = () =>
  requestError('invalid_agent_signature', 'The key is not announced by the present one of the agent');
