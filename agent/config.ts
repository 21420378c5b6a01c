import { existsSync } from 'node:fs';
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
 * Off a Mac there is no Messages but that of `npm start`: where `BLUERELAY_HOME` and `BLUERELAY_VIRTUAL_MAC` name nothing,
 * commands mean the relay in `BLUERELAY_DEMO_HOME` or `./.bluerelay`, if there is one.
 */
function withDemo(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): NodeJS.ProcessEnv {
  const demo = env.BLUERELAY_DEMO_HOME || '.bluerelay';
  const virtual = path.join(demo, 'virtual-mac');
  if (platform === 'darwin' || env.BLUERELAY_HOME || env.BLUERELAY_VIRTUAL_MAC || !existsSync(virtual))
    return env;
  return { ...env, BLUERELAY_HOME: path.join(demo, 'agent'), BLUERELAY_VIRTUAL_MAC: virtual };
}

/**
 * Reads `BLUERELAY_HOME`, `BLUERELAY_VIRTUAL_MAC`, `BLUERELAY_DEMO_HOME`, `BLUERELAY_LOG`, `BLUERELAY_JOURNAL_MB` (a whole
 * number from 8 on, the usual bound for anything else) and `BLUERELAY_STOP_ON_STDIN_END`.
 */
export function readAgentConfig(given: NodeJS.ProcessEnv, platform = process.platform): AgentConfig {
  const env = withDemo(given, platform);
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
