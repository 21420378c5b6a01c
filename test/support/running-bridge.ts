import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { ErrorReply } from '../../bridge/api/error-reply.ts';
import type { BridgeConfig } from '../../bridge/config.ts';
import { createCore } from '../../bridge/core/core.ts';
import type { Core } from '../../bridge/core/types.ts';
import { type Clock, systemClock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { type Bridge, type BridgeOptions, startBridge } from '../../bridge/server.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { tempFolder } from './temp-folder.ts';

export interface Asked {
  key?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; a string or bytes are sent as they are, as JSON unless `headers` say otherwise. */
  body?: unknown;
}

export interface Answered<Body> {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; null when there is none. */
  json: Body;
}

interface EnrolledLine {
  agentId: string;
  line: { id: string; handle: string };
}

export interface RunningBridge {
  url: string;
  bridge: Bridge;
  config: BridgeConfig;
  /** A second core on the same store, as the CLI has one beside a bridge that serves. */
  core: Core;
  store: Store;
  /** Every line that the bridge logged, unredacted. */
  logLines: string[];
  ask<Body = ErrorReply>(method: string, target: string, asked?: Asked): Promise<Answered<Body>>;
  /** Makes a line of the account by a real token and the enrolment request. */
  enrol(accountId: string, handle?: string): Promise<EnrolledLine>;
  /** Stops it; the end of the test does so otherwise. */
  stop(hurry?: AbortSignal): Promise<void>;
}

const never = (): AbortSignal => new AbortController().signal;

/** The raw 32 bytes of a new ed25519 public key, base64url. */
export const newPublicKey = (): string =>
  generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';

const bodyOf = (body: unknown): { body?: string | Uint8Array<ArrayBuffer> } => {
  if (body === undefined) return {};
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { body: body as string | Uint8Array<ArrayBuffer> };
  return { body: JSON.stringify(body) };
};

/** Starts a bridge on any free port with a store in a new folder. */
export async function runningBridge(
  options: {
    clock?: Clock;
    overrides?: BridgeOptions['overrides'];
    logger?: Logger;
    /** In the place of SQLite in a new folder. */
    storeUrl?: string | undefined;
  } = {},
): Promise<RunningBridge> {
  const clock = options.clock ?? systemClock;
  const folder = tempFolder();
  const config: BridgeConfig = {
    store: options.storeUrl ?? `sqlite:${path.join(folder, 'bridge.db')}`,
    media: path.join(folder, 'media'),
    host: '127.0.0.1',
    port: 0,
    logLevel: 'debug',
    allowHttpWebhooks: true,
    stopOnStdinEnd: false,
  };
  const logLines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => logLines.push(line) });
  const store = await openStore({ url: config.store, clock });
  const core = createCore({ store, clock, logger, allowHttpWebhooks: true });
  const bridge = await startBridge({
    config,
    clock,
    logger,
    ...(options.overrides ? { overrides: options.overrides } : {}),
  });
  let stopped: Promise<void> | undefined;
  const stop = (hurry = never()): Promise<void> => {
    stopped ??= bridge.stop(hurry).finally(() => store.close());
    return stopped;
  };
  onTestFinished(() => stop());
  const ask = async <Body>(method: string, target: string, asked: Asked = {}): Promise<Answered<Body>> => {
    const response = await fetch(bridge.url + target, {
      method,
      ...bodyOf(asked.body),
      headers: {
        ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(asked.key === undefined ? {} : { 'x-api-key': asked.key }),
        ...asked.headers,
      },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (text ? JSON.parse(text) : null) as Body,
    };
  };
  const enrol = async (accountId: string, handle = '+14155550100'): Promise<EnrolledLine> => {
    const { token } = await core.createEnrolmentToken(accountId);
    const body = { token, publicKey: newPublicKey(), name: 'Test Mac', handle };
    const { status, json, text } = await ask<EnrolledLine>('POST', '/agent/enrol', { body });
    if (status !== 201) throw new Error(`enrolment was answered ${status}: ${text}`);
    return json;
  };
  return { url: bridge.url, bridge, config, core, store, logLines, ask, enrol, stop };
}
