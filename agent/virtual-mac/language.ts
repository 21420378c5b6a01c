import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binaryPlist } from './messages-store/binary-plist.ts';

/** Tag of the made-up language that a virtual Mac speaks with the fault `other-language`: one that nobody has. */
export const OTHER_LANGUAGE = 'qaa';

/** Writes the settings in which macOS keeps the language of its user, under the home of the virtual Mac. */
export function writeLanguage(home: string, language: string): void {
  const file = path.join(home, 'Library', 'Preferences', '.GlobalPreferences.plist');
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, binaryPlist({ AppleLanguages: [language] }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
