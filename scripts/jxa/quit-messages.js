/**
 * Asks Messages to quit, as its menu does; nothing where it does not run.
 *
 * @returns {{ ok: boolean, step: string, changed?: boolean, errorNumber?: number }}
 */
function main() {
  try {
    const messages = Application('Messages');
    if (!messages.running()) return { ok: true, step: 'quit', changed: false };
    console.log('bluerelay:sending');
    messages.quit();
    return { ok: true, step: 'quit' };
  } catch (error) {
    const thrown = /** @type {AppleEventError} */ (error);
    return { ok: false, step: 'quit', errorNumber: thrown.errorNumber || -2700 };
  }
}
