import type { Core } from '../core/types.ts';
import type { CloseCode } from '../protocol/close-codes.ts';
import type { Hello } from '../protocol/frames.ts';
import type { Agent } from '../store/types.ts';
import { verifyHello } from './verify-hello.ts';

export type CheckedHello =
  /** `why` is for the log: the agent is not told more than the code. */
  { refused: CloseCode; why: string } | { agent: Agent; publicKey: string };

/**
 * Who says hello. An unknown agent and a wrong signature look alike from outside; only the holder of a revoked key
 * learns that it is revoked.
 */
export async function checkHello(core: Core, hello: Hello, nonce: string): Promise<CheckedHello> {
  const agent = await core.findAgent(hello.agentId);
  const keys = [agent?.publicKey, agent?.nextPublicKey ?? undefined];
  const publicKey = keys.filter((key) => verifyHello(hello, nonce, key))[0];
  if (agent === undefined) return { refused: 'unauthorized', why: 'unknown agent' };
  if (publicKey === undefined) return { refused: 'unauthorized', why: 'wrong signature' };
  if (agent.revokedAt !== null) return { refused: 'revoked', why: 'revoked' };
  if (hello.commandAck > agent.commandSeq) {
    return { refused: 'bad_frame', why: 'it has commands that this store never gave out' };
  }
  return { agent, publicKey };
}
