import { closeSync, openSync, realpathSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import type { ProbeAct } from './probe-acts.ts';
import type { Mac } from './types.ts';

export const permissionComponents = [
  'full_disk_access',
  'automation_messages',
  'automation_system_events',
  'automation_facetime',
  'accessibility',
  'screen',
  'messages',
  'start_conversations_from',
] as const;

export type PermissionComponent = (typeof permissionComponents)[number];

/** Whether one thing that acting needs is there. */
export interface Permission {
  component: PermissionComponent;
  /** `unknown`: it cannot be told without asking a person. */
  status: 'granted' | 'denied' | 'unknown';
  /** What was found. */
  detail: string;
  /** What a person does about it; empty where nothing is to be done. */
  fix: string;
  /**
   * Of `messages`: it does not run, which it can be made to again; no iMessage account is signed in; or it is neither
   * connected nor disconnected yet.
   */
  cause?: 'not_running' | 'signed_out' | 'connecting';
}

export interface PermissionProbe {
  mac: Mac;
  /** Home folder of the user whose Messages is acted on. */
  macHome: string;
  clock: Clock;
  /** Path of the program whose permissions count; that of this process, links resolved, unless told. */
  client?: string;
}

type Finding = Omit<Permission, 'component'>;

/**
 * Looks at everything that acting needs, in the order of {@link permissionComponents}, without ever making macOS ask a
 * person: a question that nobody answers for two minutes is recorded as a denial. What can only be known by asking is
 * `unknown`.
 */
export async function probePermissions(probe: PermissionProbe): Promise<Permission[]> {
  const grants = await probeGrants(probe);
  const found: Record<PermissionComponent, Finding> = {
    ...grants,
    messages: await messagesApp(probe, grants.automation_messages),
    start_conversations_from: {
      status: 'unknown',
      detail: 'no program can read from which address Messages begins conversations',
      fix: 'See Messages, Settings, iMessage, Start new conversations from: it has to be the address of the line.',
    },
  };
  return permissionComponents.map((component) => ({ component, ...found[component] }));
}

type Grant = Exclude<PermissionComponent, 'messages' | 'start_conversations_from'>;

/** What macOS grants and how the screen is: all that can be looked at often, for Messages is not asked. */
export async function probeGrants(probe: PermissionProbe): Promise<Record<Grant, Finding>> {
  const client = probe.client ?? realpathSync(process.execPath);
  const session = sessionSchema.safeParse(await ask(probe, { kind: 'probe_session' }));
  return {
    full_disk_access: fullDiskAccess(probe.macHome),
    automation_messages: automation(probe.macHome, client, 'com.apple.MobileSMS', 'Messages'),
    automation_system_events: automation(probe.macHome, client, 'com.apple.systemevents', 'System Events'),
    automation_facetime: automation(probe.macHome, client, 'com.apple.FaceTime', 'FaceTime'),
    accessibility: accessibility(session.data),
    screen: screen(session.data),
  };
}

const sessionSchema = z.object({ accessibility: z.boolean(), console: z.boolean(), locked: z.boolean() });

const messagesSchema = z.object({
  running: z.boolean(),
  accounts: z.array(z.object({ service: z.string(), enabled: z.boolean(), connection: z.string() })),
});

const granted = (detail: string): Finding => ({ status: 'granted', detail, fix: '' });

/** What an act that only looks was answered; undefined where it failed. */
async function ask({ mac, clock }: PermissionProbe, act: ProbeAct): Promise<unknown> {
  const actId = newId('act', clock.now());
  const outcome = await mac.perform(actId, act);
  mac.forget(actId);
  return outcome.outcome === 'handed_over' ? outcome.value : undefined;
}

/** The file itself is opened: its mode bits look right to those whom macOS refuses. */
function fullDiskAccess(macHome: string): Finding {
  try {
    const file = path.join(macHome, 'Library', 'Messages', 'chat.db');
    closeSync(openSync(file, 'r'));
    const db = new Database(file, { readonly: true, fileMustExist: true });
    try {
      db.prepare('SELECT max(ROWID) FROM message').get();
    } finally {
      db.close();
    }
    return granted('chat.db can be read');
  } catch (error) {
    return diskAccessAfter(errorCode(error));
  }
}

/** What the code of a failed look at chat.db says of Full Disk Access. */
export function diskAccessAfter(code: string): Finding {
  const fix = 'Allow the agent in System Settings, Privacy & Security, Full Disk Access, and start it again.';
  if (code === 'ENOENT')
    return {
      status: 'unknown',
      detail: 'there is no chat.db yet',
      fix: 'Open Messages once and sign in to iMessage.',
    };
  const refused = /^(EPERM|EACCES|SQLITE_(AUTH|PERM|CANTOPEN))/.test(code);
  return refused
    ? { status: 'denied', detail: `macOS refuses access to chat.db (${code})`, fix }
    : { status: 'unknown', detail: `chat.db cannot be read now (${code})`, fix };
}

/** `auth_value` of a row of `access`: 0 denied, 2 allowed. */
const authorised: Readonly<Record<number, Permission['status']>> = { 0: 'denied', 2: 'granted' };

/** The user's own TCC.db tells it, to those who may read it; an Apple event would ask a person. */
function automation(macHome: string, client: string, target: string, name: string): Finding {
  const fix = `Allow the agent to control ${name} in System Settings, Privacy & Security, Automation.`;
  const unknown = (why: string): Finding => ({
    status: 'unknown',
    detail: `${why}; the first use may ask a person`,
    fix,
  });
  const file = path.join(macHome, 'Library', 'Application Support', 'com.apple.TCC', 'TCC.db');
  let value: number | undefined;
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    try {
      value = db
        .prepare<[string, string], number>(
          `SELECT auth_value FROM access
           WHERE service = 'kTCCServiceAppleEvents' AND client = ? AND indirect_object_identifier = ?`,
        )
        .pluck()
        .get(client, target);
    } finally {
      db.close();
    }
  } catch (error) {
    return unknown(`what was allowed cannot be read (${errorCode(error)})`);
  }
  if (value === undefined) return unknown(`no answer for ${name} is recorded`);
  const status = authorised[value] ?? 'unknown';
  if (status === 'granted') return granted(`control of ${name} is allowed`);
  return status === 'denied'
    ? { status, detail: `control of ${name} is denied`, fix }
    : unknown(`the recorded answer for ${name} is ${value}`);
}

type Session = z.infer<typeof sessionSchema>;

function accessibility(session: Session | undefined): Finding {
  const fix = 'Allow the agent in System Settings, Privacy & Security, Accessibility.';
  if (!session) return { status: 'unknown', detail: 'osascript could not tell', fix };
  return session.accessibility
    ? granted('the agent may use Accessibility')
    : { status: 'denied', detail: 'the agent may not use Accessibility', fix };
}

function screen(session: Session | undefined): Finding {
  const fix =
    'Log in at the screen as the user of the agent, unlock it, and turn off the lock and the screen saver.';
  if (!session) return { status: 'unknown', detail: 'osascript could not tell', fix };
  if (!session.console) return { status: 'denied', detail: 'the user is not logged in at the screen', fix };
  if (session.locked) return { status: 'denied', detail: 'the screen is locked', fix };
  return granted('the user is at the screen, and it is not locked');
}

const SIGN_IN = 'Open Messages and sign in to iMessage in its settings.';

async function messagesApp(probe: PermissionProbe, automationOfMessages: Finding): Promise<Finding> {
  const unknown = (detail: string): Finding => ({ status: 'unknown', detail, fix: SIGN_IN });
  if (automationOfMessages.status !== 'granted')
    return unknown('Messages is asked only where its control is allowed');
  const messages = messagesSchema.safeParse(await ask(probe, { kind: 'probe_messages' }));
  if (!messages.success) return unknown('Messages did not answer');
  if (!messages.data.running)
    return { status: 'denied', detail: 'Messages is not running', fix: SIGN_IN, cause: 'not_running' };
  return signedInWith(messages.data.accounts);
}

/** What the accounts of Messages say of its being signed in. Of their states only `connected` and `disconnected` last. */
export function signedInWith(accounts: z.infer<typeof messagesSchema>['accounts']): Finding {
  const enabled = accounts.filter((account) => account.enabled);
  const iMessage = enabled.find(({ service }) => service === 'iMessage');
  const signedOut = (detail: string): Finding => ({
    status: 'denied',
    detail,
    fix: SIGN_IN,
    cause: 'signed_out',
  });
  if (!iMessage) return signedOut('no iMessage account is enabled');
  const { connection } = iMessage;
  if (connection === 'connected')
    return granted(`signed in with ${enabled.map(({ service }) => service).join(', ')}`);
  const detail = `the iMessage account is ${connection}`;
  if (connection === 'disconnected') return signedOut(detail);
  return { status: 'unknown', detail, fix: SIGN_IN, cause: 'connecting' };
}
