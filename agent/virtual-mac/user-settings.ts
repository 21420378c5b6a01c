import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Faults } from './faults.ts';
import { binaryPlist } from './messages-store/binary-plist.ts';

/** Tag of the made-up language that a virtual Mac speaks with the fault `other-language`: one that nobody has. */
const OTHER_LANGUAGE = 'qaa';

/**
 * The settings of the owner of a virtual Mac, in the files in which macOS keeps those of a user: the language, and Full
 * Keyboard Access, which whoever sets up a Mac to call turns on.
 */
export class UserSettings {
  readonly #folder: string;
  readonly #faults: Faults;
  #written = '';

  constructor(home: string, faults: Faults) {
    this.#folder = path.join(home, 'Library', 'Preferences');
    this.#faults = faults;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Writes what is not so any more. */
  keep(): void {
    const language = this.#faults.lasts('other-language') ? OTHER_LANGUAGE : 'en-US';
    const fullKeyboardAccess = !this.#faults.lasts('no-full-keyboard-access');
    const now = JSON.stringify([language, fullKeyboardAccess]);
    if (now === this.#written) return;
    this.#write('.GlobalPreferences.plist', { AppleLanguages: [language] });
    this.#write('com.apple.Accessibility.plist', { FullKeyboardAccessEnabled: fullKeyboardAccess });
    this.#written = now;
  }

  #write(name: string, values: Parameters<typeof binaryPlist>[0]): void {
    const file = path.join(this.#folder, name);
    writeFileSync(`${file}.new`, binaryPlist(values), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
