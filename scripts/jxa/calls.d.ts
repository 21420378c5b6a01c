/** What calls-ui.js gives to the programs that place and end calls. */

interface CallPrompt {
  /** What to press; undefined where the prompt shows nothing that could be pressed. */
  element: UiElement | undefined;
  action: string;
}

interface CallsUi {
  /** Runs the body of a program, which returns whether it changed something. */
  run(body: () => boolean): UiOutcome;
  /** Names what is being done, for the case that it fails. */
  step(name: string): void;
  /** What to throw to end with one of our codes. */
  refusal(code: string): Error;
  /** Says that from here on the act may have happened. */
  begin(): void;
  /** Tries until it gives something, for some seconds. */
  until<T>(look: () => T | undefined, seconds: number): T | undefined;
  open(url: string): void;
  prompt(): CallPrompt | undefined;
  leaveButton(): UiElement | undefined;
  phoneBusy(): boolean;
  press(element: UiElement, action: string): void;
}

declare function callsUi(): CallsUi;
