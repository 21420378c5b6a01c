import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BuiltAgent, bluerelay } from '../../support/built-agent.ts';
import { LedgerBridge } from '../../support/ledger-bridge.ts';
import { type Child, reply, startChild, type WriterReply, type WriterRequest } from './messages.ts';

export const LINE = '+14155550100';

/** Folders of a benchmark, with Messages that another process writes. */
export interface World {
  /** Home folder of the virtual Mac. */
  mac: string;
  databasePath: string;
  folder: string;
  writer: Child<WriterRequest, WriterReply>;
  end(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-bench-'));
  const mac = path.join(folder, 'mac');
  const writer = startChild<WriterRequest, WriterReply>('writer', [mac, LINE]);
  await reply(writer, (given) => given.did === 'ready');
  return {
    mac,
    folder,
    databasePath: path.join(mac, 'Library', 'Messages', 'chat.db'),
    writer,
    async end() {
      await writer.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The agent as it is built, linked to a bridge in this process. */
export interface LinkedAgent {
  pid: number;
  bridge: LedgerBridge;
  stop(): Promise<void>;
}

export async function startAgent({ mac, folder }: World): Promise<LinkedAgent> {
  const bridge = await LedgerBridge.start();
  const homes = { home: path.join(folder, 'agent'), mac };
  const token = 'a token of twenty characters\n';
  const enrolment = ['enrol', '--bridge', bridge.url, '--token', '-', '--handle', LINE];
  const enrolled = await bluerelay(homes, enrolment, token);
  if (enrolled.code !== 0) throw new Error(`the agent was not enrolled: ${enrolled.stderr}`);
  const agent = new BuiltAgent(homes);
  return {
    pid: agent.child.pid ?? 0,
    bridge,
    async stop() {
      await agent.kill('SIGKILL');
      await bridge.stop();
    },
  };
}
