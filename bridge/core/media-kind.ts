import type { MediaKind } from '../store/types.ts';

/** The media type of bytes of which nobody said more. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** What a customer's file is, by its media type. */
export function kindOf(mimeType: string): MediaKind {
  const family = mimeType.slice(0, mimeType.indexOf('/'));
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
}
