import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from './runtime/app-error.ts';
import type { LogLevel } from './runtime/logger.ts';

/** Settings of the bridge and its CLI, read from the environment once. */
export interface BridgeConfig {
  /** `sqlite:<file>` or `postgres://…`. */
  store: string;
  /** Folder of the bytes of media; several bridges of one store share it. */
  media: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  logLevel: LogLevel;
  /** Whether webhooks may go to plain http on this machine. */
  allowHttpWebhooks: boolean;
  /** Stop when standard input ends, as a child of a supervisor does. */
  stopOnStdinEnd: boolean;
}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

function invalid(name: string, needs: string): AppError {
  return new AppError(`${name} ${needs}`, {
    code: 'invalid_config',
    retry: 'after-fix',
    hint: `Correct ${name}, or leave it out.`,
    param: name,
  });
}

/** A port number as `name` gives it; throws `invalid_config`. */
export function parsePort(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw invalid(name, 'must be a port number from 0 to 65535');
  return port;
}

/** An address or host name to listen on as `name` gives it; throws `invalid_config`. */
export function parseHost(name: string, text: string): string {
  if (!/^[0-9A-Za-z.:%_-]{1,253}$/.test(text)) throw invalid(name, 'must be an address or a host name');
  return text;
}

function parseStore(name: string, text: string): string {
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(text))
    throw invalid(name, 'must be sqlite:<file> or postgres://<user>@<host>/<database>');
  return text;
}

function parseSwitch(name: string, text: string | undefined): boolean {
  if (text !== undefined && !['', '0', '1'].includes(text)) throw invalid(name, 'must be 1 or 0');
  return text === '1';
}

function parseLogLevel(name: string, text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (!level) throw invalid(name, `must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

/** Beside the file of an SQLite store, else in the home folder. */
const folderOf = (store: string): string =>
  store.startsWith('sqlite:')
    ? path.dirname(path.resolve(store.slice('sqlite:'.length)))
    : path.join(os.homedir(), '.bluerelay-bridge');

/**
 * The store that is meant where none is named: that of `npm start` in `BLUERELAY_DEMO_HOME` or `./.bluerelay`, if there is
 * one and this is no Mac, as commands of the agent mean its relay then; else the one in the home folder.
 */
function usualStore(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const demo = path.resolve(env.BLUERELAY_DEMO_HOME || '.bluerelay', 'bridge', 'bridge.db');
  const own = path.join(os.homedir(), '.bluerelay-bridge', 'bridge.db');
  return `sqlite:${platform !== 'darwin' && existsSync(demo) ? demo : own}`;
}

/**
 * Reads `BLUERELAY_BRIDGE_STORE` (default `~/.bluerelay-bridge/bridge.db`, or the demo's), `BLUERELAY_BRIDGE_MEDIA`
 * (`media` beside the store), `BLUERELAY_BRIDGE_HOST` (127.0.0.1),
 * `BLUERELAY_BRIDGE_PORT` (8787), `BLUERELAY_BRIDGE_LOG` (info), `BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS` and
 * `BLUERELAY_STOP_ON_STDIN_END`. Throws `invalid_config` naming the variable, never repeating its value.
 */
export function readBridgeConfig(env: NodeJS.ProcessEnv, platform = process.platform): BridgeConfig {
  const named = env.BLUERELAY_BRIDGE_STORE || usualStore(env, platform);
  const store = parseStore('BLUERELAY_BRIDGE_STORE', named);
  return {
    store,
    media: env.BLUERELAY_BRIDGE_MEDIA || path.join(folderOf(store), 'media'),
    host: parseHost('BLUERELAY_BRIDGE_HOST', env.BLUERELAY_BRIDGE_HOST || '127.0.0.1'),
    port: parsePort('BLUERELAY_BRIDGE_PORT', env.BLUERELAY_BRIDGE_PORT || '8787'),
    logLevel: parseLogLevel('BLUERELAY_BRIDGE_LOG', env.BLUERELAY_BRIDGE_LOG || 'info'),
    allowHttpWebhooks: parseSwitch(
      'BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS',
      env.BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS,
    ),
    stopOnStdinEnd: parseSwitch('BLUERELAY_STOP_ON_STDIN_END', env.BLUERELAY_STOP_ON_STDIN_END),
  };
}
