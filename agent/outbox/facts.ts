import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { MAX_TEXT_LENGTH } from '../../bridge/protocol/limits.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { KeptState } from '../journal/types.ts';
import type { ReceivedChange } from '../messages-db/types.ts';
import { appleError } from './apple-errors.ts';

/** Most bytes that a text may take in an event, so that its frame stays below the limit of the link. */
const MAX_TEXT_BYTES = 200 * 1024;

/** Stands for a word that a row does not give. */
const UNKNOWN = 'unknown';

/** A word of chat.db within the bounds of the protocol. */
const bounded = (word: string, longest: number, shortest = 1): string =>
  word.length < shortest ? UNKNOWN : word.slice(0, longest);

/** Cuts a text to what one event may carry, never between the halves of a surrogate pair. */
function boundedText(text: string): string {
  let cut = text.slice(0, MAX_TEXT_LENGTH * 4);
  while (Buffer.byteLength(JSON.stringify(cut)) > MAX_TEXT_BYTES)
    cut = cut.slice(0, Math.floor(cut.length * 0.9));
  return cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** The fact that a person wrote. */
export const receivedFact = (change: ReceivedChange): AgentEvent => ({
  type: 'message.received',
  guid: bounded(change.guid, 128),
  conversation: change.chat && {
    kind: change.chat.kind,
    identifier: bounded(change.chat.identifier, 254),
  },
  from: bounded(change.from, 254, 3),
  service: bounded(change.service, 40),
  text: boundedText(change.text),
  at: isoTime(change.at),
});

/** The fact that the row of a command reached a state. */
export const stateFact = (commandId: string, change: KeptState): AgentEvent => ({
  type: `message.${change.state}`,
  commandId,
  guid: bounded(change.guid, 128),
  at: isoTime(change.at),
  service: bounded(change.service, 40),
  ...(change.state === 'failed' ? { error: appleError(change.error ?? 1) } : {}),
});
