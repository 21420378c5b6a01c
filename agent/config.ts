import os from 'node:os';
import path from 'node:path';
import type { LogLevel } from '../bridge/runtime/logger.ts';

/** Settings of the agent and its CLI, read from the environment once. */
export interface AgentConfig {
  /** Folder of the agent's own files (0700): identity, journal, acts, control socket. */
  home: string;
  /** Home folder whose Messages is tailed and acted on: the user's own, or that of a virtual Mac. */
  macHome: string;
  /** Whether `macHome` is a virtual Mac. */
  virtual: boolean;
  /** Home of the virtual Mac that commands about one mean unless told: the one named, else that of `npm start`. */
  virtualMacHome: string;
  logLevel: LogLevel;
  /** Largest journal, in bytes; undefined for the usual bound. */
  journalMaxBytes: number | undefined;
  /** Stop when standard input ends, as a child of a supervisor does. */
  stopOnStdinEnd: boolean;
}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * Reads `BLUERELAY_HOME`, `BLUERELAY_VIRTUAL_MAC`, `BLUERELAY_DEMO_HOME`, `BLUERELAY_LOG`, `BLUERELAY_JOURNAL_MB` (a whole
 * number from 8 on, the usual bound for anything else) and `BLUERELAY_STOP_ON_STDIN_END`.
 */
export function readAgentConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const virtualHome = env.BLUERELAY_VIRTUAL_MAC;
  const level = LOG_LEVELS.find((name) => name === env.BLUERELAY_LOG);
  return {
    home: path.resolve(env.BLUERELAY_HOME || path.join(os.homedir(), '.bluerelay-agent')),
    macHome: virtualHome ? path.resolve(virtualHome) : os.homedir(),
    virtual: Boolean(virtualHome),
    virtualMacHome: path.resolve(
      virtualHome || path.join(env.BLUERELAY_DEMO_HOME || '.bluerelay', 'virtual-mac'),
    ),
    logLevel: level ?? 'info',
    journalMaxBytes: megabytes(env.BLUERELAY_JOURNAL_MB),
    stopOnStdinEnd: env.BLUERELAY_STOP_ON_STDIN_END === '1',
  };
}

const megabytes = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) && Number(text) >= 8 ? Number(text) * 1024 ** 2 : undefined;
