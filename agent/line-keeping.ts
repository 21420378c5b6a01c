import { describeError } from '../bridge/runtime/app-error.ts';
import type { Clock } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import { LineHealth, type LineHealthOptions } from './health/health.ts';
import type { Journal } from './journal/types.ts';
import { type PaceParts, paceMethods } from './pace.ts';
import { openPacing, type Pacing, type PacingOptions } from './pacing/pacing.ts';
import type { Schedule } from './schedule.ts';

/** When the day of a line begins anew, as cron has it. */
const MIDNIGHT = '0 0 * * *';

/** What macOS says of one thing that acting needs. */
interface Permission {
  component: string;
  status: 'granted' | 'denied' | 'unknown';
  cause?: 'not_running' | 'signed_out' | 'connecting';
}

export interface LineKeepingOptions {
  home: string;
  journal: Journal;
  pacingOff: boolean;
  traffic: PacingOptions['traffic'];
  permissions(): readonly Permission[];
  clock: Clock;
  logger: Logger;
  schedule: Schedule;
  /** What holds commands may have changed. */
  onFreed(): void;
}

/** The pace and the health of the line, which go by each other. */
export interface LineKeeping {
  pacing: Pacing;
  /** For the control socket. */
  methods: ReturnType<typeof paceMethods>;
  /** What the bridge says: since when the line is banned, and why; undefined when it is not. */
  setBan(banned: { since: string; reason: string | null } | undefined): void;
  isBanned(): boolean;
  /** Begins to look at the line; returns how to stop. */
  start(): () => void;
}

/** Without one of these nothing is sent at all. */
const NEEDED = new Set(['full_disk_access', 'automation_messages']);

/** Throws AppError `invalid_pacing` or one of the journal's. */
export function keepLine(options: LineKeepingOptions): LineKeeping {
  const { home, journal, pacingOff, traffic, permissions, clock, logger, schedule, onFreed } = options;
  const freed = (): void => {
    journal.releaseHeld();
    onFreed();
  };
  const pacing = openPacing(home, {
    journal,
    off: pacingOff,
    clock,
    traffic,
    pausedUntil: () => health.pausedUntil(),
    shareOfCaps: () => health.shareOfCaps(),
  });
  const health = new LineHealth({
    journal,
    clock,
    logger,
    usage: (now) => pacing.usage(now),
    account: () => accountOf(permissions()),
    onChange: freed,
  });
  const parts: PaceParts = { journal, pacing, health, now: () => clock.now() };
  return {
    pacing,
    methods: paceMethods(parts),
    setBan: (banned) => health.setBan(banned),
    isBanned: () => health.isBanned(),
    start() {
      const stop = health.start();
      const cancel = schedule.at(MIDNIGHT, pacing.timezone, () => {
        roll(pacing, { clock, logger });
        health.look();
        onFreed();
      });
      return () => {
        cancel();
        stop();
      };
    },
  };
}

function roll(pacing: Pacing, { clock, logger }: Pick<LineKeepingOptions, 'clock' | 'logger'>): void {
  try {
    pacing.roll(clock.now());
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'the day of the line has to wait');
  }
}

/** An account that is connecting is neither signed in nor out yet. */
function accountOf(permissions: readonly Permission[]): ReturnType<LineHealthOptions['account']> {
  const messages = permissions.find(({ component }) => component === 'messages');
  return {
    signedOut:
      messages === undefined || messages.status === 'unknown' ? undefined : messages.cause === 'signed_out',
    connecting: messages?.cause === 'connecting',
    refused: permissions
      .filter(({ component, status }) => status === 'denied' && NEEDED.has(component))
      .map(({ component }) => component),
  };
}
