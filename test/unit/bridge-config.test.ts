import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseHost, parsePort, readBridgeConfig } from '../../bridge/config.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('without settings the bridge keeps to this machine and to the home folder', () => {
  expect(readBridgeConfig({}, 'darwin')).toEqual({
    store: `sqlite:${path.join(os.homedir(), '.bluerelay-bridge', 'bridge.db')}`,
    media: path.join(os.homedir(), '.bluerelay-bridge', 'media'),
    host: '127.0.0.1',
    port: 8787,
    logLevel: 'info',
    allowHttpWebhooks: false,
    stopOnStdinEnd: false,
  });
});

test('off a Mac the store of the demo is meant where there is one', () => {
  const demo = tempFolder();
  mkdirSync(path.join(demo, 'bridge'));
  const env = { BLUERELAY_DEMO_HOME: demo };
  expect(readBridgeConfig(env, 'linux').store).not.toContain(demo);
  writeFileSync(path.join(demo, 'bridge', 'bridge.db'), '');
  expect(readBridgeConfig(env, 'linux').store).toBe(`sqlite:${path.join(demo, 'bridge', 'bridge.db')}`);
  expect(readBridgeConfig(env, 'darwin').store).not.toContain(demo);
});

test('every setting is taken from its variable', () => {
  expect(
    readBridgeConfig({
      BLUERELAY_BRIDGE_STORE: 'postgres://u@h/db',
      BLUERELAY_BRIDGE_MEDIA: '/srv/media',
      BLUERELAY_BRIDGE_HOST: '::',
      BLUERELAY_BRIDGE_PORT: '0',
      BLUERELAY_BRIDGE_LOG: 'debug',
      BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS: '1',
      BLUERELAY_STOP_ON_STDIN_END: '1',
    }),
  ).toEqual({
    store: 'postgres://u@h/db',
    media: '/srv/media',
    host: '::',
    port: 0,
    logLevel: 'debug',
    allowHttpWebhooks: true,
    stopOnStdinEnd: true,
  });
});

test('a wrong setting is refused by its name, without its value', () => {
  for (const [name, value] of [
    ['BLUERELAY_BRIDGE_STORE', 'mysql://u:sekret@h/db'],
    ['BLUERELAY_BRIDGE_STORE', 'sqlite:'],
    ['BLUERELAY_BRIDGE_HOST', 'sekret host'],
    ['BLUERELAY_BRIDGE_PORT', '65536'],
    ['BLUERELAY_BRIDGE_PORT', '-1'],
    ['BLUERELAY_BRIDGE_PORT', '8o80'],
    ['BLUERELAY_BRIDGE_LOG', 'sekret'],
    ['BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS', 'yes'],
    ['BLUERELAY_STOP_ON_STDIN_END', 'true'],
  ] as const) {
    let thrown: unknown;
    try {
      readBridgeConfig({ [name]: value });
    } catch (error) {
      thrown = error;
    }
    expect(thrown, `${name}=${value}`).toMatchObject({ code: 'invalid_config', param: name });
    expect(String(thrown)).toContain(name);
    expect(String(thrown)).not.toContain('sekret');
  }
  expect(() => parsePort('--port', '')).toThrow('--port');
  expect(() => parseHost('--host', 'a/b')).toThrow('--host');
});
