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
  const { read, findIn, windowsOf } = screen;

  return {
    ...screen,
    prompt,
    leaveButton,
    ringingButton,
    phoneBusy,
  };

  /**
   * The first element of an app's windows, from the top, that passes.
   *
   * @param {string} bundle
   * @param {(element: UiElement) => boolean} test
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

  function phoneBusy() {
    return findOf(PHONE, (element) => labels(element).includes('communication audio')) !== undefined;
  }

  /** The button that ends a call in the window of FaceTime. */
  function leaveButton() {
    return button(['leaveButton']);
  }

  /** The button that ends a call which still rings; undefined where the window does not say so. */
  function ringingButton() {
    return leaveButton() ? undefined : button(ENDS_RINGING);
  }

  /** @param {string[]} wanted */
  function button(wanted) {
    return findOf(
      FACETIME,
      (element) =>
        read(element, 'AXRole') === 'AXButton' && labels(element).some((label) => wanted.includes(label)),
    );
  }
}
