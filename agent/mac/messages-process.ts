import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import type { RecoveryStep, Sight } from './recovery-states.ts';
import { runCommand, startCommand } from './system-command.ts';
import type { OsascriptTarget, TendedMac } from './types.ts';

/** What can be done to the process of Messages, and how it looks. */
export interface MessagesProcess {
  look(): Promise<Sight>;
  /** Does a step; it has only been tried when this resolves. */
  take(step: Exclude<RecoveryStep, 'well' | 'person'>): Promise<void>;
  /** Brings Messages to the front: an idle Mac then receives again. */
  nudge(): Promise<void>;
}

/**
 * Messages of this user. It is asked only where its control is known to be allowed; otherwise whoever calls keeps
 * away from this. Nothing is done while an act is under way.
 */
export function messagesProcess(options: {
  mac: TendedMac;
  target: OsascriptTarget;
  clock: Clock;
}): MessagesProcess {
  const { mac, target, clock } = options;
  const run = (program: string, ...args: string[]) =>
    mac.alone(() => runCommand(target, clock, program, args));
  const end = (signal: string) =>
    run('/usr/bin/pkill', `-${signal}`, '-U', String(process.getuid?.() ?? 0), '-x', 'Messages');
  const ask = async (kind: 'probe_messages' | 'quit_messages') => {
    const actId = newId('act', clock.now());
    const outcome = await mac.perform(actId, { kind });
    mac.forget(actId);
    return outcome;
  };
  return {
    async look() {
      const outcome = await ask('probe_messages');
      if (outcome.outcome === 'handed_over')
        return outcome.value?.running === true ? 'answers' : 'not_running';
      return outcome.error.code === 'messages_not_running' ? 'not_running' : 'silent';
    },
    async take(step) {
      if (step === 'open') await run('/usr/bin/open', '-g', '-j', '-a', 'Messages');
      else if (step === 'quit') await ask('quit_messages');
      else if (step === 'restart_agent') await run('/usr/bin/killall', 'imagent');
      else await end(step === 'kill' ? 'KILL' : 'TERM');
    },
    async nudge() {
      await run('/usr/bin/open', '-a', 'Messages');
    },
  };
}

/**
 * Keeps the Mac from sleeping for as long as this process lives: no idle sleep, no sleep of the disk, none on power; with
 * `display` none of the display either, behind which windows cannot be worked with. Returns how to stop it.
 */
export function keepAwake(
  target: OsascriptTarget,
  onLost: () => void,
  { display }: { display: boolean },
): () => void {
  const child: ChildProcess = startCommand(target, '/usr/bin/caffeinate', [
    ...(display ? ['-d'] : []),
    ...['-i', '-m', '-s'],
    ...['-w', String(process.pid)],
  ]);
  let stopped = false;
  const lost = (): void => {
    if (!stopped) onLost();
    stopped = true;
  };
  child.once('error', lost);
  child.once('exit', lost);
  return () => {
    stopped = true;
    child.kill('SIGTERM');
  };
}
