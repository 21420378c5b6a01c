import type { BubbleName } from './messages-state.ts';
import type { WindowContext } from './messages-window.ts';
import { allowed, bubbleOf, startEdit, tapbackButtons, toggleTapback } from './transcript.ts';
import { press, type UiNode } from './types.ts';
import { inLanguage, wordOf } from './words.ts';

/** Effects that the picker of macOS 26 and 27 shows, and how rows name them. */
const effects = {
  Slam: 'com.apple.MobileSMS.expressivesend.impact',
  Loud: 'com.apple.MobileSMS.expressivesend.loud',
  Gentle: 'com.apple.MobileSMS.expressivesend.gentle',
  'Invisible Ink': 'com.apple.MobileSMS.expressivesend.invisibleink',
  Echo: 'com.apple.messages.effect.CKEchoEffect',
  Spotlight: 'com.apple.messages.effect.CKSpotlightEffect',
  Balloons: 'com.apple.messages.effect.CKHappyBirthdayEffect',
  Confetti: 'com.apple.messages.effect.CKConfettiEffect',
  Love: 'com.apple.messages.effect.CKHeartEffect',
  Lasers: 'com.apple.messages.effect.CKLasersEffect',
  Fireworks: 'com.apple.messages.effect.CKFireworksEffect',
  Celebration: 'com.apple.messages.effect.CKSparklesEffect',
} as const;

/** Name of an effect by what rows call it. */
export const effectName = (style: string): string =>
  Object.entries(effects).find(([, value]) => value === style)?.[0] ?? '';

/** What is open over the transcript: within the content of the window, and its menus beside it. */
export function overlayNodes(context: WindowContext): { content: UiNode[]; menus: UiNode[] } {
  const { overlay } = context.state;
  switch (overlay?.kind) {
    case undefined:
      return { content: [], menus: [] };
    case 'tapbacks':
      return { content: tapbackPicker(context, overlay.on), menus: [] };
    case 'edit':
      return { content: [editor(context, overlay)], menus: [] };
    case 'bubble-menu':
      return { content: [], menus: [{ role: 'AXMenu', children: bubbleMenu(context, overlay.on) }] };
    case 'apps-menu':
      return { content: [], menus: [{ role: 'AXMenu', children: [effectsItem(context)] }] };
    case 'effects':
      return { content: effectButtons(context), menus: [] };
  }
}

function tapbackPicker(context: WindowContext, on: BubbleName): UiNode[] {
  const bubble = bubbleOf(context, on);
  if (!bubble) return [];
  const children = tapbackButtons.map(
    ({ identifier, words, kind }, index): UiNode => ({
      role: 'AXButton',
      identifier,
      description: inLanguage(words, context.faults),
      selected: bubble.ownTapback === index,
      actions: [
        press(() => {
          toggleTapback(context, bubble, index, kind);
          context.state.overlay = undefined;
        }),
      ],
    }),
  );
  return [{ role: 'AXGroup', identifier: 'TapbackPickerCollectionView', children }];
}

function bubbleMenu(context: WindowContext, on: BubbleName): UiNode[] {
  const { macos, faults, state } = context;
  const bubble = bubbleOf(context, on);
  if (!bubble) return [];
  const items: UiNode[] = [];
  if (macos === '26')
    items.push({
      role: 'AXMenuItem',
      title: wordOf('INLINE_REPLY_MENU', faults),
      actions: [
        press(() => {
          Object.assign(state, { overlay: undefined, replyTo: on });
        }),
      ],
    });
  if (allowed(context, bubble).edit)
    items.push({
      role: 'AXMenuItem',
      identifier: 'edit',
      title: wordOf('edit.button', faults),
      actions: [press(() => startEdit(context, bubble))],
    });
  return items;
}

/** The text being edited, with the buttons that send or drop it. */
function editor(context: WindowContext, edit: { on: BubbleName; text: string }): UiNode {
  const { faults, state, store, clock } = context;
  const end = (): void => {
    state.overlay = undefined;
  };
  return {
    role: 'AXGroup',
    children: [
      {
        role: 'AXTextField',
        value: edit.text,
        setValue: (text) => {
          state.overlay = { kind: 'edit', on: edit.on, text };
        },
      },
      { role: 'AXButton', description: wordOf('editing.reject.button', faults), actions: [press(end)] },
      {
        role: 'AXButton',
        description: wordOf('editing.confirm.button', faults),
        actions: [
          press(() => {
            store.editMessage(edit.on.guid, { part: edit.on.part, text: edit.text, at: clock.now() });
            end();
          }),
        ],
      },
    ],
  };
}

function effectsItem({ state, faults }: WindowContext): UiNode {
  return {
    role: 'AXMenuItem',
    title: inLanguage('Message Effects', faults),
    actions: [
      press(() => {
        state.overlay = { kind: 'effects' };
      }),
    ],
  };
}

function effectButtons({ state, faults }: WindowContext): UiNode[] {
  return Object.entries(effects).map(([name, style]) => ({
    role: 'AXButton',
    description: inLanguage(`Effect: ${name}`, faults),
    actions: [
      press(() => {
        Object.assign(state, { overlay: undefined, effect: style });
      }),
    ],
  }));
}
