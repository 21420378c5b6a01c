/**
 * Places a FaceTime call: opens its URL and says yes to the prompt that macOS then always shows. Nothing rings before
 * that. Where the prompt cannot be pressed or told from another, nothing is pressed. One that a failed act left, or this
 * one would leave, is taken back where it shows whose it is.
 *
 * @param {UiInput & { handle: string, medium: 'audio' | 'video' }} input
 * @returns {UiOutcome}
 */
function main(input) {
  const ui = callsUi();
  return ui.run(() => {
    ui.step('prompt');
    const { leave, ringing } = ui.callButtons();
    const left = input.drafts.filter(({ length, start }) => length === start.length);
    if (ui.prompt() && ui.dismiss(left.map(({ start }) => start)))
      ui.until(() => (ui.prompt() ? undefined : true), 3);
    if (leave || ringing || ui.prompt()) throw ui.refusal('call_in_the_way');
    ui.step('open');
    ui.undo(() => ui.dismiss([input.handle]));
    const address = encodeURIComponent(input.handle).replace('%2B', '+').replace('%40', '@');
    ui.openLink(`${input.medium === 'audio' ? 'facetime-audio' : 'facetime'}:${address}`);
    ui.step('prompt');
    const prompt = ui.until(ui.prompt, 8);
    if (!prompt) throw ui.refusal('ui_not_recognised');
    if (!prompt.element) throw ui.refusal('call_prompt_hidden');
    ui.step('call');
    ui.begin();
    ui.press(prompt.element, prompt.action);
    const gone = ui.until(() => (ui.prompt()?.element ? undefined : true), 5);
    if (!gone) throw ui.refusal('ui_not_recognised');
    return true;
  });
}
