import path from 'node:path';
import { type Clock, isoTime } from '../bridge/runtime/clock.ts';
import type { Service } from '../bridge/runtime/lifecycle.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import type { AgentConfig } from './config.ts';
import { control } from './control/control.ts';
import type { AgentStatus } from './control/types.ts';
import { readIdentity } from './identity/identity.ts';
import { openJournal } from './journal/journal.ts';
import { createLink } from './link/link.ts';
import { lockHome } from './lock.ts';
import { openMac } from './mac/mac.ts';
import { openMessagesDb } from './messages-db/messages-db.ts';
import { createOutbox } from './outbox/outbox.ts';
import { Tail } from './tail.ts';
import { agentVersion, macosVersion } from './versions.ts';

export interface DaemonOptions {
  config: AgentConfig;
  allowSending: boolean;
  clock: Clock;
  logger: Logger;
}

export interface Daemon extends Service {
  status(): AgentStatus;
}

/**
 * Puts the agent together and starts it. Throws AppError `not_enrolled`, `identity_damaged`, `agent_running`,
 * `home_not_writable` or one of the journal's. What was opened is closed in reverse order, on failure too.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, allowSending, clock, logger } = options;
  const { home } = config;
  const identity = readIdentity(home);
  const releases: Array<(hurry: AbortSignal) => unknown> = [];
  const release = async (hurry: AbortSignal): Promise<void> => {
    for (const step of releases.splice(0).reverse()) await step(hurry);
  };
  const part = (name: string): Logger => logger.child({ part: name });
  try {
    releases.push(lockHome(home));
    const journal = openJournal(path.join(home, 'journal.db'));
    releases.push(() => journal.close());
    const messagesDb = openMessagesDb({
      databasePath: messagesFile(config),
      memory: journal.tailMemory(),
      clock,
      logger: part('messages-db'),
    });
    releases.push(() => messagesDb.close());
    const versions = { agent: agentVersion(), macos: macosVersion(config) };
    const link = createLink({
      identity,
      versions,
      journal,
      clock,
      logger: part('link'),
      onCommands: () => outbox.wake(),
    });
    releases.push((hurry) => link.stop(hurry));
    const mac = openMac({
      actsFolder: path.join(home, 'acts'),
      target: config.virtual ? { kind: 'virtual', home: config.macHome } : { kind: 'system' },
      allowSending,
      clock,
      logger: part('mac'),
    });
    const outbox = createOutbox({ journal, mac, messagesDb, clock, logger: part('outbox') });
    const tail = new Tail({
      messagesDb,
      take: (batch) => outbox.take(batch),
      clock,
      logger: part('tail'),
    });
    releases.push(() => tail.stop());
    releases.push((hurry) => Promise.all([mac.stop(hurry), outbox.stop()]));
    const startedAt = isoTime(clock.now());
    const status = (): AgentStatus => {
      const { lastReceivedAt, ...counts } = journal.counts();
      return {
        version: versions.agent,
        pid: process.pid,
        home,
        startedAt,
        agentId: identity.agentId,
        bridge: identity.bridge,
        line: identity.line,
        mac: { virtual: config.virtual, macos: versions.macos, sendingAllowed: allowSending },
        link: link.status(),
        journal: counts,
        messages: {
          state: tail.reading ? 'reading' : 'waiting',
          lastReceivedAt: lastReceivedAt === null ? null : isoTime(lastReceivedAt),
        },
      };
    };
    const served = await control.serve({ home, methods: { status }, clock, logger: part('control') });
    releases.push(() => served.close());
    outbox.start();
    tail.start();
    link.start();
    logger.info({ agentId: identity.agentId, version: versions.agent }, 'agent started');
    return { status, stop: release };
  } catch (error) {
    await release(AbortSignal.abort());
    throw error;
  }
}

/** The own handle of the Mac as chat.db shows it; null where no row tells, or there is no chat.db yet. */
export function ownHandle(config: AgentConfig, clock: Clock, logger: Logger): string | null {
  const messagesDb = openMessagesDb({
    databasePath: messagesFile(config),
    memory: { cursor: null, entries: new Map() },
    clock,
    logger,
  });
  try {
    return messagesDb.ownHandle();
  } finally {
    messagesDb.close();
  }
}

const messagesFile = (config: AgentConfig): string =>
  path.join(config.macHome, 'Library', 'Messages', 'chat.db');
