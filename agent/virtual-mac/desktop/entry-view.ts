import { conversationName } from './messages-state.ts';
import { onIMessage, type WindowContext } from './messages-window.ts';
import { effectName } from './overlays.ts';
import { press, type UiNode } from './types.ts';
import { inLanguage, wordOf } from './words.ts';

/** Where a message is written: the field, the button of the apps, and what sends an effect. */
export function entryView(context: WindowContext): UiNode {
  const { state, faults, macos } = context;
  const name = conversationName(state);
  const field: UiNode = {
    role: 'AXTextArea',
    identifier: 'messageBodyField',
    description: wordOf(reachable(context) ? 'MADRID' : 'TEXT_MESSAGE', faults),
    value: state.drafts.get(name) ?? '',
    focused: state.focused,
    setValue: (text) => {
      state.drafts.set(name, text);
    },
    focus: () => {
      state.focused = true;
    },
  };
  const apps: UiNode = {
    role: 'AXButton',
    description: inLanguage('add', faults),
    actions: [
      press(() => {
        state.overlay = { kind: 'apps-menu' };
      }),
    ],
  };
  const newer = macos === '26' || macos === '27';
  return {
    role: 'AXGroup',
    identifier: 'MessageEntryView',
    children: [...(newer ? [apps] : []), field, ...effectPreview(context)],
  };
}

function effectPreview({ state, faults, send }: WindowContext): UiNode[] {
  if (!state.effect) return [];
  const name = effectName(state.effect);
  return [
    {
      role: 'AXButton',
      identifier: 'sendButton',
      description: inLanguage(`Send with ${name} effect`, faults),
      actions: [press(send)],
    },
  ];
}

/** Whether everybody who gets the message is on iMessage. */
const reachable = ({ state: { compose, chat } }: WindowContext): boolean =>
  (compose ?? (chat && 'handle' in chat ? [chat.handle] : [])).every(onIMessage);
