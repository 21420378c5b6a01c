/** What calls-ui.js gives to the programs that place and end calls. */

interface CallPrompt {
  /** What to press; undefined where the prompt shows nothing that could be pressed. */
  element: UiElement | undefined;
  action: string;
}

interface CallButtons {
  /** Of a call that is joined; on releases after macOS 12 perhaps of one that still rings, too. */
  leave: UiElement | undefined;
  /** Of a call that still rings, where the window says so. */
  ringing: UiElement | undefined;
}

interface CallsUi extends ScreenUi {
  prompt(): CallPrompt | undefined;
  /** Says no to the prompt of a call to one of these handles; false where none is seen to be. */
  dismiss(handles: string[]): boolean;
  /** The buttons of FaceTime that end a call; one of them at most. */
  callButtons(): CallButtons;
  /** Whether the Phone app holds a call, or asks for one. */
  phoneBusy(): boolean;
}

declare function callsUi(): CallsUi;
