import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { appleSeconds } from './messages-store/apple-time.ts';
import { binaryPlist, plistReal } from './messages-store/binary-plist.ts';
import { isEmail, namedGuid } from './messages-store/identity.ts';
import { wayOf } from './people.ts';
import { type MacosRelease, macosReleases } from './types.ts';

/** Apple's number for a handle that is not on iMessage. */
const NOT_ON_IMESSAGE = 22;

/**
 * What the identity services remember of addresses that Messages looked up: 1 is on iMessage, 2 is not. In which
 * release the file moved is not known; here it is with macOS 26.
 */
export class IdsCache {
  readonly #file: string;
  readonly #entries: Record<string, { IDStatus: number; LookupDate: ReturnType<typeof plistReal> }> = {};

  constructor(home: string, macos: MacosRelease) {
    const isNew = macosReleases.indexOf(macos) >= macosReleases.indexOf('26');
    const byHost = `com.apple.identityservices.idstatuscache.${namedGuid(`host ${home}`)}.plist`;
    this.#file = isNew
      ? path.join(home, 'Library', 'IdentityServices', 'idstatuscache.plist')
      : path.join(home, 'Library', 'Preferences', 'ByHost', byHost);
  }

  /** Messages looks a handle up before it writes to it. */
  lookedUp(handle: string, at: number): void {
    const uri = isEmail(handle) ? `mailto:${handle}` : `tel:${handle}`;
    const absent = wayOf(handle).fails?.error === NOT_ON_IMESSAGE;
    this.#entries[uri] = { IDStatus: absent ? 2 : 1, LookupDate: plistReal(appleSeconds(at)) };
    mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#file}.new`, binaryPlist({ 'com.apple.madrid': { ...this.#entries } }), {
      mode: 0o600,
    });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
