import { appleMillisecondsSql } from './apple-time.ts';
import type { AttachmentRow } from './attachment-files.ts';
import type { PlainMessage, RareFields } from './message-row.ts';
import type { Schema } from './schema.ts';

export const selectList = (columns: Record<string, string>): string =>
  Object.entries(columns)
    .map(([name, sql]) => `${sql} AS "${name}"`)
    .join(', ');

/** SQL of the fields of every message row, for `message` m, `handle` h and `chat` c. */
export function plainColumns(schema: Schema): Record<keyof PlainMessage, string> {
  const message = (column: string): string => schema.column('m', column);
  return {
    rowid: 'm.ROWID',
    guid: 'm.guid',
    text: message('text'),
    body: message('attributedBody'),
    service: message('service'),
    fromMe: 'm.is_from_me',
    date: timeSql(message('date')),
    itemType: message('item_type'),
    associatedType: message('associated_message_type'),
    associatedGuid: message('associated_message_guid'),
    balloon: message('balloon_bundle_id'),
    files: message('cache_has_attachments'),
    caller: message('destination_caller_id'),
    account: message('account'),
    sender: 'h.id',
    chatStyle: schema.column('c', 'style'),
    chatIdentifier: schema.column('c', 'chat_identifier'),
    chatFiltered: schema.column('c', 'is_filtered'),
    lastAddressed: schema.column('c', 'last_addressed_handle'),
  };
}

/** SQL of the fields that few rows have anything of. */
export function rareColumns(schema: Schema): Record<keyof RareFields, string> {
  const message = (column: string): string => schema.column('m', column);
  const time = (column: string): string => timeSql(message(column));
  return {
    subject: message('subject'),
    dateRead: time('date_read'),
    dateDelivered: time('date_delivered'),
    dateEdited: editedSql(schema),
    sent: message('is_sent'),
    delivered: message('is_delivered'),
    read: message('is_read'),
    error: message('error'),
    downgraded: message('was_downgraded'),
    empty: message('is_empty'),
    groupAction: message('group_action_type'),
    groupTitle: message('group_title'),
    otherHandle: schema.has('message', 'other_handle')
      ? 'CASE WHEN m.other_handle > 0 THEN (SELECT id FROM handle WHERE ROWID = m.other_handle) END'
      : 'NULL',
    associatedEmoji: message('associated_message_emoji'),
    replyGuid: message('thread_originator_guid'),
    replyPart: message('thread_originator_part'),
    effect: message('expressive_send_style_id'),
    audio: message('is_audio_message'),
    spam: message('is_spam'),
    filterAction: message('filter_action'),
    blocked: schema.column('c', 'is_blackholed'),
    roomNames: message('cache_roomnames'),
    scheduleType: message('schedule_type'),
    scheduleState: message('schedule_state'),
  };
}

/**
 * SQL that is 1 for inbound messages that have nothing of what matters among the rare fields: they are most rows, and
 * reading half of the columns makes a long catch-up faster by a third.
 */
export function isPlainSql(schema: Schema): string {
  const any = (...columns: string[]): string[] => columns.map((column) => schema.column('m', column));
  const filled = (...columns: string[]): string[] => any(...columns).map((column) => `${column} > ''`);
  const rare = [
    ...any('is_from_me', 'item_type', 'associated_message_type', 'date_edited', 'date_retracted', 'is_empty'),
    ...any('is_audio_message', 'is_spam', 'filter_action', 'schedule_type'),
    ...filled('subject', 'thread_originator_guid', 'expressive_send_style_id'),
    schema.column('c', 'is_blackholed'),
  ];
  // Of terms of which some are NULL and none is true, OR makes NULL.
  return `NOT coalesce(${rare.join(' OR ')}, 0)`;
}

/** SQL of each field of an attachment row, for `attachment` a. */
export function attachmentColumns(schema: Schema): Record<keyof AttachmentRow, string> {
  const column = (name: string): string => schema.column('a', name);
  return {
    guid: column('guid'),
    filename: column('filename'),
    transferName: column('transfer_name'),
    mime: column('mime_type'),
    uti: column('uti'),
    totalBytes: column('total_bytes'),
    state: column('transfer_state'),
    hidden: column('hide_attachment'),
    sticker: column('is_sticker'),
    description: column('emoji_image_short_description'),
  };
}

/**
 * SQL for when a message was last edited or taken back. macOS 15 and 26 set `date_edited` for both; whether an older one
 * sets `date_retracted` is not known, so that either counts.
 */
function editedSql(schema: Schema): string {
  const columns = ['date_edited', 'date_retracted']
    .map((name) => schema.column('m', name))
    .filter((column) => column !== 'NULL');
  const [first] = columns;
  if (first === undefined) return 'NULL';
  const newest = `max(${columns.map((column) => `coalesce(${column}, 0)`).join(', ')})`;
  return timeSql(columns.length === 1 ? first : newest);
}

const timeSql = (column: string): string => (column === 'NULL' ? 'NULL' : appleMillisecondsSql(column));

/** Bundle id of the balloon whose payload, the preview of a link, comes later. */
export const LINK_BALLOON = 'com.apple.messages.URLBalloonProvider';

/**
 * `changeable`: which rows can change in place in a way that is told: own ones, edited ones, previews of links, voice
 * notes.
 * `more`: whether it is more than an own one. `fingerprint`: a string that is another one after every such change. Nothing before macOS 27 marks a changed row.
 */
export function fingerprintSql(schema: Schema): { fingerprint: string; changeable: string; more: string } {
  const number = (column: string): string => `coalesce(${schema.column('m', column)}, 0)`;
  const edited = ['date_edited', 'date_retracted']
    .filter((name) => schema.has('message', name))
    .map((name) => `coalesce(m.${name}, 0) > 0`);
  const balloon = schema.column('m', 'balloon_bundle_id');
  const audio = number('is_audio_message');
  const fields = [
    `(${number('is_sent')} + 2 * ${number('is_delivered')} + 4 * ${number('is_read')} +
      8 * (${number('date_delivered')} <> 0) + 16 * (${number('date_read')} <> 0) +
      32 * ${number('was_downgraded')} + 64 * ${number('schedule_state')} + 1024 * ${number('error')})`,
    `coalesce(${schema.column('m', 'service')}, '')`,
    number('date_edited'),
    number('date_retracted'),
    `coalesce(length(${schema.column('m', 'message_summary_info')}), 0)`,
    `coalesce(length(${schema.column('m', 'payload_data')}), 0)`,
    `(${audio} * coalesce(length(${schema.column('m', 'attributedBody')}), 0))`,
  ];
  const kinds = [
    ...edited,
    ...(balloon === 'NULL' ? [] : [`coalesce(${balloon}, '') = '${LINK_BALLOON}'`]),
    ...(schema.has('message', 'is_audio_message') ? [`${audio} = 1`] : []),
  ];
  return {
    fingerprint: fields.join(" || ' ' || "),
    changeable: `(${['m.is_from_me = 1', ...kinds].join(' OR ')})`,
    more: kinds.length > 0 ? `(${kinds.join(' OR ')})` : '0',
  };
}
