/**
 * The terms of System Events and of the Objective-C bridge that our programs may use, and what messages-ui.js gives to
 * the programs that work on the windows of Messages.
 */

interface UiNamedAction {
  /** `AXPress` and its like, or `Name:<words>` and more for one of the app's own. */
  name(): string;
  description(): string;
  perform(): void;
}

/** Found by its place in the tree: -1719 when the place is gone. */
interface UiElement {
  uiElements(): UiElement[];
  /** `value` is read by calling it and written by assigning to it. */
  attributes: { byName(name: string): { value: unknown } };
  actions: (() => UiNamedAction[]) & { byName(name: string): { perform(): void } };
}

interface UiProcess {
  windows(): UiElement[];
  menuBars(): { uiElements(): UiElement[] }[];
  frontmost: boolean;
}

interface SystemEventsApplication {
  processes: { whose(test: { bundleIdentifier: string }): () => UiProcess[] };
  keyCode(code: number): void;
}

interface CurrentApplication {
  includeStandardAdditions: boolean;
  openLocation(url: string): void;
}

declare function Application(name: 'System Events'): SystemEventsApplication;
declare namespace Application {
  function currentApplication(): CurrentApplication;
}

declare const ObjC: {
  import(framework: string): void;
  castRefToObject(ref: unknown): unknown;
  deepUnwrap(object: unknown): unknown;
};

declare const $: {
  CGSessionCopyCurrentDictionary(): unknown;
  AXIsProcessTrusted(): boolean;
  NSBundle: {
    bundleWithPath(path: string): {
      localizedStringForKeyValueTable(key: string, value: string, table: string): { js: unknown };
    };
  };
};

declare function delay(seconds: number): void;

interface UiTarget {
  guid: string;
  text: string;
}

interface UiConversation {
  kind: 'direct' | 'group';
  identifier: string;
}

interface UiOutcome {
  ok: boolean;
  step: string;
  errorNumber?: number;
  code?: string;
  changed?: boolean;
  value?: object;
}

/** What screen-ui.js gives. */
interface ScreenUi {
  /**
   * Runs the body of a program, which returns whether it changed something, or, where it only looks, what it saw; tidies
   * up where it fails before acting.
   */
  run(body: () => boolean | object): UiOutcome;
  /** Names what is being done, for the case that it fails. */
  step(name: string): void;
  /** What to throw to end with one of our codes. */
  refusal(code: string): Error;
  /** Remembers how to take back what is not yet an act. */
  undo(action: () => void): void;
  /** Says that from here on the act may have happened. */
  begin(): void;
  /** Tries until it gives something, for some seconds. */
  until<T>(look: () => T | undefined, seconds: number): T | undefined;
  read(element: UiElement, attribute: string): unknown;
  /** The first element, from the top, that passes; conversations and bubbles are not looked into. */
  find(test: (element: UiElement, identifier: unknown) => boolean): UiElement | undefined;
  /** The same, among these elements and what is in them. */
  findIn(
    roots: UiElement[],
    test: (element: UiElement, identifier: unknown) => boolean,
  ): UiElement | undefined;
  byId(identifier: string): UiElement | undefined;
  byDescription(words: string[]): UiElement | undefined;
  /** Performs an action of an element by its name, `AXPress` unless told. */
  press(element: UiElement, action?: string): void;
  /** All windows of the app with this bundle identifier; none where it does not run. */
  windowsOf(bundle: string): UiElement[];
  /** The one window of the app, with nothing in the way; undefined while there is none. */
  mainWindow(): UiElement | undefined;
  /** Presses a key by its code. */
  key(code: number): void;
  openLink(url: string): void;
  menuBarItems(): UiElement[];
}

declare function screenUi(app: { bundle?: string; closed?: string[] }): ScreenUi;

/** What messages-ui.js gives; its links are the part after `imessage://open?`. */
interface MessagesUi extends ScreenUi {
  /** Closes what is open over the transcript. */
  escape(): void;
  /** What Messages calls it: in the language of this Mac, and in English. */
  words(key: string): string[];
  /** What to throw where something is not there by its words: the code, where the words of this Mac are known at all. */
  notOffered(key: string, code: string): Error;
  /** Whether a bubble offers an action by what it is called. */
  offers(bubble: UiElement, words: string[]): boolean;
  /** Performs an action of a bubble by what it is called; false where it is not offered. */
  perform(bubble: UiElement, words: string[]): boolean;
  /** Presses an item of a bubble's menu, by identifier or by what it is called; false where there is none. */
  pressMenuItem(bubble: UiElement, identifiers: string[], words: string[]): boolean;
  /** Selects a message by a link to it and returns its bubble, once it surely is that one. */
  openMessage(conversation: UiConversation, target: UiTarget): UiElement;
  openConversation(conversation: UiConversation, anchor: UiTarget | undefined): void;
  /** Addresses of the recipients of a new message. */
  recipients(): string[];
  /** The field for the message; refuses where somebody's draft is in it. */
  emptyField(): UiElement;
  /** Writes a text into the empty field, exactly, and puts the cursor there. */
  write(text: string): UiElement;
  /** Presses Return in the field and waits until it is empty. */
  sendWritten(): void;
}

/** What every one of these programs is given beside its act. */
interface UiInput {
  /** Texts that acts before this one may have left in a field, by length and beginning. */
  drafts: { length: number; start: string }[];
}

declare function messagesUi(input: UiInput): MessagesUi;
