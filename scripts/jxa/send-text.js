/**
 * Sends a text to a handle: into the chat with it where Messages knows that, otherwise as participant of the iMessage
 * account. Everything that can fail is resolved before the
 * marker on stderr; after it, whatever happens may have been a send.
 *
 * @param {{ handle: string, text: string, chat?: string }} input
 * @returns {{ ok: boolean, step: string, errorNumber?: number }}
 */
function main(input) {
  let step = 'running';
  try {
    const messages = Application('Messages');
    if (!messages.running()) return failed(-600);
    step = 'chat';
    const chat = input.chat === undefined ? undefined : knownChat(messages, input.chat);
    step = 'account';
    const account = iMessageAccount(messages.accounts());
    if (!account) return failed(-1728);
    step = 'participant';
    const to = chat || participantOf(account, input.handle);
    step = 'send';
    console.log('bluerelay:sending');
    messages.send(input.text, { to: to });
    return { ok: true, step: 'sent' };
  } catch (error) {
    return failed(numberOf(error));
  }

  /** @param {number} errorNumber */
  function failed(errorNumber) {
    return { ok: false, step: step, errorNumber: errorNumber };
  }

  /**
   * A chat may stand in chat.db and yet be unknown to Messages.
   *
   * @param {MessagesApplication} messages
   * @param {string} guid
   */
  function knownChat(messages, guid) {
    try {
      return messages.chats.byId(guid)();
    } catch (error) {
      if (numberOf(error) !== -1728) throw error;
      return undefined;
    }
  }

  /** @param {MessagesAccount[]} accounts */
  function iMessageAccount(accounts) {
    return accounts.find((account) => account.serviceType() === 'iMessage' && account.enabled());
  }

  /**
   * Reading the id evaluates the specifier, so that a missing participant fails here and not within the send. By id
   * only where by name is not taken: no such object, bad index, wrong type, bad key form.
   *
   * @param {MessagesAccount} account
   * @param {string} handle
   */
  function participantOf(account, handle) {
    const byName = account.participants.byName(handle);
    try {
      byName.id();
      return byName;
    } catch (error) {
      if (![-1728, -1719, -1700, -10002].includes(numberOf(error))) throw error;
    }
    const byId = account.participants.byId(`${account.id()}:${handle}`);
    byId.id();
    return byId;
  }

  /** @param {unknown} error */
  function numberOf(error) {
    const thrown = /** @type {AppleEventError} */ (error);
    if (typeof thrown.errorNumber === 'number') return thrown.errorNumber;
    const match = /\((-?\d+)\)\s*$/.exec(String(thrown.message));
    return match ? Number(match[1]) : -2700;
  }
}
