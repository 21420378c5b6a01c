/**
 * Tells what the screen shows of a call, and touches nothing.
 *
 * @returns {UiOutcome}
 */
function main() {
  const ui = callsUi();
  return ui.run(() => {
    ui.step('look');
    return {
      joined: ui.leaveButton() !== undefined,
      ringing: ui.ringingButton() !== undefined,
      phone: ui.phoneBusy(),
    };
  });
}
