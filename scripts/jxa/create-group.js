/**
 * Makes a group by writing to several people at once. Nothing is written unless exactly they are addressed, and all by
 * iMessage.
 *
 * @param {UiInput & { participants: string[], text: string }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = messagesUi(input);
  return ui.run(() => {
    ui.step('open');
    ui.openLink(`addresses=${input.participants.map(encodeURIComponent).join(',')}`);
    ui.step('recipients');
    const wanted = [...input.participants].sort().join(' ');
    const addressed = ui.until(() => (ui.recipients().sort().join(' ') === wanted ? true : undefined), 5);
    if (!addressed) throw ui.refusal('wrong_conversation');
    const field = ui.until(iMessageField, 5);
    if (!field) throw ui.notOffered('MADRID', 'recipient_not_imessage');
    ui.write(input.text);
    if (!iMessageField()) throw ui.notOffered('MADRID', 'recipient_not_imessage');
    ui.sendWritten();
    return true;
  });

  /** The field, while it says that the message leaves by iMessage. */
  function iMessageField() {
    const field = ui.byId('messageBodyField');
    if (!field) return undefined;
    return ui.words('MADRID').includes(String(ui.read(field, 'AXDescription'))) ? field : undefined;
  }
}
