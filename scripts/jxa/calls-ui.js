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
  const MOST_ELEMENTS = 300;
  /** What the prompt of macOS 26 is called where it shows nothing of itself. */
  const BANNERS = ['FACETIME_NOTIFICATION', 'AXNotificationCenterBanner'];
  const events = Application('System Events');
  let current = 'start';

  return {
    run,
    step,
    refusal,
    begin,
    until,
    open,
    prompt,
    leaveButton,
    phoneBusy,
    press,
  };

  /**
   * @param {() => boolean} body
   * @returns {UiOutcome}
   */
  function run(body) {
    try {
      prepare();
      const changed = body();
      return { ok: true, step: 'done', changed: changed };
    } catch (error) {
      const thrown = /** @type {Error & { code?: string }} */ (error);
      if (thrown.code) return { ok: false, step: current, code: thrown.code };
      return { ok: false, step: current, errorNumber: numberOf(error) };
    }
  }

  function prepare() {
    current = 'session';
    ObjC.import('CoreGraphics');
    const session = /** @type {Record<string, unknown> | undefined} */ (
      ObjC.deepUnwrap(ObjC.castRefToObject($.CGSessionCopyCurrentDictionary()))
    );
    if (!session?.kCGSSessionOnConsoleKey) throw refusal('no_console_session');
    if (session.CGSSessionScreenIsLocked) throw refusal('screen_locked');
    current = 'accessibility';
    ObjC.import('ApplicationServices');
    if (!$.AXIsProcessTrusted()) throw refusal('accessibility_denied');
  }

  /** @param {string} name */
  function step(name) {
    current = name;
  }

  /** @param {string} code */
  function refusal(code) {
    return Object.assign(new Error(code), { code: code });
  }

  function begin() {
    console.log('bluerelay:sending');
  }

  /** @param {unknown} error */
  function numberOf(error) {
    const thrown = /** @type {AppleEventError} */ (error);
    if (typeof thrown.errorNumber === 'number') return thrown.errorNumber;
    const match = /\((-?\d+)\)\s*$/.exec(String(thrown.message));
    return match ? Number(match[1]) : -2700;
  }

  /**
   * A look may meet a tree that is changing: it is taken again.
   *
   * @template T
   * @param {() => T | undefined} look
   * @param {number} seconds
   * @returns {T | undefined}
   */
  function until(look, seconds) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      try {
        const found = look();
        if (found !== undefined) return found;
      } catch (error) {
        if (numberOf(error) !== -1719 || Date.now() >= end) throw error;
      }
      if (Date.now() >= end) return undefined;
      delay(0.1);
    }
  }

  /** @param {string} url */
  function open(url) {
    const app = Application.currentApplication();
    app.includeStandardAdditions = true;
    app.openLocation(url);
  }

  /**
   * The first element of an app's windows, from the top, that passes.
   *
   * @param {string} bundle
   * @param {(element: UiElement) => boolean} test
   */
  function find(bundle, test) {
    const waiting = events.processes
      .whose({ bundleIdentifier: bundle })()
      .flatMap((one) => one.windows());
    for (let seen = 0; seen < waiting.length; seen += 1) {
      if (seen >= MOST_ELEMENTS) throw refusal('ui_not_recognised');
      if (test(waiting[seen])) return waiting[seen];
      waiting.push(...waiting[seen].uiElements());
    }
    return undefined;
  }

  /** @param {UiElement} element */
  function labels(element) {
    return ['AXIdentifier', 'AXSubrole', 'AXDescription', 'AXTitle'].map((name) =>
      String(read(element, name)),
    );
  }

  /**
   * @param {UiElement} element
   * @param {string} attribute
   */
  function read(element, attribute) {
    try {
      return /** @type {() => unknown} */ (element.attributes.byName(attribute).value)();
    } catch (error) {
      if (numberOf(error) === -1728 || numberOf(error) === -1700) return undefined;
      throw error;
    }
  }

  /** What asks whether to call: how to say yes, or that it shows nothing that could be pressed. */
  function prompt() {
    const action = { name: '' };
    const found = find(NOTIFICATIONS, (element) => {
      const isButton = read(element, 'AXRole') === 'AXButton' && labels(element).includes('Call');
      const named = element.actions().find((one) => /^Name:Call\n/.test(`${one.name()}\n`));
      action.name = named ? named.name() : 'AXPress';
      return isButton || named !== undefined;
    });
    if (found) return { element: found, action: action.name };
    const banner = find(NOTIFICATIONS, (element) => BANNERS.some((name) => labels(element).includes(name)));
    return banner || phoneBusy() ? { element: undefined, action: '' } : undefined;
  }

  function phoneBusy() {
    return find(PHONE, (element) => labels(element).includes('communication audio')) !== undefined;
  }

  /** The button that ends a call in the window of FaceTime. */
  function leaveButton() {
    return find(
      FACETIME,
      (element) => read(element, 'AXRole') === 'AXButton' && labels(element).includes('leaveButton'),
    );
  }

  /**
   * @param {UiElement} element
   * @param {string} action
   */
  function press(element, action) {
    element.actions.byName(action).perform();
  }
}
