/**
 * Writes in the thread of a message. The field is used only once the transcript shows the thread: otherwise the text
 * would go out as a message of its own.
 *
 * @param {UiInput & { conversation: UiConversation, target: UiTarget, text: string }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = messagesUi(input);
  return ui.run(() => {
    const bubble = ui.openMessage(input.conversation, input.target);
    ui.emptyField();
    const before = transcript();
    ui.step('thread');
    const offered =
      ui.perform(bubble, ui.words('balloon.message.reply')) ||
      ui.pressMenuItem(bubble, [], ui.words('INLINE_REPLY_MENU'));
    if (!offered) throw ui.refusal('ui_not_recognised');
    const opened = ui.until(() => (transcript() === before ? undefined : true), 3);
    if (!opened) throw ui.refusal('ui_not_recognised');
    ui.write(input.text);
    ui.sendWritten();
    return true;
  });

  /** What the transcript is called: the thread has another name than the conversation. */
  function transcript() {
    const element = ui.byId('TranscriptCollectionView');
    return element ? ui.read(element, 'AXDescription') : undefined;
  }
}
