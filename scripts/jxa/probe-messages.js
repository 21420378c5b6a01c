/**
 * Tells whether Messages runs, and of its accounts. To be run only where control of Messages is known to be allowed:
 * elsewhere a person would be asked.
 *
 * @returns {{ ok: boolean, step: string, changed?: boolean, errorNumber?: number, value?: object }}
 */
function main() {
  let step = 'running';
  try {
    const messages = Application('Messages');
    if (!messages.running()) return told({ running: false, accounts: [] });
    step = 'account';
    const accounts = messages.accounts().map((account) => ({
      service: account.serviceType(),
      enabled: account.enabled(),
      connection: account.connectionStatus(),
    }));
    return told({ running: true, accounts: accounts });
  } catch (error) {
    return { ok: false, step: step, errorNumber: numberOf(error) };
  }

  /** @param {object} value */
  function told(value) {
    return { ok: true, step: 'probed', changed: false, value: value };
  }

  /** @param {unknown} error */
  function numberOf(error) {
    const thrown = /** @type {AppleEventError} */ (error);
    if (typeof thrown.errorNumber === 'number') return thrown.errorNumber;
    const match = /\((-?\d+)\)\s*$/.exec(String(thrown.message));
    return match ? Number(match[1]) : -2700;
  }
}
