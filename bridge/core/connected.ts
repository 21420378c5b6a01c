import { SILENCE_LIMIT_MS } from '../protocol/limits.ts';
import type { Agent } from '../store/types.ts';

/** Whether an agent is connected to any bridge of this store: one that died leaves a session which is not touched any more. */
export const isConnected = ({ sessionId, lastSeenAt }: Agent, now: number): boolean =>
  sessionId !== null && lastSeenAt !== null && now - lastSeenAt < SILENCE_LIMIT_MS;
