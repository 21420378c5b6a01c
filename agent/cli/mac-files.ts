import path from 'node:path';
import type { AgentConfig } from '../config.ts';

/** chat.db of the Mac that the agent works on. */
export const messagesFile = (config: AgentConfig): string =>
  path.join(config.macHome, 'Library', 'Messages', 'chat.db');

/** Call history of that Mac. */
export const callHistoryFile = (config: AgentConfig): string =>
  path.join(config.macHome, 'Library', 'Application Support', 'CallHistoryDB', 'CallHistory.storedata');
