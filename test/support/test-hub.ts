import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { HubLimits } from '../../bridge/hub/admission.ts';
import { createHub, type Hub } from '../../bridge/hub/hub.ts';
import { createLogger, type Logger } from '../../bridge/runtime/logger.ts';
import { type AgentKeys, type AgentLink, agentKeys, dialBridge } from './agent-link.ts';
import { type TestCore, testCore } from './bridge-core.ts';

export interface TestHub extends TestCore {
  hub: Hub;
  /** `http://127.0.0.1:<port>`. */
  url: string;
}

export interface EnrolledAgent {
  agentId: string;
  lineId: string;
  keys: AgentKeys;
}

/** A hub on a real HTTP server over a core with a SQLite store; all of it ends with the test. */
export async function testHub(
  options: { limits?: Partial<HubLimits>; logger?: Logger; core?: TestCore } = {},
): Promise<TestHub> {
  const bridge = options.core ?? (await testCore());
  const { limits, logger = createLogger('test', 'silent') } = options;
  const hub = createHub({ core: bridge.core, clock: bridge.clock, logger, ...(limits && { limits }) });
  const server = createServer((_request, response) => response.writeHead(404).end());
  hub.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await hub.stop(AbortSignal.abort());
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { ...bridge, hub, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** An agent with a real key, enrolled on a line. */
export async function enrolAgent({ core, live }: TestCore, handle = '+14155550100'): Promise<EnrolledAgent> {
  const keys = agentKeys();
  const { token } = await core.createEnrolmentToken(live.accountId);
  const { publicKey } = keys;
  const { agentId, line } = await core.enrolAgent({ token, publicKey, name: 'Mac', handle });
  return { agentId, lineId: line.id, keys };
}

/** A welcomed link of an agent; cut when the test ends. */
export async function openLink(
  url: string,
  agent: EnrolledAgent & { journalId?: string },
  commandAck = 0,
): Promise<AgentLink> {
  const link = await dialBridge(url);
  onTestFinished(() => link.cut());
  link.hello(agent, { commandAck });
  await link.waitFor('welcome');
  return link;
}
