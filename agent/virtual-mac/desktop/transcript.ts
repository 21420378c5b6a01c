import type { StoredBubble } from '../types.ts';
import { sameBubble } from './messages-state.ts';
import type { WindowContext } from './messages-window.ts';
import { custom, type UiAction, type UiNode } from './types.ts';
import { inLanguage, wordOf } from './words.ts';

const EDIT_WITHIN_MS = 15 * 60_000;
const UNSEND_WITHIN_MS = 2 * 60_000;
const MOST_EDITS = 5;

/** Tapbacks in the order of their types, with what their buttons are called. */
export const tapbackButtons = [
  { kind: 'love', identifier: 'heart', words: 'Heart' },
  { kind: 'like', identifier: 'thumbsUp', words: 'Thumbs up' },
  { kind: 'dislike', identifier: 'thumbsDown', words: 'Thumbs down' },
  { kind: 'laugh', identifier: 'ha', words: 'Ha ha!' },
  { kind: 'emphasise', identifier: 'exclamation', words: 'Exclamation mark' },
  { kind: 'question', identifier: 'questionMark', words: 'Question mark' },
] as const;

/** The bubbles of the conversation that is shown; of a thread alone while it is written into. */
export function transcriptView(context: WindowContext): UiNode {
  const { state, store, faults } = context;
  const bubbles = state.chat && !state.compose ? store.reading.bubbles(state.chat) : [];
  const { replyTo } = state;
  const shown = replyTo ? bubbles.filter((bubble) => sameBubble(replyTo, bubble)) : bubbles;
  return {
    role: 'AXGroup',
    identifier: 'TranscriptCollectionView',
    description: replyTo ? wordOf('group.reply.collection', faults) : 'Messages',
    children: shown.map((bubble) => cell(context, bubble)),
  };
}

function cell(context: WindowContext, bubble: StoredBubble): UiNode {
  const { state } = context;
  const own = bubble.sender === 'me';
  const sender = own ? 'Your iMessage' : 'Message';
  return {
    role: 'AXGroup',
    description: `${sender}, ${bubble.text ?? 'attachment'}`,
    children: [
      {
        ...(bubble.text === undefined
          ? { role: 'AXImage' }
          : { role: 'AXTextArea', identifier: 'CKBalloonTextView', value: bubble.text }),
        selected: sameBubble(state.selected, bubble),
        actions: bubbleActions(context, bubble),
      },
    ],
  };
}

/** What may be done with a bubble now, by the rules of Messages: own ones are edited and taken back for a while. */
export function allowed({ clock, macos }: WindowContext, bubble: StoredBubble) {
  const age = clock.now() - bubble.at;
  const own = bubble.sender === 'me' && macos !== '12';
  return {
    edit: own && bubble.text !== undefined && age < EDIT_WITHIN_MS && bubble.edits < MOST_EDITS,
    unsend: own && age < UNSEND_WITHIN_MS,
  };
}

/** The actions that the bubbles of each release were seen to offer. */
function bubbleActions(context: WindowContext, bubble: StoredBubble): UiAction[] {
  const { macos, state, store, clock, faults } = context;
  const on = { guid: bubble.guid, part: bubble.part };
  const can = allowed(context, bubble);
  const actions: UiAction[] = [
    {
      name: 'AXShowMenu',
      description: 'show menu',
      perform: () => {
        state.overlay = { kind: 'bubble-menu', on };
      },
    },
  ];
  const openPicker = (): void => {
    if (!faults.noPicker()) state.overlay = { kind: 'tapbacks', on };
  };
  if (macos === '26') {
    // Their labels say how each looks; performing one puts it there or takes it away.
    for (const [index, { words, kind }] of tapbackButtons.entries())
      actions.push(custom(inLanguage(words, faults), () => toggleTapback(context, bubble, index, kind)));
  } else if (macos === '27') {
    actions.push(custom(inLanguage('Tapback Details…', faults), openPicker));
  } else {
    actions.push(custom(wordOf('acknowledgments.action.title', faults), openPicker));
  }
  if (macos !== '26')
    actions.push(
      custom(wordOf('balloon.message.reply', faults), () => {
        state.replyTo = on;
      }),
    );
  if (can.edit && ['15', '26', '27'].includes(macos))
    actions.push(custom(wordOf('edit.button', faults), () => startEdit(context, bubble)));
  if (can.unsend)
    actions.push(
      custom(wordOf('UNDO_SEND_ACTION', faults), () =>
        store.unsendMessage(bubble.guid, { parts: [bubble.part], at: clock.now() }),
      ),
    );
  return actions;
}

export function startEdit({ state }: WindowContext, bubble: StoredBubble): void {
  state.overlay = {
    kind: 'edit',
    on: { guid: bubble.guid, part: bubble.part },
    text: bubble.text ?? '',
  };
}

/** The bubble that something stands on, as it is now. */
export function bubbleOf(
  { state, store }: WindowContext,
  on: { guid: string; part: number },
): StoredBubble | undefined {
  return state.chat && store.reading.bubbles(state.chat).find((bubble) => sameBubble(on, bubble));
}

export function toggleTapback(
  { life }: WindowContext,
  bubble: StoredBubble,
  index: number,
  kind: (typeof tapbackButtons)[number]['kind'],
): void {
  life.react({
    kind,
    target: { guid: bubble.guid, part: bubble.part },
    remove: bubble.ownTapback === index,
  });
}
