import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { socketPath } from '../control/socket-path.ts';
import { Consent } from './consent.ts';
import { SOCKET_NAME } from './control.ts';
import { askVirtualMac } from './control-client.ts';
import { serveControl } from './control-server.ts';
import { Desktop } from './desktop/desktop.ts';
import { MessagesWindow } from './desktop/messages-window.ts';
import { Phone } from './desktop/phone.ts';
import { type Fault, type FaultInput, Faults, faultSchema, lastingFaults, readFault } from './faults.ts';
import { makeHome } from './home.ts';
import { IdsCache } from './ids-cache.ts';
import { Life } from './life.ts';
import { MessagesApp } from './messages-app.ts';
import { answerProcess, isAboutProcess, MessagesProcess } from './messages-process.ts';
import { openMessagesStore } from './messages-store.ts';
import { people } from './people.ts';
import { isPlay, type PlannedPlay, type PlayedPart, Plays } from './plays.ts';
import { Steps } from './steps.ts';
import { writeSystemVersion } from './system-version.ts';
import type { MacosRelease, RelayedService, WrittenRow } from './types.ts';
import { UserSettings } from './user-settings.ts';

/** The own handle of a virtual Mac that is not given another. */
export const DEFAULT_LINE = '+14155550100';

export interface VirtualMacOptions {
  /** Its home folder; made (0700) when missing, gone on with when it was one before. */
  home: string;
  macos: MacosRelease;
  /** Own handle; {@link DEFAULT_LINE} unless told. */
  line?: string;
  /** Whether its people have a conversation with the line already, without a message in it; they have none unless told. */
  acquainted?: boolean;
  /** What an iPhone relays for this Mac; nothing unless told. */
  relayed?: readonly RelayedService[];
  clock: Clock;
  logger: Logger;
}

/** A person of the virtual Mac and, in words, what they do with messages. */
export interface PersonInfo {
  handle: string;
  behaves: string;
}

export interface VirtualMac {
  home: string;
  line: string;
  /** Path of its chat.db. */
  messagesDb: string;
  /** Path of its call history. */
  callHistoryDb: string;
  people: readonly PersonInfo[];
  stop(): Promise<void>;
}

/**
 * Starts a virtual Mac: Messages with its chat.db, its people, and the socket by which osascript and the CLI reach
 * it. What was on its way when it ended goes on. Throws AppError `virtual_mac_running` when the home has one already.
 */
export async function startVirtualMac(options: VirtualMacOptions): Promise<VirtualMac> {
  const { home, macos, line = DEFAULT_LINE, acquainted = false, relayed = [], clock, logger } = options;
  makeHome(home);
  writeSystemVersion(home, macos);
  const faults = new Faults();
  const settings = new UserSettings(home, faults);
  settings.keep();
  let app: MessagesApp | undefined;
  let plays: Plays | undefined;
  let consent: Consent | undefined;
  let phone: Phone | undefined;
  const messages = new MessagesProcess();
  const control = await serveControl({
    path: socketPath(home, SOCKET_NAME),
    answer: async (request) => {
      if (isPlay(request)) return plays?.answer(request);
      await consent?.check(request);
      await messages.check(request);
      if (request.call === 'running' && !messages.running) return false;
      if (isAboutProcess(request)) return answerProcess(messages, request);
      if (request.call === 'prompts') return consent?.prompts;
      if (request.call === 'received-call')
        return phone?.received(request.from, request.medium, request.end, request.durationMs);
      const answer = (await app?.answer(request)) ?? false;
      settings.keep();
      return answer;
    },
    logger,
  });
  try {
    const store = openMessagesStore({ home, macos, line, clock });
    if (acquainted) for (const { handle } of people) store.acquaint(handle);
    const steps = new Steps(home);
    const allowed = new Consent(home);
    consent = allowed;
    const life = new Life({ home, idsCache: new IdsCache(home, macos), store, steps, clock, logger });
    plays = new Plays({ store, macos, clock });
    const messagesWindow = new MessagesWindow({ macos, store, life, faults, clock });
    const calls = new Phone({ macos, store, faults, clock });
    phone = calls;
    const desktop = new Desktop({ faults, processes: [messagesWindow, ...calls.processes] });
    app = new MessagesApp({ store, life, relayed, faults, desktop, messagesWindow });
    return {
      home,
      line: store.line,
      messagesDb: store.databasePath,
      callHistoryDb: store.callHistoryPath,
      people: virtualPeople(),
      async stop() {
        await control.close();
        life.stop();
        calls.stop();
        allowed.close();
        steps.close();
        store.close();
      },
    };
  } catch (error) {
    await control.close();
    throw error;
  }
}

/** The people of every virtual Mac. */
export function virtualPeople(): PersonInfo[] {
  return people.map(({ handle, behaves }) => ({ handle, behaves }));
}

/**
 * Makes a person write to the line of a running virtual Mac. Throws AppError `virtual_mac_not_running`,
 * `invalid_handle`.
 */
export async function receiveText(home: string, from: string, text: string): Promise<WrittenRow> {
  return (await askVirtualMac(home, { call: 'receive', from, text })) as WrittenRow;
}

/** Conversations in which people see that the line types: handles and identifiers of groups. */
export async function typingIn(home: string): Promise<readonly string[]> {
  return (await askVirtualMac(home, { call: 'typing' })) as string[];
}

/** Makes something go wrong in a running virtual Mac, once unless told. Throws AppError `virtual_mac_not_running`. */
export async function causeFault(home: string, fault: FaultInput): Promise<void> {
  await askVirtualMac(home, { call: 'fault', fault: faultSchema.parse(fault) });
}

/** How a virtual Mac can be made to be, by names that {@link causeNamedFault} takes. */
export const lastingFaultNames: readonly string[] = lastingFaults;

/**
 * The same by what a person writes: one of {@link lastingFaultNames}, or a fault as JSON. Throws AppError
 * `virtual_mac_not_running`, `invalid_parameter_value`.
 */
export async function causeNamedFault(home: string, text: string): Promise<void> {
  const fault = readFault(text);
  if (fault) return causeFault(home, fault);
  throw new AppError('that is no fault', {
    code: 'invalid_parameter_value',
    retry: 'never',
    hint: `Use ${lastingFaults.join(', ')}; or JSON such as {"kind":"hang","at":"send"}, {"kind":"error","at":"send","number":-1712}, {"kind":"not-running"}, {"kind":"ghost-row"}.`,
  });
}

/** Takes back what has not gone wrong yet, and what lasts. Throws AppError `virtual_mac_not_running`. */
export async function clearFaults(home: string): Promise<void> {
  await askVirtualMac(home, { call: 'clear-faults' });
}

/** What has not gone wrong yet, and what lasts. Throws AppError `virtual_mac_not_running`. */
export async function waitingFaults(home: string): Promise<readonly Fault[]> {
  return (await askVirtualMac(home, { call: 'waiting-faults' })) as Fault[];
}

/** Whether everything that was to go wrong has. Throws AppError `virtual_mac_not_running`. */
export async function faultsHappened(home: string): Promise<boolean> {
  return (await waitingFaults(home)).length === 0;
}

/** What a day to be played may be asked to be; see the control request `play`. */
export interface PlayInput {
  /** A whole number below 2^32; one is drawn when left out. */
  seed?: number;
  operations: number;
  /** When it begins, in milliseconds since the Unix epoch; by default each operation happens now. */
  start?: number;
  /** Names of what may happen; everything by default. */
  only?: readonly string[];
}

/** Makes a running virtual Mac plan a random day. Throws AppError `virtual_mac_not_running`. */
export async function planPlay(home: string, { only, ...play }: PlayInput): Promise<PlannedPlay> {
  return (await askVirtualMac(home, {
    call: 'play',
    ...play,
    ...(only && { only: [...only] }),
  })) as PlannedPlay;
}

/** Makes it play the next operations of that day. Throws AppError `virtual_mac_not_running`, `not_found`. */
export async function playNext(home: string, operations: number): Promise<PlayedPart> {
  return (await askVirtualMac(home, { call: 'play-next', operations })) as PlayedPart;
}
