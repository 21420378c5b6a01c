import type Database from 'better-sqlite3';

/** SQL functions that Messages registers on its own connections and that triggers of chat.db call. */
const appFunctions: Readonly<Record<string, (...args: unknown[]) => string | number | null>> = {
  verify_chat: (guid) => (typeof guid === 'string' ? guid : null),
  guid_for_chat: (identifier, service, style) => `${service};${style === 43 ? '+' : '-'};${identifier}`,
  is_mic_enabled: () => 0,
  before_delete_attachment_path: () => null,
  delete_attachment_path: () => null,
  after_delete_message_plugin: () => null,
  delete_chat_background_before_deleting_chat: () => null,
};

/**
 * Registers stand-ins for those functions, without which SQLite refuses to prepare a statement that may fire them.
 * What they do inside Messages is not public; here they change nothing.
 *
 * A client without them can insert and update messages, handles, attachments and all joins. It cannot insert a chat
 * or change a chat's guid (since macOS 26), nor delete messages, chats, attachments or the joins that hold them.
 */
export function registerAppFunctions(db: Database.Database): void {
  for (const [name, run] of Object.entries(appFunctions)) db.function(name, { varargs: true }, run);
}
