/** What calls-ui.js gives to the programs that place and end calls. */

interface CallPrompt {
  /** What to press; undefined where the prompt shows nothing that could be pressed. */
  element: UiElement | undefined;
  action: string;
}

interface CallsUi extends ScreenUi {
  prompt(): CallPrompt | undefined;
  leaveButton(): UiElement | undefined;
  /** The button that ends a call which still rings; undefined where the window does not say that it rings. */
  ringingButton(): UiElement | undefined;
  /** Whether the Phone app holds a call, or asks for one. */
  phoneBusy(): boolean;
}

declare function callsUi(): CallsUi;
