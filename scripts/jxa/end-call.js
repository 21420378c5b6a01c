/**
 * Hangs up in the window of FaceTime. A call that the Phone app holds, as audio calls on macOS 26, has no button that is
 * known to end it.
 *
 * @param {{ ringing?: boolean }} input `ringing`: only a call whose window says that it still rings
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = callsUi();
  return ui.run(() => {
    ui.step('find');
    const { leave, ringing } = ui.callButtons();
    const button = input.ringing ? ringing : leave || ringing;
    if (!button && !input.ringing && ui.phoneBusy()) throw ui.refusal('unsupported_on_macos');
    if (!button) return false;
    ui.step('press');
    ui.begin();
    ui.press(button, 'AXPress');
    const gone = ui.until(() => {
      const still = ui.callButtons();
      return still.leave || still.ringing ? undefined : true;
    }, 5);
    if (!gone) throw ui.refusal('ui_not_recognised');
    return true;
  });
}
