import { readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isAbsent, readPlistFile } from './plist-file.ts';

/** 2001-01-01 UTC in milliseconds since the Unix epoch. */
const APPLE_EPOCH_MS = 978_307_200_000;
/** A cache larger than this is not read, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;
const BY_HOST = /^com\.apple\.identityservices\.idstatuscache\.[0-9A-F-]{36}\.plist$/i;
/** iMessage, as the identity services call it. */
const IMESSAGE = 'com.apple.madrid';

/** What this Mac last learnt of an address: `IDStatus` 1 available, 2 not available. */
export interface IdsStatus {
  imessage: 'yes' | 'no';
  /** When it was looked up, in milliseconds since the Unix epoch; null where the entry does not tell. */
  at: number | null;
}

const entrySchema = z.object({
  IDStatus: z.number(),
  LookupDate: z.union([z.number(), z.date()]).optional(),
});
const cacheSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Reads the cache of the identity services: every address that Messages or FaceTime looked up on this Mac, by
 * `tel:<number>` and `mailto:<email>`. It stands under Library/IdentityServices on a current macOS and among the
 * settings by host on older ones. Empty where there is none that can be read.
 */
export function readIdsCache(macHome: string): Map<string, IdsStatus> {
  const found = new Map<string, IdsStatus>();
  for (const file of cacheFiles(macHome)) {
    const services = cacheSchema.safeParse(readPlistFile(file, MAX_BYTES));
    for (const [uri, entry] of Object.entries(services.data?.[IMESSAGE] ?? {})) {
      const status = statusOf(entry);
      const older = found.get(uri);
      if (status && (!older || (older.at ?? 0) <= (status.at ?? 0))) found.set(uri, status);
    }
  }
  return found;
}

/** How the cache names a handle. */
export const idsUri = (handle: string): string =>
  handle.includes('@') ? `mailto:${handle.toLowerCase()}` : `tel:${handle}`;

function statusOf(entry: unknown): IdsStatus | undefined {
  const { data } = entrySchema.safeParse(entry);
  if (data?.IDStatus !== 1 && data?.IDStatus !== 2) return undefined;
  const { LookupDate: date } = data;
  const at = date instanceof Date ? date.getTime() : date === undefined ? null : date * 1000 + APPLE_EPOCH_MS;
  return { imessage: data.IDStatus === 1 ? 'yes' : 'no', at };
}

function cacheFiles(macHome: string): string[] {
  const byHost = path.join(macHome, 'Library', 'Preferences', 'ByHost');
  const current = path.join(macHome, 'Library', 'IdentityServices', 'idstatuscache.plist');
  return [
    current,
    ...names(byHost)
      .filter((name) => BY_HOST.test(name))
      .map((name) => path.join(byHost, name)),
  ];
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
