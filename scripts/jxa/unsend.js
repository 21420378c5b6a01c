/**
 * Takes an own message back.
 *
 * @param {UiInput & { conversation: UiConversation, target: UiTarget }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = messagesUi(input);
  return ui.run(() => {
    const bubble = ui.openMessage(input.conversation, input.target);
    ui.step('press');
    const words = ui.words('UNDO_SEND_ACTION');
    if (!ui.offers(bubble, words)) throw ui.notOffered('UNDO_SEND_ACTION', 'not_editable');
    ui.begin();
    ui.perform(bubble, words);
    return true;
  });
}
