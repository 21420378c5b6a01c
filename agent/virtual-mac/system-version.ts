import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MacosRelease } from './types.ts';

/** Version of each release whose ways the virtual Mac has. */
const versions: Readonly<Record<MacosRelease, string>> = {
  '12': '12.7.6',
  '13': '13.7.8',
  '14': '14.8.1',
  '15': '15.7.1',
  '26': '26.4',
  '27': '27.0',
};

/** Writes the file in which macOS keeps its own version, under the home of the virtual Mac. */
export function writeSystemVersion(home: string, macos: MacosRelease): void {
  const folder = path.join(home, 'System', 'Library', 'CoreServices');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    path.join(folder, 'SystemVersion.plist'),
    `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>ProductVersion</key><string>${versions[macos]}</string></dict></plist>
`,
    { mode: 0o600 },
  );
}
