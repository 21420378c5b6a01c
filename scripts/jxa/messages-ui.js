/**
 * What the programs that work on the windows of Messages have in common. Elements are found by identifier, words only
 * where there is none; whatever is not found as expected ends the act before anything happens.
 *
 * @param {{ drafts: { length: number, start: string }[] }} input texts that acts before this one may have left in a field
 * @returns {MessagesUi}
 */
function messagesUi({ drafts }) {
  const FRAMEWORKS = '/System/iOSSupport/System/Library/';
  const CHATKIT = `${FRAMEWORKS}PrivateFrameworks/ChatKit.framework`;
  const CHATKIT_AX = `${FRAMEWORKS}AccessibilityBundles/ChatKitFramework.axbundle`;
  /** Elements whose insides are many and not what is searched for. */
  const CLOSED = ['ConversationList', 'CKConversationListCollectionView', 'TranscriptCollectionView'];
  const MOST_BUBBLES = 200;
  const RETURN = 36;
  const ESCAPE = 53;
  /** English words by the keys of ChatKit's tables. */
  const ENGLISH = {
    MADRID: 'iMessage',
    MARK_AS_READ: 'Mark as Read',
    MARK_AS_UNREAD: 'Mark as Unread',
    UNDO_SEND_ACTION: 'Undo Send',
    INLINE_REPLY_MENU: 'Reply…',
    'acknowledgments.action.title': 'React',
    'balloon.message.reply': 'Reply',
    'edit.button': 'Edit',
    'editing.confirm.button': 'Send edit',
    'editing.reject.button': 'Cancel edit',
  };

  const screen = screenUi({ bundle: 'com.apple.MobileSMS', closed: CLOSED });
  const { refusal, step, undo, begin, until, read, mainWindow, find, byId, press, key } = screen;

  return {
    ...screen,
    escape: () => key(ESCAPE),
    words,
    notOffered,
    offers: (bubble, wanted) => actionOf(bubble, wanted) !== undefined,
    perform,
    pressMenuItem,
    openMessage,
    openConversation,
    openLink,
    recipients,
    emptyField,
    write,
    sendWritten,
  };

  /** @param {string} key */
  function words(key) {
    const english = /** @type {Record<string, string | undefined>} */ (ENGLISH)[key];
    return english ? [...localWords(key), english] : localWords(key);
  }

  /**
   * What the bundles of Messages call it in the language of this Mac; none where they do not tell.
   *
   * @param {string} key
   */
  function localWords(key) {
    const plain = /^[A-Z_]+$/.test(key);
    const bundle = $.NSBundle.bundleWithPath(plain ? CHATKIT : CHATKIT_AX);
    const local = bundle.localizedStringForKeyValueTable(key, '', plain ? 'ChatKit' : 'Accessibility').js;
    return typeof local === 'string' && local !== '' && local !== key ? [local] : [];
  }

  /**
   * @param {string} key
   * @param {string} code
   */
  function notOffered(key, code) {
    return refusal(localWords(key).length > 0 ? code : 'ui_not_recognised');
  }

  /**
   * @param {UiElement} bubble
   * @param {string[]} wanted
   */
  function actionOf(bubble, wanted) {
    return bubble.actions().find((action) => {
      const name = /^Name:([^\n]*)/.exec(action.name());
      return wanted.includes(name ? name[1] : action.description());
    });
  }

  /**
   * @param {UiElement} bubble
   * @param {string[]} wanted
   */
  function perform(bubble, wanted) {
    const offered = actionOf(bubble, wanted);
    if (offered) offered.perform();
    return offered !== undefined;
  }

  /**
   * @param {UiElement} bubble
   * @param {string[]} identifiers
   * @param {string[]} wanted
   */
  function pressMenuItem(bubble, identifiers, wanted) {
    if (!bubble.actions().some((action) => action.name() === 'AXShowMenu')) return false;
    press(bubble, 'AXShowMenu');
    undo(() => key(ESCAPE));
    const menu = until(() => find((element) => read(element, 'AXRole') === 'AXMenu'), 2);
    const item = menu?.uiElements().find((element) => {
      const title = read(element, 'AXTitle');
      return identifiers.includes(String(read(element, 'AXIdentifier'))) || wanted.includes(String(title));
    });
    if (item) press(item);
    else key(ESCAPE);
    return item !== undefined;
  }

  /** @param {string} query */
  function openLink(query) {
    screen.openLink(`imessage://open?${query}`);
    // A message that was selected before must not be taken for the one that is to be.
    delay(0.3);
  }

  /**
   * @param {UiConversation} conversation
   * @param {UiTarget} target
   */
  function openMessage(conversation, target) {
    step('open');
    openLink(`message-guid=${encodeURIComponent(target.guid)}`);
    step('select');
    const bubble = until(selectedBubble, 5);
    if (!bubble) throw refusal('wrong_conversation');
    if (read(bubble, 'AXIdentifier') !== 'CKBalloonTextView') throw refusal('not_editable');
    if (plain(read(bubble, 'AXValue')) !== plain(target.text)) throw refusal('wrong_conversation');
    if (namesConversation(conversation) === false) throw refusal('wrong_conversation');
    return bubble;
  }

  /** Letters alone: white space and the sign that stands for a picture differ between the row and the screen. */
  /** @param {unknown} text */
  function plain(text) {
    return String(text).split('\ufffc').join('').split(/\s+/).join(' ').trim();
  }

  function selectedBubble() {
    const transcript = byId('TranscriptCollectionView');
    const cells = transcript ? transcript.uiElements() : [];
    if (cells.length > MOST_BUBBLES) throw refusal('ui_not_recognised');
    const selected = cells
      .map((cell) => cell.uiElements()[0])
      .filter((bubble) => bubble !== undefined && read(bubble, 'AXSelected') === true);
    if (selected.length > 1) throw refusal('ui_not_recognised');
    return selected[0];
  }

  /**
   * Whether the window bears the handle of a direct conversation: undefined where it shows a name, which proves nothing.
   *
   * @param {UiConversation} conversation
   * @returns {boolean | undefined}
   */
  function namesConversation(conversation) {
    const root = mainWindow();
    const title = root ? String(read(root, 'AXTitle')) : '';
    if (conversation.kind === 'group') return undefined;
    if (title.toLowerCase() === conversation.identifier.toLowerCase()) return true;
    if (/^[+\d\s().\u00a0-]+$/.test(title)) return digits(title) === digits(conversation.identifier);
    return /^\S+@\S+$/.test(title) ? false : undefined;
  }

  /** @param {string} text */
  function digits(text) {
    return text.split(/\D/).join('');
  }

  /**
   * @param {UiConversation} conversation
   * @param {UiTarget | undefined} anchor
   */
  function openConversation(conversation, anchor) {
    if (anchor) {
      openMessage(conversation, anchor);
      return;
    }
    if (conversation.kind === 'group') throw refusal('wrong_conversation');
    step('open');
    openLink(`address=${encodeURIComponent(conversation.identifier)}`);
    step('select');
    const shown = until(() => isShown(conversation) || undefined, 5);
    if (!shown) throw refusal('wrong_conversation');
  }

  /** @param {UiConversation} conversation */
  function isShown(conversation) {
    const addressed = recipients();
    if (addressed.length > 0) return addressed.length === 1 && addressed[0] === conversation.identifier;
    return namesConversation(conversation) === true;
  }

  function recipients() {
    /** @type {string[]} */
    const found = [];
    find((element) => {
      if (read(element, 'AXRole') === 'AXPopUpButton') found.push(String(read(element, 'AXDescription')));
      return false;
    });
    return found;
  }

  function emptyField() {
    const field = until(() => byId('messageBodyField'), 3);
    if (!field) throw refusal('ui_not_recognised');
    const draft = String(read(field, 'AXValue') || '');
    if (draft.trim() === '') return field;
    const own = drafts.some(({ length, start }) => draft.length === length && draft.startsWith(start));
    if (!own) throw refusal('ui_locked');
    field.attributes.byName('AXValue').value = '';
    return field;
  }

  /** @param {string} text */
  function write(text) {
    step('write');
    const field = emptyField();
    undo(() => {
      field.attributes.byName('AXValue').value = '';
    });
    field.attributes.byName('AXValue').value = text;
    if (read(field, 'AXValue') !== text) throw refusal('text_not_sendable');
    field.attributes.byName('AXFocused').value = true;
    if (read(field, 'AXFocused') !== true) throw refusal('ui_not_recognised');
    return field;
  }

  function sendWritten() {
    step('send');
    begin();
    key(RETURN);
    step('sent');
    const empty = until(() => {
      const field = byId('messageBodyField');
      return field && String(read(field, 'AXValue') || '') === '' ? true : undefined;
    }, 5);
    if (!empty) throw refusal('act_failed');
  }
}
