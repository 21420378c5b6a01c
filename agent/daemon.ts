import { statSync } from 'node:fs';
import path from 'node:path';
import { agentErrors } from '../bridge/protocol/errors.ts';
import { AppError, errorCode } from '../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../bridge/runtime/clock.ts';
import type { Service } from '../bridge/runtime/lifecycle.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import { Backfill } from './backfill/backfill.ts';
import { CalibrationDesk } from './calibration/calibration.ts';
import { keepCalls } from './call-keeping.ts';
import { answerCapabilities } from './capabilities-answer.ts';
import type { AgentConfig } from './config.ts';
import { control } from './control/control.ts';
import type { AgentStatus } from './control/types.ts';
import { createRotation, readIdentity } from './identity/identity.ts';
import { openJournal } from './journal/journal.ts';
import { keepLine } from './line-keeping.ts';
import { createLink, type Link } from './link/link.ts';
import { lockHome } from './lock.ts';
import { answerLookup } from './lookup.ts';
import { type MacCare, openMacCare } from './mac/care.ts';
import { Media } from './media/media.ts';
import { openEvidence } from './messages-db/evidence.ts';
import { openHistory } from './messages-db/history.ts';
import { openMessagesDb } from './messages-db/messages-db.ts';
import type { ChangeBatch, MessagesDb } from './messages-db/types.ts';
import { changeFacts } from './outbox/facts.ts';
import { createOutbox, type Outbox } from './outbox/outbox.ts';
import { systemSchedule } from './schedule.ts';
import { Tail } from './tail.ts';
import { tellCapabilities } from './tell-capabilities.ts';
import { keepUp } from './upkeep.ts';
import { agentVersion } from './versions.ts';

/** How long a stop waits for the act under way, in milliseconds. */
const ACT_STOP_LIMIT_MS = 8_000;

/** A journal whose end is not known may have been written so long after its file was, in milliseconds. */
const LOST_MARGIN_MS = 24 * 3_600_000;

export interface DaemonOptions {
  config: AgentConfig;
  allowSending: boolean;
  /** Nothing is paced. Throws AppError `pacing_required` unless the Mac is a virtual one. */
  pacingOff?: boolean;
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
  const { config, allowSending, pacingOff = false, clock, logger } = options;
  if (pacingOff && !config.virtual)
    throw new AppError('A real line is never unpaced', {
      code: 'pacing_required',
      ...agentErrors.pacing_required,
    });
  const { home } = config;
  const identity = readIdentity(home);
  const releases: Array<(hurry: AbortSignal) => unknown> = [];
  const release = async (hurry: AbortSignal): Promise<void> => {
    for (const step of releases.splice(0).reverse()) await step(hurry);
  };
  const part = (name: string): Logger => logger.child({ part: name });
  try {
    releases.push(lockHome(home));
    let unreadSince: number | undefined;
    const journal = openJournal(path.join(home, 'journal.db'), {
      now: clock.now(),
      ...(config.journalMaxBytes === undefined ? {} : { maxBytes: config.journalMaxBytes }),
      onSalvage: (salvage) => {
        const { file, open, events, tailCursor } = salvage;
        if (tailCursor === null) unreadSince = statSync(file).mtimeMs;
        logger.error(
          { file, commands: open.length, events: events.length },
          'the journal was damaged: set aside, and begun anew with what it still gave',
        );
      },
    });
    releases.push(() => journal.close());
    const messagesDb = openMessagesDb({
      databasePath: messagesFile(config),
      memory: journal.tailMemory(),
      ownHandles: [identity.line.handle],
      clock,
      logger: part('messages-db'),
    });
    releases.push(() => messagesDb.close());
    const care = openMacCare({
      home,
      macHome: config.macHome,
      target: config.virtual ? { kind: 'virtual', home: config.macHome } : { kind: 'system' },
      allowSending,
      clock,
      logger: part('mac'),
      onCapabilities: () => tell(),
    });
    releases.push((hurry) => care.stop(hurry));
    const tell = (): void => tellCapabilities(care, { journal, clock, logger });
    const versions = { agent: agentVersion(), macos: care.macos };
    const link = createLink({
      identity,
      versions,
      journal,
      clock,
      logger: part('link'),
      onCommands: () => outbox.wake(),
      onMayAct: () => outbox.wake(),
      onLine: ({ banned }) => line.setBan(banned),
      onBehind: () => outbox.distrust(),
      otherKey: () => identity.keys.refused(),
      onOpen: () => {
        rotation.onOpen();
        tellCapabilities(care, { journal, clock, logger }, { again: true });
      },
    });
    releases.push((hurry) => link.stop(hurry));
    const rotation = createRotation(identity, {
      isOpen: () => link.status().state === 'open',
      reconnect: () => link.reconnect(),
      clock,
      logger: part('identity'),
    });
    releases.push(() => rotation.stop());
    const startedAt = clock.now();
    const recovery = care.startRecovery({
      lastSignOfLife: () =>
        Math.max(startedAt, journal.counts().lastReceivedAt ?? 0, journal.records.lastSentAt() ?? 0),
      mayNudge: () => allowSending,
    });
    releases.push(() => recovery.stop());
    const mac = care.tendedBy(recovery);
    const evidence = openEvidence(messagesFile(config));
    releases.push(() => evidence.close());
    const media = new Media({
      folder: path.join(home, 'media'),
      identity,
      attachment: (guid) => evidence.attachment(guid, clock.now()),
      render: (file, signal) => care.renditions.make(file, signal),
      clock,
      logger: part('media'),
    });
    releases.push(() => media.stop());
    const line = keepLine({
      home,
      journal,
      pacingOff,
      traffic: (conversation) => evidence.traffic(conversation),
      permissions: () => care.capabilities.permissions(),
      clock,
      logger: part('line'),
      schedule: systemSchedule,
      onFreed: () => outbox.wake(),
    });
    const offer = care.renditions.offer.bind(care.renditions);
    const outbox = createOutbox({
      journal,
      mac,
      messagesDb,
      evidence,
      files: {
        ready: (command, index) => media.ready(command, index),
        fetch: (command, onChange) => media.fetch(command, onChange),
        stage: (actId, file) => care.staging.stage(actId, file),
      },
      errands: {
        lookUp: (order) => answerLookup(order, care.lookUp, clock),
        upload: (order, signal) => media.upload(order, signal),
      },
      pacer: line.pacing,
      mayAct: () => link.mayAct(),
      isBanned: () => line.isBanned(),
      rendition: offer,
      noteOf: (command, at) => calls.noteOf(command, at),
      callStanding: (commandId) => calls.standing(commandId),
      clock,
      logger: part('outbox'),
    });
    const tail = new Tail<ChangeBatch>({
      source: messagesDb,
      take: (batch) => outbox.take(batch),
      clock,
      logger: part('tail'),
    });
    releases.push(() => tail.stop());
    const calls = keepCalls({
      databasePath: callsFile(config),
      journal,
      mac,
      capabilities: care.capabilities,
      clock,
      logger: part('calls'),
    });
    releases.push(() => calls.close());
    const desk = new CalibrationDesk({ care, macHome: config.macHome, sendingAllowed: allowSending, clock });
    releases.push((hurry) => stopActing({ care, outbox, recovery, calls, desk }, hurry, clock));
    const backfill = new Backfill({
      journal,
      open: () =>
        openHistory({
          databasePath: messagesFile(config),
          home: config.macHome,
          ownHandles: [identity.line.handle],
        }),
      tell: (change) => changeFacts(change, offer),
      clock,
      logger: part('backfill'),
    });
    releases.push(() => backfill.stop());
    const status = (): AgentStatus => {
      const { lastReceivedAt, ...counts } = journal.counts();
      const failure = journal.failure();
      const unreadable = whyUnreadable(messagesDb);
      return {
        version: versions.agent,
        pid: process.pid,
        home,
        startedAt: isoTime(startedAt),
        agentId: identity.agentId,
        bridge: identity.bridge,
        line: { ...identity.line, banned: line.isBanned() },
        mac: {
          ...{ virtual: config.virtual, macos: care.macos, sendingAllowed: allowSending },
          recovery: recovery.step(),
        },
        link: { ...link.status(), mayAct: link.mayAct() },
        journal: {
          state: failure ? 'failing' : 'ok',
          problem: failure ? problemOf(failure) : null,
          ...counts,
        },
        messages: {
          state: unreadable ? 'unreadable' : 'reading',
          problem: unreadable ? problemOf(unreadable) : null,
          lastReceivedAt: lastReceivedAt === null ? null : isoTime(lastReceivedAt),
        },
      };
    };
    const served = await control.serve({
      home,
      methods: {
        status,
        ...linkMethods(link),
        'identity.show': () => rotation.status(),
        'identity.rotate': () => rotation.rotate(),
        ...outbox.operator.methods(),
        ...line.methods,
        ...backfill.methods(),
        ...desk.methods(),
        capabilities: () => answerCapabilities(care, clock),
      },
      clock,
      logger: part('control'),
    });
    releases.push(() => served.close());
    releases.push(care.keepAwake(() => logger.warn('caffeinate ended: the Mac may fall asleep')));
    const { timezone } = line.pacing;
    const { staging } = care;
    releases.push(keepUp({ journal, media, staging, timezone, clock, logger, schedule: systemSchedule }));
    releases.push(line.start());
    outbox.start();
    tail.start();
    calls.start();
    backfill.start();
    if (unreadSince !== undefined) backfill.since(unreadSince - LOST_MARGIN_MS);
    link.start();
    logger.info({ agentId: identity.agentId, version: versions.agent }, 'agent started');
    return { status, stop: release };
  } catch (error) {
    await release(AbortSignal.abort());
    throw error;
  }
}

/** What acts, and ends when the agent does. */
interface Acting {
  care: MacCare;
  outbox: Outbox;
  recovery: { stop(): Promise<void> };
  calls: { stop(): Promise<void> };
  desk: { stop(): Promise<void> };
}

/**
 * Waits for the act under way, but not as long as osascript may hang: an act that is cut off is looked for in chat.db
 * by the next start, as after a crash.
 */
async function stopActing(acting: Acting, hurry: AbortSignal, clock: Clock): Promise<void> {
  const { care, recovery, outbox, calls, desk } = acting;
  const late = new AbortController();
  const cancel = clock.after(ACT_STOP_LIMIT_MS, () => late.abort());
  // Recovery first: to it, a Mac that is stopped would look like a Messages that is silent.
  const ends = [recovery.stop(), care.stop(AbortSignal.any([hurry, late.signal])), outbox.stop()];
  await Promise.all([...ends, calls.stop(), desk.stop()]);
  cancel();
}

const linkMethods = (link: Link): Record<string, () => unknown> => ({
  'link.retry': () => {
    const before = link.status();
    link.retry();
    return before;
  },
});

/** Why chat.db cannot be read now, if so. */
function whyUnreadable(messagesDb: MessagesDb): unknown {
  try {
    messagesDb.highWater();
    return undefined;
  } catch (error) {
    return error;
  }
}

const problemOf = (error: unknown): { code: string; message: string; hint: string | null } => ({
  code: errorCode(error),
  message: error instanceof Error ? error.message : String(error),
  hint: (error instanceof AppError ? error.hint : undefined) ?? null,
});

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

const callsFile = (config: AgentConfig): string =>
  path.join(config.macHome, 'Library', 'Application Support', 'CallHistoryDB', 'CallHistory.storedata');
