import path from 'node:path';
import { z } from 'zod';
import { readPlistFile } from './plist-file.ts';

/** Where macOS keeps the settings of a user that all apps share, under the home folder. */
const SETTINGS = ['Library', 'Preferences', '.GlobalPreferences.plist'];
const MAX_BYTES = 4 * 1024 * 1024;

const settingsSchema = z.object({ AppleLanguages: z.array(z.string().min(1).max(40)).min(1) });

/**
 * The language that the windows of this user are in, as a tag such as `de-DE`: the first of those that the user prefers.
 * Undefined where it cannot be read.
 */
export function readLanguage(macHome: string): string | undefined {
  const settings = settingsSchema.safeParse(readPlistFile(path.join(macHome, ...SETTINGS), MAX_BYTES));
  return settings.data?.AppleLanguages[0];
}

export const isEnglish = (language: string): boolean => /^en\b/i.test(language);
