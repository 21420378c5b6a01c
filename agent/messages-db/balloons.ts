import { AppError } from '../../bridge/runtime/app-error.ts';
import type { PlistValue } from './binary-plist.ts';
import { isDictionary, readKeyedArchive } from './keyed-archive.ts';
import { LINK_BALLOON } from './selects.ts';
import type { AppBalloon, LinkPreview } from './types.ts';

const EXTENSION = 'com.apple.messages.MSMessageExtensionBalloonPlugin:';

/** Our words for Apple's balloons, by bundle id, that of the extension where there is one. */
const NAMES: Readonly<Record<string, string>> = {
  'com.apple.Handwriting.HandwritingProvider': 'handwriting',
  'com.apple.DigitalTouchBalloonProvider': 'digital-touch',
  'com.apple.messages.Polls': 'poll',
  'com.apple.PassbookUIService.PeerPaymentMessagesExtension': 'apple-pay',
  'com.apple.findmy.FindMyMessagesApp': 'find-my',
  'com.apple.SafetyMonitorApp.SafetyMonitorMessages': 'check-in',
  'com.apple.icloud.apps.messages.business.extension': 'business',
  'com.apple.ActivityMessagesApp.MessagesExtension': 'fitness',
  'com.apple.mobileslideshow.PhotosMessagesApp': 'photos',
};

/** `associated_message_type` of a vote in a poll. */
export const POLL_VOTE = 4000;

/** Whether the payload may hold more than a plist: ink and touches are protobuf, which is passed by. */
const isArchive = (payload: Buffer): boolean => payload.toString('latin1', 0, 8) === 'bplist00';

/** What can be known of an app's balloon. `updates` is the message that it changes. */
export function appOf(bundleId: string, payload: Buffer | null, updates?: string): AppBalloon {
  const extension = bundleId.startsWith(EXTENSION) ? bundleId.slice(bundleId.lastIndexOf(':') + 1) : bundleId;
  const name = Object.hasOwn(NAMES, extension) ? NAMES[extension] : undefined;
  const app: AppBalloon = { bundleId, name: name ?? 'app' };
  if (updates !== undefined) app.updates = updates;
  const archive = payload && isArchive(payload) ? tryArchive(payload) : null;
  if (!isDictionary(archive ?? undefined)) return app;
  const { an, ldtext, URL: url, userInfo } = archive as { [key: string]: PlistValue };
  const caption = isDictionary(userInfo) ? word(userInfo.caption) : undefined;
  const known = { title: word(an), caption: caption ?? word(ldtext), url: word(url) };
  if (known.title !== undefined) app.title = known.title;
  if (known.caption !== undefined) app.caption = known.caption;
  if (known.url !== undefined) app.url = known.url;
  return app;
}

/** The preview of a link; null while it has not come. A link may lack the bundle id and still have a payload. */
export function linkOf(bundleId: string | null, payload: Buffer | null): LinkPreview | null {
  if ((bundleId && bundleId !== LINK_BALLOON) || !payload || !isArchive(payload)) return null;
  const archive = tryArchive(payload);
  if (!isDictionary(archive ?? undefined)) return null;
  const { richLinkMetadata, richLinkIsPlaceholder } = archive as { [key: string]: PlistValue };
  if (!isDictionary(richLinkMetadata) || richLinkIsPlaceholder === true) return null;
  const url = word(richLinkMetadata.URL) ?? word(richLinkMetadata.originalURL);
  if (url === undefined) return null;
  return {
    url,
    title: word(richLinkMetadata.title) ?? null,
    summary: word(richLinkMetadata.summary) ?? null,
  };
}

/** Longer words are of no use to anybody. */
const MAX_WORD = 4096;

const word = (value: PlistValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, MAX_WORD) : undefined;

function tryArchive(payload: Buffer): PlistValue {
  try {
    return readKeyedArchive(payload);
  } catch (error) {
    if (error instanceof AppError && error.code === 'bad_plist') return null;
    throw error;
  }
}
