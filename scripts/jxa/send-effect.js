/**
 * Sends a text with an effect. The button that sends says which effect it sends with: it is pressed only when that is
 * the one. The words are known in English only.
 *
 * @param {UiInput & { conversation: UiConversation, anchor?: UiTarget, text: string, effect: string }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const NAMES = {
    slam: 'Slam',
    loud: 'Loud',
    gentle: 'Gentle',
    invisibleInk: 'Invisible Ink',
    echo: 'Echo',
    spotlight: 'Spotlight',
    balloons: 'Balloons',
    confetti: 'Confetti',
    love: 'Love',
    lasers: 'Lasers',
    fireworks: 'Fireworks',
    shootingStar: 'Shooting Star',
    celebration: 'Celebration',
  };
  const ui = messagesUi(input);
  return ui.run(() => {
    const name = /** @type {Record<string, string>} */ (NAMES)[input.effect];
    ui.openConversation(input.conversation, input.anchor);
    ui.write(input.text);
    ui.step('effects');
    ui.press(found(ui.byDescription(['add', 'Apps'])));
    ui.undo(ui.escape);
    ui.press(found(ui.until(() => ui.find(isEffectsItem), 3)));
    ui.press(found(ui.until(() => ui.byDescription([`Effect: ${name}`]), 3)));
    const button = found(ui.until(() => ui.byId('sendButton'), 3));
    const words = String(ui.read(button, 'AXDescription')).toLowerCase();
    if (words !== `send with ${name.toLowerCase()} effect`) throw ui.refusal('ui_not_recognised');
    ui.step('press');
    ui.begin();
    ui.press(button);
    ui.step('verify');
    const gone = ui.until(() => (ui.byId('sendButton') ? undefined : true), 5);
    if (!gone) throw ui.refusal('act_failed');
    return true;
  });

  /** @param {UiElement} element */
  function isEffectsItem(element) {
    return ui.read(element, 'AXTitle') === 'Message Effects';
  }

  /**
   * @param {UiElement | undefined} element
   * @returns {UiElement}
   */
  function found(element) {
    if (!element) throw ui.refusal('ui_not_recognised');
    return element;
  }
}
