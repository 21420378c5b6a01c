/**
 * What programs need that work on windows: whether the screen can be worked with at all, elements and how they are
 * found, and what becomes of an act that fails.
 *
 * @param {{ bundle?: string, closed?: string[] }} app `bundle`: the one app that is worked with, which is brought to the
 *   front and must have one window; left out where windows of several are looked at. `closed`: identifiers of elements
 *   whose insides are many and not what is searched for
 * @returns {ScreenUi}
 */
function screenUi({ bundle, closed = [] }) {
  const MOST_ELEMENTS = 400;

  const events = Application('System Events');
  let current = 'start';
  let begun = false;
  /** @type {(() => void)[]} */
  const undoing = [];
  /** @type {UiProcess | undefined} */
  let app;

  return {
    run,
    step,
    refusal,
    undo: (action) => {
      undoing.push(action);
    },
    begin,
    until,
    read,
    mainWindow,
    windowsOf,
    find,
    findIn,
    byId,
    byDescription: (words) => find((element) => words.includes(String(read(element, 'AXDescription')))),
    press,
    key: (code) => events.keyCode(code),
    openLink,
    menuBarItems: () => process().menuBars()[0].uiElements(),
  };

  /**
   * @param {() => boolean | object} body
   * @returns {UiOutcome}
   */
  function run(body) {
    try {
      prepare();
      return ended(body());
    } catch (error) {
      if (!begun) tidy();
      const locked = begun ? undefined : sessionTrouble();
      if (locked) return { ok: false, step: current, code: locked };
      const thrown = /** @type {Error & { code?: string }} */ (error);
      if (thrown.code) return { ok: false, step: current, code: thrown.code };
      return { ok: false, step: current, errorNumber: numberOf(error) };
    }
  }

  /**
   * What was not found may be there: a screen that was locked meanwhile shows no windows.
   *
   * @param {boolean | object} done
   * @returns {UiOutcome}
   */
  function ended(done) {
    if (done === true) return { ok: true, step: 'done', changed: true };
    const unseen = sessionTrouble();
    if (unseen) throw refusal(unseen);
    const value = typeof done === 'object' ? { value: done } : {};
    return Object.assign({ ok: true, step: 'done', changed: false }, value);
  }

  function tidy() {
    for (const action of undoing.reverse()) {
      try {
        action();
      } catch (error) {
        // What cannot be tidied up is found in the way by the next act, which then refuses.
        numberOf(error);
      }
    }
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
    begun = true;
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

  /**
   * Undefined where the element has no such attribute.
   *
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

  /** Why nothing can be done at the screen now; a screen that is locked meanwhile shows no windows. */
  function sessionTrouble() {
    ObjC.import('CoreGraphics');
    const session = /** @type {Record<string, unknown> | undefined} */ (
      ObjC.deepUnwrap(ObjC.castRefToObject($.CGSessionCopyCurrentDictionary()))
    );
    if (!session?.kCGSSessionOnConsoleKey) return 'no_console_session';
    return session.CGSSessionScreenIsLocked ? 'screen_locked' : undefined;
  }

  function prepare() {
    current = 'session';
    const trouble = sessionTrouble();
    if (trouble) throw refusal(trouble);
    current = 'accessibility';
    ObjC.import('ApplicationServices');
    if (!$.AXIsProcessTrusted()) throw refusal('accessibility_denied');
    if (bundle === undefined) return;
    current = 'window';
    const found = processesOf(bundle);
    if (found.length === 0) throw refusal('messages_not_running');
    if (found.length > 1) throw refusal('ui_locked');
    app = found[0];
    app.frontmost = true;
    if (process().windows().length > 1) throw refusal('ui_locked');
  }

  /** @param {string} wanted */
  function processesOf(wanted) {
    return events.processes.whose({ bundleIdentifier: wanted })();
  }

  /** @param {string} wanted */
  function windowsOf(wanted) {
    return processesOf(wanted).flatMap((one) => one.windows());
  }

  /** @returns {UiProcess} */
  function process() {
    if (!app) throw refusal('messages_not_running');
    return app;
  }

  /** The one window, with nothing in the way. */
  function mainWindow() {
    const windows = process().windows();
    if (windows.length === 0) return undefined;
    if (windows.length > 1) throw refusal('ui_locked');
    const inTheWay = windows[0].uiElements().some((element) => read(element, 'AXRole') === 'AXSheet');
    if (inTheWay) throw refusal('ui_locked');
    return windows[0];
  }

  /** @param {string} wanted */
  function byId(wanted) {
    return find((_element, identifier) => identifier === wanted);
  }

  /**
   * @param {(element: UiElement, identifier: unknown) => boolean} test
   * @returns {UiElement | undefined}
   */
  function find(test) {
    const root = mainWindow();
    return root ? findIn(root.uiElements(), test) : undefined;
  }

  /**
   * @param {UiElement[]} roots
   * @param {(element: UiElement, identifier: unknown) => boolean} test
   * @returns {UiElement | undefined}
   */
  function findIn(roots, test) {
    const waiting = [...roots];
    for (let seen = 0; seen < waiting.length; seen += 1) {
      if (seen >= MOST_ELEMENTS) throw refusal('ui_not_recognised');
      const element = waiting[seen];
      const identifier = read(element, 'AXIdentifier');
      if (test(element, identifier)) return element;
      if (!closed.includes(String(identifier))) waiting.push(...element.uiElements());
    }
    return undefined;
  }

  /**
   * @param {UiElement} element
   * @param {string} [action]
   */
  function press(element, action = 'AXPress') {
    element.actions.byName(action).perform();
  }

  /** @param {string} url */
  function openLink(url) {
    const application = Application.currentApplication();
    application.includeStandardAdditions = true;
    application.openLocation(url);
  }
}
