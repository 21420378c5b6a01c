import { isoTime } from '../../bridge/runtime/clock.ts';
import type { CallChange } from '../calls-db/types.ts';
import type { HistoryEntry } from '../messages-db/history.ts';
import type { Attachment, MessageChange } from '../messages-db/types.ts';

/** Longest text that a line shows. */
const MAX_TEXT = 120;

/** One line for a person: time, kind, who, and a short text. Holds what people wrote: for the operator's own terminal. */
export function changeLine(change: MessageChange | HistoryEntry | CallChange): string {
  const at = isoTime(change.kind === 'call' ? change.startedAt : change.at);
  const words = [at, change.kind.padEnd(10), who(change), what(change)];
  return words
    .filter((word) => word !== '')
    .join('  ')
    .trimEnd();
}

function who(change: MessageChange | HistoryEntry | CallChange): string {
  if (change.kind === 'call') return visible(change.handles.join(', ') || 'unknown');
  if (!('chat' in change)) return change.guid;
  const from = 'from' in change ? (change.from ?? 'me') : 'me';
  const { chat } = change;
  const toward = chat && (chat.kind === 'group' || from === 'me') ? ` to ${chat.identifier}` : '';
  return visible(from + toward);
}

function what(change: MessageChange | HistoryEntry | CallChange): string {
  switch (change.kind) {
    case 'received':
    case 'sent':
      return [
        change.kind === 'sent' && change.state ? `[${change.state}]` : '',
        'app' in change && change.app ? `[${change.app.name}]` : '',
        short(change.text),
        ...(change.attachments ?? []).map(file),
      ]
        .filter((word) => word !== '')
        .join(' ');
    case 'own-state':
      return change.state + (change.error === null ? '' : ` (Apple's error ${change.error})`);
    case 'tapback':
      return `${change.action} ${visible(change.emoji ?? change.tapback)} on ${change.target.guid}, part ${change.target.part}`;
    case 'edited':
      return `${change.guid}, part ${change.part}: ${short(change.text)}`;
    case 'unsent':
      return `${change.guid}, ${change.parts ? `parts ${change.parts.join(', ')}` : 'all of it'}`;
    case 'attachment':
      return file(change.attachment);
    case 'link':
      return visible(`${change.link.url} ${change.link.title ?? ''}`.trimEnd());
    case 'group':
      return visible([change.change, change.member, change.name].filter(Boolean).join(' '));
    case 'call':
      return `${change.direction} ${change.medium}, ${change.result}, ${change.durationSeconds} s`;
  }
}

const file = ({ name, state, bytes }: Attachment): string => visible(`<${name}, ${bytes} bytes, ${state}>`);

const short = (text: string): string =>
  JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text).replaceAll(
    OBEYED,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** What JSON leaves as it is and a terminal obeys: further control characters, and marks of direction. */
const OBEYED = /[\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** Without what a terminal would obey: the words come from other people. */
const visible = (text: string): string => text.replaceAll(/\p{C}/gu, '�');
