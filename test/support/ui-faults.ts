import type { ActOutcome } from '../../agent/mac/types.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import type { Acting } from './ui-actings.ts';

/** Something that goes wrong during an act on the screen, and what the act must make of it. */
export interface UiFault {
  name: string;
  faults: readonly FaultInput[];
  outcome: ActOutcome['outcome'];
  /** Codes of which it ends with one. */
  codes?: readonly string[];
  effects: 0 | 1;
  /** Whether it may leave something open, written or closed that the next act must cope with. */
  messy?: true;
}

const refused = (name: string, fault: FaultInput, ...codes: string[]): UiFault => ({
  name,
  faults: [fault],
  outcome: 'not_started',
  codes,
  effects: 0,
});

/** The Mac is not such that anything can be done. */
const conditions: readonly UiFault[] = [
  refused('nobody at the screen', { kind: 'no-console' }, 'no_console_session'),
  refused('a locked screen', { kind: 'screen-locked' }, 'screen_locked'),
  refused('Accessibility denied', { kind: 'no-accessibility' }, 'accessibility_denied'),
  refused('a sheet in the way', { kind: 'sheet' }, 'ui_locked'),
  refused('two windows', { kind: 'second-window' }, 'ui_locked'),
  refused('two Messages', { kind: 'second-messages' }, 'ui_locked'),
  refused('Messages not running', { kind: 'not-running' }, 'messages_not_running'),
];

/** It becomes so in the middle, before anything is done. */
const early: readonly UiFault[] = [
  refused('a link that fails', { kind: 'error', at: 'open', number: -600 }, 'messages_not_running'),
  refused('a link that does nothing', { kind: 'nothing', at: 'open' }, 'wrong_conversation'),
  ...(
    [
      ['Messages that quits', -600, 'messages_not_running'],
      ['a connection that ends', -609, 'messages_not_running'],
      ['a look that is not answered', -1712, 'act_timed_out'],
      ['Automation taken away', -1743, 'automation_denied'],
      ['Automation to be asked for', -1744, 'automation_denied'],
      ['a privilege that is missing', -10004, 'automation_denied'],
      ['Accessibility taken away', -25211, 'accessibility_denied'],
    ] as const
  ).map(([name, number, code]) => refused(name, { kind: 'error', at: 'look', number, skip: 6 }, code)),
  {
    ...refused('a screen that is locked meanwhile', becomes('screen-locked', 'look', 9), 'screen_locked'),
    messy: true,
  },
  { ...refused('a sheet that appears', becomes('sheet', 'look', 9), 'ui_locked'), messy: true },
  { ...refused('a second window that opens', becomes('second-window', 'look', 9), 'ui_locked'), messy: true },
  { ...refused('a hang at a look', { kind: 'hang', at: 'look', skip: 12 }, 'act_timed_out'), messy: true },
  {
    ...refused(
      'a window that closes',
      { kind: 'window-closed', at: 'look', skip: 20 },
      ...['act_failed', 'wrong_conversation', 'ui_not_recognised'],
    ),
    messy: true,
  },
];

/** At the event that cannot be taken back, and after it. */
function late({ last, verifies }: Acting, macos: MacosRelease): UiFault[] {
  const { at, skip, after } = last(macos);
  const uncertain = (name: string, fault: FaultInput, effects: 0 | 1): UiFault => ({
    ...{ name, faults: [fault], outcome: 'uncertain', effects, messy: true },
  });
  return [
    uncertain('no answer to the last event', { kind: 'error', at, number: -1712, skip }, 0),
    uncertain('keystrokes refused at the last event', { kind: 'error', at, number: 1002, skip }, 0),
    uncertain('a hang at the last event', { kind: 'hang', at, skip }, 0),
    uncertain(
      'Messages that quits after the last event',
      { kind: 'error', at: after, number: -609, skip },
      1,
    ),
    uncertain('a hang after the last event', { kind: 'hang', at: after, skip }, 1),
    {
      name: 'a last event that does nothing',
      faults: [{ kind: 'nothing', at, skip }],
      outcome: verifies(macos) ? 'uncertain' : 'handed_over',
      effects: 0,
      messy: true,
    },
  ];
}

function becomes(
  what: 'screen-locked' | 'sheet' | 'second-window',
  at: 'look',
  skip: number,
): Extract<FaultInput, { kind: 'becomes' }> {
  return { kind: 'becomes', what, at, skip };
}

/** What goes wrong on the way of some acts alone. */
function own({ kind, writes }: Acting, macos: MacosRelease): UiFault[] {
  const astray = refused('another conversation', { kind: 'wrong-conversation' }, 'wrong_conversation');
  const unwritten: UiFault = {
    ...refused('a field that takes nothing', { kind: 'nothing', at: 'set' }, 'text_not_sendable'),
    messy: true,
  };
  const noPicker = refused('a picker that does not appear', { kind: 'no-picker' }, 'ui_not_recognised');
  return [
    ...(kind === 'create_group' ? [] : [astray]),
    ...(writes ? [unwritten] : []),
    ...(kind === 'react' && macos !== '26' ? [noPicker] : []),
  ];
}

/** Words on the screen in another language, with and without those of Messages' bundles. */
function languages({ anyLanguage, wordless }: Acting, macos: MacosRelease): UiFault[] {
  const done = { outcome: 'handed_over', effects: 1 } as const;
  const unread = { outcome: 'not_started', codes: ['ui_not_recognised'], effects: 0 } as const;
  const other = { kind: 'other-language' } as const;
  return [
    { name: 'another language', faults: [other], ...(anyLanguage(macos) ? done : unread) },
    {
      name: 'another language that the bundles do not know',
      faults: [other, { kind: 'no-words' }],
      ...(wordless ? done : unread),
    },
  ];
}

/** All that is tried of an act on a release. */
export const uiFaultsOf = (acting: Acting, macos: MacosRelease): readonly UiFault[] => [
  ...conditions,
  ...early,
  ...late(acting, macos),
  ...own(acting, macos),
  ...languages(acting, macos),
];
