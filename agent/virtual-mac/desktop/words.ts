import type { Faults } from '../faults.ts';

const CHATKIT = '/System/iOSSupport/System/Library/PrivateFrameworks/ChatKit.framework';
const CHATKIT_AX = '/System/iOSSupport/System/Library/AccessibilityBundles/ChatKitFramework.axbundle';

/**
 * English words by the key that the bundles of ChatKit have them under; the words of the window and of the bundles are
 * the same. What `group.reply.collection` says in English is not known: any word serves to tell the two transcripts apart.
 */
const english = {
  MADRID: 'iMessage',
  TEXT_MESSAGE: 'Text Message',
  MARK_AS_READ: 'Mark as Read',
  MARK_AS_UNREAD: 'Mark as Unread',
  UNDO_SEND_ACTION: 'Undo Send',
  INLINE_REPLY_MENU: 'Reply…',
  'acknowledgments.action.title': 'React',
  'balloon.message.reply': 'Reply',
  'edit.button': 'Edit',
  'editing.confirm.button': 'Send edit',
  'editing.reject.button': 'Cancel edit',
  'group.reply.collection': 'Replies',
} as const;

export type WordKey = keyof typeof english;

/** How Messages says it on this Mac. With the fault `other-language` it speaks a made-up language. */
export const wordOf = (key: WordKey, faults: Faults): string => inLanguage(english[key], faults);

export const inLanguage = (word: string, faults: Faults): string =>
  faults.lasts('other-language') ? `⟦${word}⟧` : word;

/** What the bundles answer: the word for the key, or the key itself where they have none. */
export function bundleWord(
  { bundle, key, table }: { bundle: string; key: string; table: string },
  faults: Faults,
): string | null {
  if (bundle !== CHATKIT && bundle !== CHATKIT_AX) return null;
  const own = /^[A-Z_]+$/.test(key) ? [CHATKIT, 'ChatKit'] : [CHATKIT_AX, 'Accessibility'];
  if (bundle !== own[0] || table !== own[1] || !Object.hasOwn(english, key)) return key;
  return wordOf(key as WordKey, faults);
}
