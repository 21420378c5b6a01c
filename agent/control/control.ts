import { askAgent } from './client.ts';
import { serveControl } from './server.ts';

/**
 * The agent's control socket, both ends: newline-separated JSON over a Unix socket that only its owner may use.
 * The daemon serves it, the CLI asks.
 */
export const control = { serve: serveControl, ask: askAgent } as const;
