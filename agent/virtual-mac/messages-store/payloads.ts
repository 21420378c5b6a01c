import { binaryPlist, type PlistValue } from './binary-plist.ts';

/** An object of a keyed archive: its class and its fields. */
interface Archived {
  class: string;
  fields: { readonly [key: string]: Archived | string | number | boolean };
}

const isArchived = (value: Archived | string | number | boolean): value is Archived =>
  typeof value === 'object';

/** A property list as NSKeyedArchiver writes it, the form of most `payload_data`. */
function keyedArchive(root: Archived): Buffer {
  const objects: PlistValue[] = ['$null'];
  const place = (value: PlistValue): { UID: number } => {
    objects.push(value);
    return { UID: objects.length - 1 };
  };
  const classes = new Map<string, { UID: number }>();
  const classOf = (name: string): { UID: number } => {
    const known = classes.get(name) ?? place({ $classname: name, $classes: [name, 'NSObject'] });
    classes.set(name, known);
    return known;
  };
  const archive = (object: Archived): { UID: number } => {
    const fields: Record<string, PlistValue> = {};
    const here = place(fields);
    for (const [key, value] of Object.entries(object.fields)) {
      if (isArchived(value)) fields[key] = archive(value);
      else fields[key] = typeof value === 'string' ? place(value) : value;
    }
    fields.$class = classOf(object.class);
    return here;
  };
  const top = archive(root);
  return binaryPlist({
    $version: 100_000,
    $archiver: 'NSKeyedArchiver',
    $top: { root: top },
    $objects: objects,
  });
}

/** The absolute form of NSURL in a keyed archive. */
const archivedUrl = (url: string): Archived => ({
  class: 'NSURL',
  fields: { 'NS.base': { class: 'NSNull', fields: {} }, 'NS.relative': url },
});

export const LINK_BALLOON = 'com.apple.messages.URLBalloonProvider';
/** `balloon_bundle_id` of a poll (macOS 26). */
export const POLL_BALLOON = 'com.apple.messages.Polls';

/** The payload that a link preview gets once Messages has fetched it. */
export const linkPayload = (link: { url: string; title?: string; summary?: string }): Buffer =>
  keyedArchive({
    class: 'RichLink',
    fields: {
      richLinkIsPlaceholder: false,
      richLinkMetadata: {
        class: 'LPLinkMetadata',
        fields: {
          URL: archivedUrl(link.url),
          originalURL: archivedUrl(link.url),
          ...(link.title !== undefined && { title: link.title }),
          ...(link.summary !== undefined && { summary: link.summary }),
        },
      },
    },
  });

/** `balloon_bundle_id` of an app that extends Messages; Apple's own have the team 0000000000. */
export const appBalloon = (extension: string, team = '0000000000'): string =>
  `com.apple.messages.MSMessageExtensionBalloonPlugin:${team}:${extension}`;
