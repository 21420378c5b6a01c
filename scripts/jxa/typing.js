/**
 * Shows or hides the typing dots: they show while something stands in the field, and a blank is never sent.
 *
 * @param {UiInput & { conversation: UiConversation, anchor?: UiTarget, state: 'on' | 'off' }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const BLANK = ' ';
  const ui = messagesUi(input);
  return ui.run(() => {
    ui.openConversation(input.conversation, input.anchor);
    ui.step('write');
    const field = ui.emptyField();
    const wanted = input.state === 'on' ? BLANK : '';
    if (input.state === 'off' && (ui.read(field, 'AXValue') || '') === '') return false;
    ui.begin();
    if (input.state === 'on') ui.openLink(`${address()}&body=${encodeURIComponent(BLANK)}`);
    else field.attributes.byName('AXValue').value = '';
    ui.step('verify');
    const shown = ui.until(() => {
      const now = ui.byId('messageBodyField');
      return now && (ui.read(now, 'AXValue') || '') === wanted ? true : undefined;
    }, 3);
    if (!shown) throw ui.refusal('act_failed');
    return true;
  });

  function address() {
    const name = encodeURIComponent(input.conversation.identifier);
    return input.conversation.kind === 'group' ? `groupid=${name}` : `address=${name}`;
  }
}
