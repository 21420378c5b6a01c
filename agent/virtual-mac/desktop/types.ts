/** A named action of an element: `AXPress` and its like, or one of the app's own, whose name begins with `Name:`. */
export interface UiAction {
  name: string;
  /** What System Events shows: the words for a person. */
  description: string;
  perform(): void;
}

/** An element of a window as Accessibility shows it. Made anew for every look, so that it is never out of date. */
export interface UiNode {
  role: string;
  identifier?: string;
  title?: string;
  description?: string;
  value?: string | boolean;
  enabled?: boolean;
  selected?: boolean;
  focused?: boolean;
  actions?: readonly UiAction[];
  children?: readonly UiNode[];
  /** Takes a new AXValue. */
  setValue?(value: string): void;
  focus?(): void;
}

/** A key as System Events presses it. */
export interface Key {
  /** Virtual key code, or the character. */
  key: number | string;
  using: readonly string[];
}

/** A process with windows. */
export interface UiProcess {
  name: string;
  bundleId: string;
  windows(): readonly UiNode[];
  /** Items of its menu bar. */
  menus?(active: boolean): readonly UiNode[];
  /** A key that it gets while it is in front. */
  press?(key: Key): void;
  /** Opens a URL that is its to open; false where it is not. */
  open?(url: URL): boolean;
  /** Closes its window. */
  close?(): void;
}

/** Anything that can be pressed. */
export const press = (perform: () => void): UiAction => ({
  name: 'AXPress',
  description: 'press',
  perform,
});

/** An action of the app's own, as Accessibility names it. */
export const custom = (words: string, perform: () => void): UiAction => ({
  name: `Name:${words}\nTarget:0x0\nSelector:(null)`,
  description: words,
  perform,
});
