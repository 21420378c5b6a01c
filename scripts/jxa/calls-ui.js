/**
 * What the programs that place and end calls have in common. Where the prompt of a call stands in the tree differs with
 * every release, so that it is searched for by identifier, role and description; what is not found as expected ends
 * the act before anything happens.
 *
 * @returns {CallsUi}
 */
function callsUi() {
  const NOTIFICATIONS = 'com.apple.notificationcenterui';
  const PHONE = 'com.apple.mobilephone';
  const FACETIME = 'com.apple.FaceTime';
  /** What the prompt of macOS 26 is called where it shows nothing of itself. */
  const BANNERS = ['FACETIME_NOTIFICATION', 'AXNotificationCenterBanner'];
  /** What the button that ends a call is called while it rings: English, French and Japanese, as seen on macOS 12. */
  const ENDS_RINGING = ['End', 'Raccrocher', '終了'];

  const screen = screenUi({});
  const { read, findIn, windowsOf, press } = screen;

  return {
    ...screen,
    prompt,
    dismiss,
    callButtons,
    phoneBusy,
  };

  /**
   * The first element of an app's windows, from the top, that passes.
   *
   * @param {string} bundle
   * @param {(element: UiElement, identifier: unknown) => boolean} test
   */
  function findOf(bundle, test) {
    return findIn(windowsOf(bundle), test);
  }

  /** @param {UiElement} element */
  function labels(element) {
    return ['AXIdentifier', 'AXSubrole', 'AXDescription', 'AXTitle'].map((name) =>
      String(read(element, name)),
    );
  }

  /** What asks whether to call: how to say yes, or that it shows nothing that could be pressed. */
  function prompt() {
    const action = { name: '' };
    const found = findOf(NOTIFICATIONS, (element) => {
      const isButton = read(element, 'AXRole') === 'AXButton' && labels(element).includes('Call');
      const named = element.actions().find((one) => /^Name:Call\n/.test(`${one.name()}\n`));
      action.name = named ? named.name() : 'AXPress';
      return isButton || named !== undefined;
    });
    if (found) return { element: found, action: action.name };
    const banner = findOf(NOTIFICATIONS, (element) => BANNERS.some((name) => labels(element).includes(name)));
    return banner || phoneBusy() ? { element: undefined, action: '' } : undefined;
  }

  /**
   * Says no to a prompt that shows one of these handles beside its buttons; any other is left as it is.
   *
   * @param {string[]} handles
   */
  function dismiss(handles) {
    const found = findOf(NOTIFICATIONS, (element) => {
      const inside = element.uiElements();
      if (!inside.some((one) => shows(one, handles))) return false;
      const named = element.actions().find((one) => /^Name:Cancel\n/.test(`${one.name()}\n`));
      const button = inside.find(
        (one) => read(one, 'AXRole') === 'AXButton' && labels(one).includes('Cancel'),
      );
      if (named) press(element, named.name());
      else if (button) press(button);
      return named !== undefined || button !== undefined;
    });
    return found !== undefined;
  }

  /**
   * @param {UiElement} element
   * @param {string[]} handles
   */
  function shows(element, handles) {
    return ['AXValue', 'AXDescription'].some((name) => handles.includes(String(read(element, name))));
  }

  function phoneBusy() {
    return findOf(PHONE, (element) => labels(element).includes('communication audio')) !== undefined;
  }

  /**
   * The buttons that end a call in the windows of FaceTime: `leave` of one that is joined, `ringing` of one that still
   * rings, where the window says so. One walk, for every look at an element takes its time.
   *
   * @returns {CallButtons}
   */
  function callButtons() {
    /** @type {CallButtons} */
    const found = { leave: undefined, ringing: undefined };
    findOf(FACETIME, (element, identifier) => {
      if (read(element, 'AXRole') !== 'AXButton') return false;
      if (identifier === 'leaveButton') found.leave = element;
      else if (!found.ringing && isNamed(element, ENDS_RINGING)) found.ringing = element;
      return found.leave !== undefined;
    });
    return found.leave ? { leave: found.leave, ringing: undefined } : found;
  }

  /**
   * @param {UiElement} element
   * @param {string[]} words
   */
  function isNamed(element, words) {
    return ['AXTitle', 'AXDescription'].some((name) => words.includes(String(read(element, name))));
  }
}
