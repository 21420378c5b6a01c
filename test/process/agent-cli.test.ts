import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type AgentHomes, bluerelay } from '../support/built-agent.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const TOKEN = 'a token of twenty characters';

let homes: AgentHomes;

beforeEach(() => {
  const folder = tempFolder();
  homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
});

async function startBridge(): Promise<LedgerBridge> {
  const bridge = await LedgerBridge.start();
  onTestFinished(() => bridge.stop());
  return bridge;
}

const enrol = (bridge: string, ...more: string[]) =>
  bluerelay(homes, ['enrol', '--bridge', bridge, '--token', TOKEN, '--handle', '+14155550100', ...more]);

describe('bluerelay', () => {
  test('shows its commands, their options, examples and exit codes', async () => {
    const help = await bluerelay(homes, ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const word of ['run', 'enrol', 'status', 'virtual-mac', 'Exit codes'])
      expect(help.stdout).toContain(word);
    const status = await bluerelay(homes, ['status', '--help']);
    expect(status.stdout).toMatch(
      /Examples:[\s\S]*bluerelay status --json[\s\S]*3 {2}the agent does not run/,
    );
  });

  test.each([
    [['status', '--what'], "unknown option '--what'"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['enrol'], "required option '--bridge <url>' not specified"],
    [['status', 'more'], 'too many arguments'],
  ])('%j is wrong usage', async (args, message) => {
    const people = await bluerelay(homes, args);
    expect(people).toMatchObject({ code: 2, stdout: '' });
    expect(people.stderr).toMatch(/^Error: .*\nTry: .*\n$/);
    expect(people.stderr).toContain(message);
    const machine = await bluerelay(homes, [...args, '--json']);
    expect(machine.code).toBe(2);
    expect(JSON.parse(machine.stdout)).toMatchObject({ error: { code: 'invalid_option' } });
  });

  test('says that the agent is not enrolled, and leaves no folder behind', async () => {
    const run = await bluerelay(homes, ['run', '--json']);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'not_enrolled' } });
    expect(run.stderr).toMatch(/^Error: This Mac is not enrolled[^\n]*\nTry: Enrol this Mac first[^\n]*\n$/);
    expect(existsSync(homes.home)).toBe(false);
  });

  test('says that the agent does not run', async () => {
    const status = await bluerelay(homes, ['status', '--json']);
    expect(status.code).toBe(3);
    expect(JSON.parse(status.stdout)).toMatchObject({ error: { code: 'agent_not_running' } });
  });
});

describe('bluerelay enrol', () => {
  test('keeps the key to itself, in private files', async () => {
    const bridge = await startBridge();
    const result = await enrol(bridge.url, '--name', 'Mac of the test', '--json');
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toEqual({
      bridge: bridge.url,
      agentId: 'ag_1',
      line: { id: 'ln_1', handle: '+14155550100' },
    });
    const [request] = bridge.enrolments;
    expect(request).toMatchObject({ token: TOKEN, name: 'Mac of the test', handle: '+14155550100' });
    expect(String(request?.publicKey)).toMatch(/^[\w-]{43}$/);
    expect(statSync(homes.home).mode & 0o777).toBe(0o700);
    for (const file of ['agent.key', 'agent.json'])
      expect(statSync(path.join(homes.home, file)).mode & 0o777).toBe(0o600);
    const key = readFileSync(path.join(homes.home, 'agent.key'), 'utf8');
    expect(JSON.stringify(request)).not.toContain(key.split('\n')[1]);
    expect(result.stderr + result.stdout).not.toContain(TOKEN);
  });

  test('after a refusal a second try uses the same key', async () => {
    const bridge = await startBridge();
    bridge.refuseEnrolment = {
      status: 401,
      body: JSON.stringify({ error: { code: 'invalid_enrolment_token', message: 'The token is not valid' } }),
    };
    const refused = await enrol(bridge.url, '--json');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'invalid_enrolment_token' } });
    expect(refused.stderr).toContain('Try: Make a new token');
    expect(existsSync(path.join(homes.home, 'agent.json'))).toBe(false);
    bridge.refuseEnrolment = undefined;
    expect((await enrol(bridge.url)).code).toBe(0);
    const [first, second] = bridge.enrolments;
    expect(second?.publicKey).toBe(first?.publicKey);
  });

  test('does not enrol twice unless told', async () => {
    const bridge = await startBridge();
    await enrol(bridge.url);
    const second = await enrol(bridge.url, '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'already_enrolled' } });
    expect(bridge.enrolments).toHaveLength(1);
    expect((await enrol(bridge.url, '--again')).code).toBe(0);
  });

  test.each([
    ['http://bridge.example.com', 'insecure_bridge_url'],
    ['ftp://127.0.0.1', 'insecure_bridge_url'],
    ['https://user:secret@bridge.example.com', 'insecure_bridge_url'],
    ['bridge', 'insecure_bridge_url'],
    ['http://127.0.0.1:1', 'bridge_unreachable'],
  ])('refuses %s as %s', async (url, code) => {
    const result = await enrol(url, '--json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code } });
  });

  test.each([
    ['a page', { status: 200, body: '<html>' }],
    ['an endless answer', { status: 200, body: 'x'.repeat(200_000) }],
    ['a redirect', { status: 302, body: '' }],
    ['a proxy error', { status: 502, body: 'bad gateway' }],
  ])('takes %s for no bridge', async (_, refusal) => {
    const bridge = await startBridge();
    bridge.refuseEnrolment = refusal;
    const result = await enrol(bridge.url, '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'bridge_unreachable' } });
  });

  test('asks for the handle when Messages does not show one, and refuses a short token', async () => {
    const bridge = await startBridge();
    const args = ['enrol', '--bridge', bridge.url, '--json'];
    const asked = await bluerelay(homes, [...args, '--token', TOKEN]);
    expect(JSON.parse(asked.stdout)).toMatchObject({ error: { code: 'handle_required' } });
    const short = await bluerelay(homes, [...args, '--token', '-', '--handle', '+14155550100'], 'short\n');
    expect(JSON.parse(short.stdout)).toMatchObject({ error: { code: 'invalid_parameter_value' } });
  });
});
