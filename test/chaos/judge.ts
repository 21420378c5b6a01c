import type { ReceivedEvent } from '../support/webhook-receiver.ts';
import type { ShownMessage } from './api-client.ts';
import type { MacRow } from './chat-db.ts';
import type { Ledger } from './ledger.ts';

/** What a comparison of all sides found. */
export interface Verdict {
  /** What is missing and may still come. */
  open: string[];
  /** What the webhook still has to be told. */
  untold: string[];
  /** What no later moment can mend. */
  broken: string[];
  counts: {
    asked: number;
    received: number;
    failed: number;
    uncertain: number;
    persons: number;
    events: number;
  };
}

/** Events that tell each step of a message, by the status that it has at the end. */
const toldBy: Record<string, readonly string[]> = {
  sent: ['message.sent'],
  delivered: ['message.delivered', 'message.sent'],
  read: ['message.delivered', 'message.read', 'message.sent'],
};

const timeFields = {
  'message.sent': 'sentAt',
  'message.delivered': 'deliveredAt',
  'message.read': 'readAt',
} as const;

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** Compares what was asked, what stands in chat.db, what the API shows and what the webhook was told. */
export function judge(ledger: Ledger, rows: readonly MacRow[], messages: readonly ShownMessage[]): Verdict {
  const counts = { asked: ledger.asked.size, received: 0, failed: 0, uncertain: 0, persons: 0, events: 0 };
  const verdict: Verdict = { open: [], untold: [], broken: [...ledger.broken], counts };
  counts.events = ledger.events.length;
  for (const { id, type } of ledger.refused) verdict.untold.push(`event ${id} (${type}) has to come again`);
  const own = grouped(
    rows.filter((row) => row.own),
    ({ text }) => text,
  );
  const events = grouped(ledger.events, ({ data }) => String(data.messageId));
  const byId = new Map(messages.map((message) => [message.id, message]));
  judgeAccepted(ledger, messages, verdict);
  for (const { send, ids } of ledger.asked.values()) {
    const message = byId.get([...ids][0] ?? '');
    const ownRows = own.get(send.text) ?? [];
    if (ownRows.length > 1) verdict.broken.push(`"${send.key}" was sent ${ownRows.length} times`);
    if (!message) continue;
    judgeOutbound(send.key, message, ownRows[0], verdict);
    judgeEvents(send.key, message, events.get(message.id) ?? [], verdict);
  }
  if (counts.received + counts.failed + counts.uncertain !== counts.asked)
    verdict.open.push('not every request was received once, reported as failed, or is uncertain');
  judgeOrder(ledger, rows, verdict);
  judgeInbound(ledger, rows, byId, verdict);
  return verdict;
}

/** Steps that stand twice, with one time, in the timelines of messages: one fact of the Mac that was recorded twice. */
export function repeatedSteps(messages: readonly ShownMessage[]): string[] {
  return messages.flatMap(({ id, timeline = [] }) =>
    [...grouped(timeline, ({ step, source, at }) => `${step} of the ${source} at ${at}`)].flatMap(
      ([step, { length }]) => (length > 1 ? [`${id} has ${length} times ${step}`] : []),
    ),
  );
}

/** Each request made one message, and no message is there that nobody asked for. */
function judgeAccepted(ledger: Ledger, messages: readonly ShownMessage[], { open, broken }: Verdict): void {
  const known = new Set<string>();
  for (const [key, { ids }] of ledger.asked) {
    if (ids.size === 0) open.push(`"${key}" was not answered`);
    if (ids.size > 1) broken.push(`"${key}" made ${ids.size} messages`);
    for (const id of ids) {
      if (known.has(id)) broken.push(`two requests made the message ${id}`);
      known.add(id);
    }
  }
  const shown = messages.filter(({ direction }) => direction === 'outbound');
  for (const id of known)
    if (!shown.some((message) => message.id === id))
      broken.push(`the API lost the message ${id} that it accepted`);
  for (const { id } of shown) if (!known.has(id)) open.push(`nobody was told of the message ${id}`);
}

/** What the API says of a message is what chat.db says of its row. */
function judgeOutbound(key: string, message: ShownMessage, row: MacRow | undefined, verdict: Verdict): void {
  const { open, broken, counts } = verdict;
  const { status } = message;
  const uncertain = status === 'queued' && message.timeline?.at(-1)?.step === 'uncertain';
  if (status in toldBy) {
    counts.received += 1;
    if (!row) broken.push(`"${key}" is told as ${status} and has no row`);
    else if (row.state !== status) open.push(`"${key}" is ${status} in the API and ${row.state} in chat.db`);
  } else if (status === 'failed') {
    counts.failed += 1;
    if (row && row.state !== 'failed')
      broken.push(`"${key}" is told as failed (${message.error?.code}) and its row is ${row.state}`);
  } else if (uncertain) {
    counts.uncertain += 1;
    if (row?.joined) open.push(`"${key}" is uncertain and its row is there, ${row.state}`);
  } else {
    const steps = message.timeline?.map(({ step }) => step).join(' ');
    open.push(`"${key}" is ${status} (${steps}), its row ${row?.state ?? 'missing'}`);
  }
}

/** The webhook was told each step of a message once, at the time that the API shows. */
function judgeEvents(
  key: string,
  message: ShownMessage,
  events: readonly ReceivedEvent[],
  verdict: Verdict,
): void {
  const { open, untold, broken } = verdict;
  const told = events.map(({ type }) => type).sort();
  for (const type of new Set(told))
    if (told.filter((other) => other === type).length > 1)
      broken.push(`"${key}" was told ${type} by two events`);
  if (message.status === 'failed') {
    if (!told.includes('message.failed')) untold.push(`"${key}" is failed and no event said so`);
  } else {
    const wanted = toldBy[message.status] ?? [];
    const missing = wanted.filter((type) => !told.includes(type));
    const extra = told.filter((type) => !wanted.includes(type));
    if (missing.length > 0) untold.push(`"${key}" is ${message.status}; not told: ${missing.join()}`);
    if (extra.length > 0) open.push(`"${key}" is ${message.status}; told as well: ${extra.join()}`);
  }
  for (const { type, data } of events) {
    const field = timeFields[type as keyof typeof timeFields];
    if (field && data[field] !== message[field])
      open.push(`"${key}" has ${field} ${message[field]} in the API and ${data[field]} in its event`);
  }
}

/** What was asked after another request to the same person had been answered was sent after it. */
function judgeOrder(ledger: Ledger, rows: readonly MacRow[], { broken }: Verdict): void {
  const place = new Map(rows.flatMap(({ own, text }, i) => (own ? [[text, i] as const] : [])));
  for (const requests of grouped([...ledger.asked.values()], ({ send }) => send.to).values())
    for (const first of requests)
      for (const { send, askedAt } of requests) {
        if (askedAt <= (first.acceptedAt ?? Number.POSITIVE_INFINITY)) continue;
        const [before, after] = [place.get(first.send.text), place.get(send.text)];
        if (before !== undefined && after !== undefined && before > after)
          broken.push(`"${send.key}" overtook "${first.send.key}"`);
      }
}

/** Every text of a person was told by one event for each of its rows, and stands in the API. */
function judgeInbound(
  ledger: Ledger,
  rows: readonly MacRow[],
  byId: ReadonlyMap<string, ShownMessage>,
  verdict: Verdict,
): void {
  const { open, broken, counts } = verdict;
  const written = grouped(
    rows.filter((row) => !row.own),
    ({ text }) => text,
  );
  const received = ledger.events.filter(({ type }) => type === 'message.received');
  const shown = [...byId.values()].filter(({ direction }) => direction === 'inbound');
  for (const text of ledger.written) if (!written.has(text)) broken.push(`chat.db lost ${name(text)}`);
  for (const { length } of written.values()) counts.persons += length;
  const told = grouped(received, ({ data }) => String(data.text));
  compareTimes(written, told, 'told to the webhook', { missing: verdict.untold, broken });
  const inApi = grouped(shown, ({ text }) => text);
  compareTimes(written, inApi, 'in the API', { missing: open, broken });
  for (const { id, data } of received)
    if (byId.get(String(data.messageId))?.text !== data.text)
      open.push(`event ${id} is not what the API shows`);
}

function compareTimes(
  written: ReadonlyMap<string, readonly unknown[]>,
  found: ReadonlyMap<string, readonly unknown[]>,
  where: string,
  { missing, broken }: { missing: string[]; broken: string[] },
): void {
  for (const text of new Set([...written.keys(), ...found.keys()])) {
    const rows = written.get(text)?.length ?? 0;
    const times = found.get(text)?.length ?? 0;
    const sides = `${name(text)} is ${rows} times in chat.db and ${times} times ${where}`;
    if (times < rows) missing.push(sides);
    if (times > rows) broken.push(sides);
  }
}

const name = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
