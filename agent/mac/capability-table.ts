import type { Action } from '../../bridge/protocol/common.ts';

/** How an action is done on one release, and how sure that is. */
export interface Way {
  method: 'scripting' | 'ui' | 'files' | 'unavailable';
  /** Releases for which a way is known, such as `12-27`. */
  macos: string;
  reason: string;
  /** A calibration that works on this Mac makes it available although the release is not known to do it. */
  calibration?: 'required';
  /** The words by which it is found on the screen are known in English alone. */
  words?: 'english';
  /** It needs this setting of the user, or a calibration that works where the setting cannot be read. */
  setting?: 'fullKeyboardAccess';
}

interface Release {
  major: number;
  minor: number;
}

const FIRST = 12;
const LAST = 27;

const scripting = (reason: string) => () => known('scripting', '12-27', reason);
const known = (method: Way['method'], macos: string, reason: string): Way => ({ method, macos, reason });

/** A way by the windows, from a release on. */
const ui =
  (from: number, reason: string, doubts: Readonly<Record<number, string>> = {}) =>
  ({ major }: Release): Way => {
    const macos = `${from}-${LAST}`;
    return major < from
      ? known('unavailable', macos, `no way to do it is known before macOS ${from}`)
      : known('ui', macos, doubts[major] ?? reason);
  };

/** Found by English words since a release; before it by what no language changes, or by the words of Messages itself. */
const inEnglish =
  (since: number, way: (release: Release) => Way) =>
  (release: Release): Way => ({ ...way(release), ...(release.major < since ? {} : { words: 'english' }) });

const CALL_RANGE = '12-26.4';

function call({ major, minor }: Release): Way {
  if (major < 26)
    return known(
      'ui',
      CALL_RANGE,
      'the prompt of macOS is searched for and pressed; its place moves with releases',
    );
  if (major === 26 && minor <= 4)
    return {
      ...known('ui', CALL_RANGE, 'through the prompt, which shows its buttons with Full Keyboard Access on'),
      setting: 'fullKeyboardAccess',
    };
  return {
    ...known(
      'unavailable',
      CALL_RANGE,
      'since macOS 26.5 the prompt hides what it asks, and a press may do nothing',
    ),
    calibration: 'required',
  };
}

/**
 * A call is hung up for ringing too long only where its window says that it still rings: on macOS 12 by the name of a
 * button, as AirMessage reads it. Nobody has told how later releases show it.
 */
function ringTimeout({ major }: Release): Way {
  if (major === FIRST) return known('ui', '12', 'the button of FaceTime has another name while a call rings');
  return {
    ...known(
      'unavailable',
      '12',
      'whether somebody answered shows only after the end of a call, and none is hung up on a guess; it rings as long as FaceTime lets it',
    ),
    calibration: 'required',
  };
}

const NOT_PROVEN = 'not proven on this release by anybody; calibrate it';

const noWay = (reason: string) => () => known('unavailable', 'none', reason);
const HELPER_ALONE =
  'Messages cannot be scripted to do it, and no way by its windows is known to work; only a helper inside Messages could, without System Integrity Protection';

/**
 * What is publicly known of each action with System Integrity Protection on: which release offers it, how it is done,
 * and where doubt is. Names, pictures and members of groups, emoji tapbacks and the like have no way at all.
 */
const ways: Readonly<Record<Action, (release: Release) => Way>> = {
  send_text: scripting('Messages is asked by scripting; the row in chat.db proves it'),
  send_file: scripting(
    'the file is staged where Messages may read it; a voice note arrives as an audio file',
  ),
  send_group: scripting('into a group that Messages has loaded, by its id'),
  send_effect: inEnglish(26, ui(26, 'through the menu of effects', { 26: NOT_PROVEN })),
  reply: ui(12, 'through the action of the message', { 26: NOT_PROVEN }),
  react: inEnglish(26, ui(12, 'the six tapbacks, through the action of the message; text bubbles only')),
  react_emoji: noWay('no way is known to work; emoji tapbacks of others are told all the same'),
  react_part: noWay(
    'a link to a message selects its first part, and no other can be told from its neighbours',
  ),
  edit: ui(13, 'own text of the last 15 minutes, five times at most'),
  unsend: ui(13, 'own messages of the last two minutes'),
  typing: ui(12, 'an unsent space in the field: coarse, and it takes the selection'),
  mark_read: ui(13, 'through the conversation and its menu'),
  create_group: ui(12, 'through a new message to several handles', {
    14: NOT_PROVEN,
    15: NOT_PROVEN,
    26: NOT_PROVEN,
    27: NOT_PROVEN,
  }),
  call_audio: inEnglish(FIRST, call),
  call_video: inEnglish(FIRST, call),
  call_end: () => known('ui', '12-27', 'the button of FaceTime'),
  call_end_audio: ({ major }) =>
    major < 26
      ? known('ui', '12-15', 'the button of FaceTime')
      : known(
          'unavailable',
          '12-15',
          'since macOS 26 an audio call is held by Phone, which has no button known to end it',
        ),
  call_ring_timeout: ringTimeout,
  rename_group: noWay(HELPER_ALONE),
  group_icon: noWay(HELPER_ALONE),
  group_members: noWay(HELPER_ALONE),
  leave_group: noWay(HELPER_ALONE),
  lookup: () =>
    known('files', '12-27', 'from the history and what Messages looked up before; never by asking'),
};

/** The way of an action on a release such as `26.4.1`; one that is not known counts as the newest that is. */
export function wayOn(action: Action, macos: string): Way {
  const [major = 0, minor = 0] = macos.split('.').map(Number);
  const isKnown = major >= FIRST && major <= LAST;
  const way = ways[action](isKnown ? { major, minor } : { major: LAST, minor: 0 });
  return isKnown ? way : { ...way, reason: `macOS ${macos} is not known here; ${way.reason}` };
}
