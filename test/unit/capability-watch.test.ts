import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { watchCapabilities } from '../../agent/mac/capability-watch.ts';
import type { Mac } from '../../agent/mac/types.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A Mac whose user lets this program control Messages. */
function homeWithConsent(): string {
  const home = tempFolder();
  const folder = path.join(home, 'Library/Application Support/com.apple.TCC');
  mkdirSync(folder, { recursive: true });
  const db = new Database(path.join(folder, 'TCC.db'));
  db.exec('CREATE TABLE access (service, client, indirect_object_identifier, auth_value)');
  const consent = db.prepare(
    "INSERT INTO access VALUES ('kTCCServiceAppleEvents', ?, 'com.apple.MobileSMS', 2)",
  );
  consent.run(realpathSync(process.execPath));
  db.close();
  return home;
}

test.each([
  ['connected', 'granted', undefined],
  ['disconnected', 'denied', 'signed_out'],
])(
  'an account that is connecting is looked at again within half a minute: %s',
  async (then, status, cause) => {
    let connection = 'connecting';
    const mac: Pick<Mac, 'perform' | 'forget'> = {
      perform: async (_, { kind }) => ({
        outcome: 'handed_over',
        value:
          kind === 'probe_messages'
            ? { running: true, accounts: [{ service: 'iMessage', enabled: true, connection }] }
            : { accessibility: true, console: true, locked: false },
      }),
      forget: () => undefined,
    };
    const clock = new ManualClock();
    const watch = watchCapabilities({
      ...{ mac: mac as Mac, macHome: homeWithConsent(), home: tempFolder(), macos: '26.0' },
      ...{ sendingAllowed: true, clock, logger: silentLogger, onChange: () => undefined },
    });
    const messages = () => watch.permissions().find(({ component }) => component === 'messages');
    await eventually(() => messages() !== undefined);
    expect(messages()).toMatchObject({ status: 'unknown', cause: 'connecting' });
    // What is not known is tried.
    expect(watch.whyNot({ kind: 'send_text', handle: '+14155550101', text: 'x' })).toBeUndefined();
    connection = then;
    await clock.advance(30_000);
    await eventually(() => messages()?.status === status);
    expect(messages()?.cause).toBe(cause);
    await watch.stop();
  },
);
