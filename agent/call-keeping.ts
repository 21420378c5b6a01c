import type { Clock } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import { takeCalls } from './call-facts.ts';
import { CallWatch } from './call-watch.ts';
import { openCallsDb } from './calls-db/calls-db.ts';
import type { CallBatch } from './calls-db/types.ts';
import type { Journal, JournaledCommand } from './journal/types.ts';
import type { Mac } from './mac/types.ts';
import { noteOfBegun, standingOf } from './placed-calls.ts';
import { Tail } from './tail.ts';

export interface CallKeepingOptions {
  /** The call history; it need not be there yet. */
  databasePath: string;
  journal: Journal;
  mac: Mac;
  /** What this Mac can do now. */
  capabilities: { current(): readonly { action: string; method: string }[] };
  clock: Clock;
  logger: Logger;
}

/** Calls as the history tells them and as the screen shows them. */
export interface CallKeeping {
  start(): void;
  /** What is noted with the beginning of a command's act; a call that begins to be placed is followed from then on. */
  noteOf(command: JournaledCommand, at: number): Readonly<Record<string, string>>;
  /** Whether the call of a command is on the screen. */
  standing(commandId: string): ReturnType<typeof standingOf>;
  /** Looks at the screen no more; whoever owns the Mac ends the look under way. */
  stop(): Promise<void>;
  /** Reads the history no more. */
  close(): Promise<void>;
}

export function keepCalls(options: CallKeepingOptions): CallKeeping {
  const { databasePath, journal, mac, capabilities, clock, logger } = options;
  const callsDb = openCallsDb({ databasePath, memory: journal.callsMemory(), clock, logger });
  const tail = new Tail<CallBatch>({
    source: callsDb,
    take: (batch) => takeCalls(batch, journal, clock.now()),
    clock,
    logger,
  });
  const mayHangUp = (): boolean =>
    capabilities.current().some(({ action, method }) => action === 'call_ring_timeout' && method === 'ui');
  const watch = new CallWatch({ journal, mac, mayHangUp, clock, logger });
  return {
    start() {
      tail.start();
      watch.start();
    },
    noteOf(command, at) {
      if (command.command?.type === 'call.start') watch.follow(command.id);
      return noteOfBegun(journal, command, at);
    },
    standing: (commandId) => standingOf(journal, commandId, clock.now()),
    stop: () => watch.stop(),
    async close() {
      await tail.stop();
      callsDb.close();
    },
  };
}
