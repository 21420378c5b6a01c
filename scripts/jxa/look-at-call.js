/**
 * Tells what the screen shows of a call, and touches nothing.
 *
 * @returns {UiOutcome}
 */
function main() {
  const ui = callsUi();
  return ui.run(() => {
    ui.step('look');
    const { leave, ringing } = ui.callButtons();
    return { joined: leave !== undefined, ringing: ringing !== undefined, phone: ui.phoneBusy() };
  });
}
