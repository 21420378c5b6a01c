import { z } from 'zod';
import type { StoredCall } from './calls-file.ts';
import type { CallChange } from './types.ts';

/** 2001-01-01 UTC in milliseconds since the Unix epoch. */
const APPLE_EPOCH_MS = 978_307_200_000;

/** `ZCALLTYPE`, as seen up to macOS 26: 1 phone, 8 FaceTime video, 16 FaceTime audio, 0 another app. */
const media: ReadonlyMap<number | null, CallChange['medium']> = new Map([
  [1, 'phone'],
  [8, 'video'],
  [16, 'audio'],
]);

/** `ZSERVICE_PROVIDER` of FaceTime; that of a call of another app is the bundle id of the app. */
const FACETIME = 'com.apple.FaceTime';

/** `ZDISCONNECTED_CAUSE` of a call that somebody refused, and of one of another app. */
const REFUSED = 6;
const REFUSED_IN_APP = 2;

const handlesSchema = z.array(z.string().nullable());

/** Stamps and durations beyond this, some thousand years in seconds, say nothing. */
const MOST_SECONDS = 100_000_000_000;

const secondsOf = (value: number | null): number | null =>
  typeof value === 'number' && Math.abs(value) < MOST_SECONDS ? value : null;

function dateOf(call: StoredCall): number | null {
  const seconds = secondsOf(call.date);
  return seconds === null ? null : Math.round(seconds * 1000) + APPLE_EPOCH_MS;
}

/** When a call ended, in milliseconds since the Unix epoch; 0 where its record has no date. */
export function endOf(call: StoredCall): number {
  const startedAt = dateOf(call);
  return startedAt === null ? 0 : startedAt + Math.round((secondsOf(call.duration) ?? 0) * 1000);
}

/** What a record says. A record without a date is told as of `now`. */
export function changeOf(call: StoredCall, now: number): CallChange {
  const outbound = call.originated === 1;
  const medium = mediumOf(call);
  const refused = call.cause === REFUSED || (medium === 'other' && call.cause === REFUSED_IN_APP);
  const unanswered = outbound ? 'unanswered' : 'missed';
  return {
    kind: 'call',
    callUuid: call.uuid,
    direction: outbound ? 'outbound' : 'inbound',
    medium,
    handles: handlesOf(call),
    startedAt: dateOf(call) ?? now,
    durationSeconds: Math.max(0, secondsOf(call.duration) ?? 0),
    result: isAnswered(call) ? 'answered' : refused ? 'declined' : unanswered,
  };
}

/** A record without a provider is told by its type alone. */
function mediumOf({ type, provider }: StoredCall): CallChange['medium'] {
  const medium = media.get(type) ?? 'other';
  return medium === 'phone' || !provider || provider === FACETIME ? medium : 'other';
}

/** Whether `ZANSWERED` is set for outgoing calls too is not known for sure: one that was talked in was answered. */
const isAnswered = ({ answered, duration }: StoredCall): boolean =>
  answered === 1 || (secondsOf(duration) ?? 0) > 0;

/** The joined handles; a call with one person may have none and name them in `ZADDRESS`, as text or its bytes. */
function handlesOf(call: StoredCall): string[] {
  const joined = call.handles === null ? [] : handlesSchema.parse(JSON.parse(call.handles));
  const found = joined.filter((handle) => handle !== null && handle !== '') as string[];
  if (found.length > 0) return [...new Set(found)].sort();
  const address = typeof call.address === 'string' ? call.address : call.address?.toString('utf8');
  return address ? [address] : [];
}
