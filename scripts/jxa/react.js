/**
 * Puts the own tapback on a message, or takes it away. Choosing one that stands takes it away, so what stands is read
 * first: from the picker where there is one, otherwise it is what chat.db says.
 *
 * @param {UiInput & {
 *   conversation: UiConversation,
 *   target: UiTarget,
 *   reaction: 'love' | 'like' | 'dislike' | 'laugh' | 'emphasize' | 'question',
 *   action: 'add' | 'remove',
 *   standing: string | null,
 * }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const BUTTONS = {
    love: { identifier: 'heart', words: 'Heart' },
    like: { identifier: 'thumbsUp', words: 'Thumbs up' },
    dislike: { identifier: 'thumbsDown', words: 'Thumbs down' },
    laugh: { identifier: 'ha', words: 'Ha ha!' },
    emphasize: { identifier: 'exclamation', words: 'Exclamation mark' },
    question: { identifier: 'questionMark', words: 'Question mark' },
  };
  const ui = messagesUi(input);
  return ui.run(() => {
    const { identifier, words } = BUTTONS[input.reaction];
    const wanted = input.action === 'add';
    const bubble = ui.openMessage(input.conversation, input.target);
    ui.step('picker');
    const opened = ui.perform(bubble, [...ui.words('acknowledgments.action.title'), 'Tapback Details…']);
    return opened ? choose(identifier, wanted) : toggle(bubble, words, wanted);
  });

  /**
   * @param {string} identifier
   * @param {boolean} wanted
   */
  function choose(identifier, wanted) {
    const button = ui.until(() => pickerButton(identifier), 3);
    if (!button) throw ui.refusal('ui_not_recognised');
    if (isSelected(button) === wanted) {
      ui.escape();
      return false;
    }
    ui.step('press');
    ui.begin();
    ui.press(button);
    ui.step('verify');
    const done = ui.until(() => {
      const still = pickerButton(identifier);
      return still === undefined || isSelected(still) === wanted ? true : undefined;
    }, 3);
    if (!done) throw ui.refusal('act_failed');
    return true;
  }

  /** @param {string} identifier */
  function pickerButton(identifier) {
    const picker = ui.byId('TapbackPickerCollectionView');
    return picker?.uiElements().find((element) => ui.read(element, 'AXIdentifier') === identifier);
  }

  /** @param {UiElement} button */
  function isSelected(button) {
    return ui.read(button, 'AXSelected') === true;
  }

  /**
   * @param {UiElement} bubble
   * @param {string} words
   * @param {boolean} wanted
   */
  function toggle(bubble, words, wanted) {
    if ((input.standing === input.reaction) === wanted) return false;
    if (!ui.offers(bubble, [words])) throw ui.refusal('ui_not_recognised');
    ui.step('press');
    ui.begin();
    ui.perform(bubble, [words]);
    return true;
  }
}
