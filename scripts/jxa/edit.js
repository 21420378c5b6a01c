/**
 * Gives an own message another text.
 *
 * @param {UiInput & { conversation: UiConversation, target: UiTarget, text: string }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = messagesUi(input);
  return ui.run(() => {
    if (input.text === input.target.text) return false;
    const bubble = ui.openMessage(input.conversation, input.target);
    ui.step('editor');
    const offered =
      ui.perform(bubble, ui.words('edit.button')) ||
      ui.pressMenuItem(bubble, ['edit'], ui.words('edit.button'));
    if (!offered) throw ui.notOffered('edit.button', 'not_editable');
    const confirm = ui.until(() => ui.byDescription(ui.words('editing.confirm.button')), 3);
    if (!confirm) throw ui.refusal('ui_not_recognised');
    ui.undo(() => {
      const cancel = ui.byDescription(ui.words('editing.reject.button'));
      if (cancel) ui.press(cancel);
    });
    ui.step('write');
    const field = ui.find(isEditor);
    if (!field) throw ui.refusal('ui_not_recognised');
    field.attributes.byName('AXValue').value = input.text;
    if (ui.read(field, 'AXValue') !== input.text) throw ui.refusal('text_not_sendable');
    ui.step('press');
    ui.begin();
    ui.press(confirm);
    ui.step('verify');
    const closed = ui.until(() => (ui.find(isEditor) ? undefined : true), 3);
    if (!closed) throw ui.refusal('act_failed');
    return true;
  });

  /**
   * A field that is not the one for messages and holds the text before or after.
   *
   * @param {UiElement} element
   */
  function isEditor(element) {
    if (!['AXTextField', 'AXTextArea'].includes(String(ui.read(element, 'AXRole')))) return false;
    if (ui.read(element, 'AXIdentifier') === 'messageBodyField') return false;
    return [input.target.text, input.text].includes(String(ui.read(element, 'AXValue')));
  }
}
