/**
 * Marks a conversation as read by the menu. Its item says what it would do, and can be chosen only while Messages is in
 * front.
 *
 * @param {UiInput & { conversation: UiConversation, anchor?: UiTarget }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const MOST_ITEMS = 60;
  const ui = messagesUi(input);
  return ui.run(() => {
    ui.openConversation(input.conversation, input.anchor);
    ui.step('menu');
    const found = ui.until(menuItem, 3);
    if (!found) throw ui.refusal('ui_not_recognised');
    if (!found.unread) return false;
    ui.step('press');
    ui.begin();
    ui.press(found.item);
    ui.step('verify');
    const done = ui.until(() => (menuItem()?.unread === false ? true : undefined), 3);
    if (!done) throw ui.refusal('act_failed');
    return true;
  });

  function menuItem() {
    const unread = ui.words('MARK_AS_READ');
    const read = ui.words('MARK_AS_UNREAD');
    for (const item of ui.menuBarItems().flatMap(itemsOf)) {
      const title = String(ui.read(item, 'AXTitle'));
      const known = unread.includes(title) || read.includes(title);
      if (known && ui.read(item, 'AXEnabled') === true) return { item: item, unread: unread.includes(title) };
    }
    return undefined;
  }

  /**
   * @param {UiElement} bar
   * @returns {UiElement[]}
   */
  function itemsOf(bar) {
    const menu = bar.uiElements()[0];
    return menu ? menu.uiElements().slice(0, MOST_ITEMS) : [];
  }
}
