import type { Clock } from '../../../bridge/runtime/clock.ts';
import type { Faults } from '../faults.ts';
import type { Life } from '../life.ts';
import { wayOf } from '../people.ts';
import type { ChatOnScreen, ChatTarget, MacosRelease, MessagesStore } from '../types.ts';
import { entryView } from './entry-view.ts';
import { conversationName, type MessagesState, newState } from './messages-state.ts';
import { overlayNodes } from './overlays.ts';
import { transcriptView } from './transcript.ts';
import { type Key, press, type UiNode, type UiProcess } from './types.ts';
import { wordOf } from './words.ts';

const RETURN = 36;
const ESCAPE = 53;

export interface MessagesWindowOptions {
  macos: MacosRelease;
  store: MessagesStore;
  life: Life;
  faults: Faults;
  clock: Clock;
}

/** What the views of the window work on. */
export interface WindowContext extends MessagesWindowOptions {
  state: MessagesState;
  /** Sends what stands in the field, where something does. */
  send(): void;
}

/** The process of Messages as Accessibility shows it: its one window, its menu, its links and keys. */
export class MessagesWindow implements UiProcess {
  readonly name = 'Messages';
  readonly bundleId = 'com.apple.MobileSMS';
  readonly #context: WindowContext;

  constructor(options: MessagesWindowOptions) {
    this.#context = { ...options, state: newState(), send: () => this.#send() };
  }

  windows(): readonly UiNode[] {
    const { state, faults } = this.#context;
    if (state.closed) return [];
    const window = this.#window();
    return faults.lasts('second-window') ? [window, window] : [window];
  }

  /** Items say what they would do; they are not validated while another app is active. */
  menus(active: boolean): readonly UiNode[] {
    const { store, state, faults, clock, macos } = this.#context;
    const { chat } = state;
    const unread = chat ? store.reading.unread(chat).length > 0 : false;
    const word = unread ? 'MARK_AS_READ' : 'MARK_AS_UNREAD';
    const item: UiNode = {
      role: 'AXMenuItem',
      title: wordOf(word, faults),
      enabled: active && chat !== undefined,
      actions: [
        press(() => {
          if (chat && unread) store.reading.markChatRead(chat, clock.now());
        }),
      ],
    };
    const children = macos === '12' ? [] : [item];
    const menu: UiNode = { role: 'AXMenu', children };
    return [{ role: 'AXMenuBarItem', title: 'Conversation', children: [menu] }];
  }

  press({ key, using }: Key): void {
    const { state } = this.#context;
    if (using.length > 0) return;
    if (key === ESCAPE) state.overlay = undefined;
    if (key === RETURN && state.focused && !state.overlay) this.#send();
  }

  close(): void {
    this.#context.state.closed = true;
  }

  /** Names of the conversations in which something is being written: the others see the dots. */
  typingIn(): string[] {
    return [...this.#context.state.drafts].filter(([, text]) => text !== '').map(([name]) => name);
  }

  /** `imessage://open` with `address`, `addresses`, `groupid` or `message-guid`, and `body`. */
  open(url: URL): boolean {
    if (url.protocol !== 'imessage:' && url.protocol !== 'sms:') return false;
    const { state } = this.#context;
    const query = url.searchParams;
    Object.assign(state, { ...newState(), drafts: state.drafts });
    const guid = query.get('message-guid');
    const addresses = (query.get('addresses') ?? query.get('address') ?? '').split(',').filter(Boolean);
    if (guid) this.#showMessage(guid);
    else if (addresses.length > 1) state.compose = addresses;
    else this.#showChat(query.get('groupid'), addresses[0]);
    const body = query.get('body');
    if (body !== null) state.drafts.set(conversationName(state), body);
    return true;
  }

  #showMessage(guid: string): void {
    const { store, state } = this.#context;
    const chat = store.reading.chatOf(guid);
    if (!chat) return;
    state.chat = this.#diverted(chat);
    if (state.chat === chat) {
      state.selected = { guid, part: 0 };
    } else {
      const last = store.reading.bubbles(state.chat).at(-1);
      state.selected = last && { guid: last.guid, part: last.part };
    }
  }

  #showChat(group: string | null, address: string | undefined): void {
    const { store, state } = this.#context;
    const wanted = store.reading
      .chats()
      .find(({ chat }) => ('group' in chat ? chat.group === group : chat.handle === address));
    if (wanted) state.chat = this.#diverted(wanted.chat);
    else if (address) state.compose = [address];
  }

  /** The chat, or another one while links go astray. */
  #diverted(chat: ChatTarget): ChatTarget {
    const { store, faults } = this.#context;
    if (!faults.wrongConversation()) return chat;
    const name = conversationName({ ...newState(), chat });
    const other = store.reading
      .chats()
      .find((one) => conversationName({ ...newState(), chat: one.chat }) !== name);
    return other?.chat ?? chat;
  }

  #window(): UiNode {
    const { faults } = this.#context;
    const list = { role: 'AXGroup', identifier: 'ConversationList', children: this.#conversations() };
    const overlay = overlayNodes(this.#context);
    const content: UiNode = {
      role: 'AXGroup',
      children: [
        list,
        ...this.#recipients(),
        transcriptView(this.#context),
        entryView(this.#context),
        ...overlay.content,
      ],
    };
    const scene: UiNode = { role: 'AXGroup', children: [content, ...overlay.menus] };
    const sheet: UiNode = { role: 'AXSheet', children: [{ role: 'AXButton', description: 'OK' }] };
    return {
      role: 'AXWindow',
      identifier: 'SceneWindow',
      title: this.#title(),
      children: faults.lasts('sheet') ? [scene, sheet] : [scene],
    };
  }

  #conversations(): UiNode[] {
    return this.#context.store.reading.chats().map((one) => ({
      role: 'AXStaticText',
      description: titleOf(one),
    }));
  }

  #recipients(): UiNode[] {
    return (this.#context.state.compose ?? []).map((address) => ({
      role: 'AXPopUpButton',
      description: address,
    }));
  }

  #title(): string {
    const { state, store } = this.#context;
    if (!state.chat) return 'New Message';
    const name = conversationName(state);
    const shown = store.reading
      .chats()
      .find((one) => conversationName({ ...newState(), chat: one.chat }) === name);
    return shown ? titleOf(shown) : name;
  }

  #send(): void {
    const { state, life } = this.#context;
    const name = conversationName(state);
    const text = state.drafts.get(name) ?? '';
    // A blank is never sendable.
    if (text.trim() === '') return;
    state.drafts.delete(name);
    const chat = state.compose ? this.#made(state.compose) : state.chat;
    if (!chat) return;
    const { effect, replyTo } = state;
    life.send({ to: chat, text, effect, replyTo });
    Object.assign(state, { ...newState(), drafts: state.drafts, chat });
  }

  /** The chat with exactly these people. */
  #made(people: readonly string[]): ChatTarget {
    const { store } = this.#context;
    const [first] = people;
    if (people.length === 1 && first) return { handle: first };
    const wanted = [...people].sort().join();
    const known = store.reading
      .chats()
      .find(({ chat, members }) => 'group' in chat && [...members].sort().join() === wanted);
    return known?.chat ?? { group: store.createGroup({ members: people }) };
  }
}

/** How a conversation is called: a group by its name or members, a number as it is written by hand. */
function titleOf({ chat, name, members }: ChatOnScreen): string {
  if ('group' in chat) return name || members.map(written).join(' & ');
  return written(chat.handle);
}

function written(handle: string): string {
  const match = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(handle);
  return match ? `+1 (${match[1]}) ${match[2]}-${match[3]}` : handle;
}

/** Whether somebody can be reached by iMessage. */
export const onIMessage = (handle: string): boolean => wayOf(handle).fails?.error !== 22;
