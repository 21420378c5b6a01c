import path from 'node:path';
import { z } from 'zod';
import { readPlistFile } from './plist-file.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Settings that all apps share. */
const SHARED = '.GlobalPreferences.plist';
const sharedSchema = z.object({ AppleLanguages: z.array(z.string().min(1).max(40)).min(1) });

/** Settings of Accessibility; people read them with `defaults read com.apple.Accessibility`. */
const ACCESSIBILITY = 'com.apple.Accessibility.plist';
const accessibilitySchema = z.object({
  FullKeyboardAccessEnabled: z.union([z.boolean(), z.number()]).transform(Boolean),
});

/** What a user set on this Mac that decides what can be done on its screen. */
export interface UserSettings {
  /**
   * The language that the windows are in, as a tag such as `de-DE`: the first of those that the user prefers. Left out
   * where it cannot be read.
   */
  language?: string;
  /** Accessibility, Keyboard, Full Keyboard Access. Left out where it was never set, or cannot be read. */
  fullKeyboardAccess?: boolean;
}

/** Reads the settings as they stand under a home folder. Asks nobody. */
export function readUserSettings(macHome: string): UserSettings {
  const read = (name: string): unknown =>
    readPlistFile(path.join(macHome, 'Library', 'Preferences', name), MAX_BYTES);
  const language = sharedSchema.safeParse(read(SHARED)).data?.AppleLanguages[0];
  const fullKeyboardAccess = accessibilitySchema.safeParse(read(ACCESSIBILITY)).data
    ?.FullKeyboardAccessEnabled;
  return {
    ...(language === undefined ? {} : { language }),
    ...(fullKeyboardAccess === undefined ? {} : { fullKeyboardAccess }),
  };
}

export const isEnglish = (language: string): boolean => /^en\b/i.test(language);
