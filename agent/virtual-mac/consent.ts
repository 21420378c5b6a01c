import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { AppleEventFailure, type ControlRequest } from './control.ts';

/** Where macOS keeps what a user allowed, under the home folder. */
const CONSENT_FILE = ['Library', 'Application Support', 'com.apple.TCC', 'TCC.db'];

const NOT_AUTHORISED = -1743;
const SERVICE = 'kTCCServiceAppleEvents';
const ALLOWED = 2;

/** Apps that programs ask by Apple events. */
export const automationTargets = [
  'com.apple.MobileSMS',
  'com.apple.systemevents',
  'com.apple.FaceTime',
] as const;
type AutomationTarget = (typeof automationTargets)[number];

/**
 * What the owner of the virtual Mac allowed: node may control Messages, System Events and FaceTime, as rows of `access`
 * in TCC.db. Of its columns only those are made that are known to decide. An Apple event to an app without a row asks
 * the person at the screen, and waits; nobody answers on a virtual Mac.
 */
export class Consent {
  readonly #db: Database.Database;
  readonly #find: Database.Statement<[string, string], number>;
  #prompts = 0;

  constructor(home: string) {
    const file = path.join(home, ...CONSENT_FILE);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    this.#db = new Database(file);
    chmodSync(file, 0o600);
    const isNew = this.#db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'access'").get() === undefined;
    if (isNew) this.#create();
    this.#find = this.#db
      .prepare<[string, string], number>(
        `SELECT auth_value FROM access WHERE service = '${SERVICE}' AND client = ? AND indirect_object_identifier = ?`,
      )
      .pluck();
  }

  /** How often a person was asked. */
  get prompts(): number {
    return this.#prompts;
  }

  /** Lets a request through, or fails or waits as macOS would. */
  async check(request: ControlRequest): Promise<void> {
    const target = targetOf(request);
    if (!target) return;
    const value = this.#find.get(realpathSync(process.execPath), target);
    if (value === ALLOWED) return;
    if (value !== undefined) throw new AppleEventFailure(NOT_AUTHORISED);
    this.#prompts += 1;
    await new Promise<never>(() => undefined);
  }

  close(): void {
    this.#db.close();
  }

  #create(): void {
    this.#db.exec(
      `CREATE TABLE access (service TEXT NOT NULL, client TEXT NOT NULL, client_type INTEGER NOT NULL,
         auth_value INTEGER NOT NULL, auth_reason INTEGER NOT NULL,
         indirect_object_identifier TEXT NOT NULL DEFAULT 'UNUSED',
         PRIMARY KEY (service, client, client_type, indirect_object_identifier))`,
    );
    const insert = this.#db.prepare('INSERT INTO access VALUES (?, ?, 1, ?, 3, ?)');
    for (const target of automationTargets)
      insert.run(SERVICE, realpathSync(process.execPath), ALLOWED, target);
  }
}

/** Which app an Apple event goes to; undefined for what asks none. Whether an app runs can be asked of the system. */
function targetOf(request: ControlRequest): AutomationTarget | undefined {
  switch (request.call) {
    case 'accounts':
    case 'participant':
    case 'chat':
    case 'send':
    case 'quit':
      return 'com.apple.MobileSMS';
    case 'ui':
      return ['session', 'trusted', 'words', 'open'].includes(request.request.ask)
        ? undefined
        : 'com.apple.systemevents';
    default:
      return undefined;
  }
}
