/**
 * Hangs up in the window of FaceTime. A call that the Phone app holds, as audio calls on macOS 26, has no button that is
 * known to end it.
 *
 * @returns {UiOutcome}
 */
function main() {
  const ui = callsUi();
  return ui.run(() => {
    ui.step('find');
    const button = ui.leaveButton();
    if (!button && ui.phoneBusy()) throw ui.refusal('unsupported_on_macos');
    if (!button) return false;
    ui.step('press');
    ui.begin();
    ui.press(button);
    const gone = ui.until(() => (ui.leaveButton() ? undefined : true), 5);
    if (!gone) throw ui.refusal('ui_not_recognised');
    return true;
  });
}
