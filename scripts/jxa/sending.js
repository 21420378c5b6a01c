/**
 * What the programs share that send: into a chat, which must be known to Messages unless a handle is given too;
 * otherwise to a handle as participant of an account. Everything that can fail is resolved before the marker on
 * stderr; after it, whatever happens may have been a send.
 *
 * @param {SendTarget} target
 * @param {() => string | JxaPath} content what Messages sends: a text, or the path of a file
 * @returns {SendOutcome}
 */
function sendTo({ handle, chat, service }, content) {
  let step = 'running';
  try {
    const messages = Application('Messages');
    if (!messages.running()) return failed(-600);
    step = 'chat';
    const known = chat === undefined || service !== undefined ? undefined : knownChat(messages, chat);
    if (!known && handle === undefined) return refused('chat_unknown');
    const to = known || participantOf(messages, String(handle));
    if (!to) return service === undefined ? failed(-1728) : refused('service_unavailable');
    step = 'send';
    const sent = content();
    console.log('bluerelay:sending');
    messages.send(sent, { to: to });
    return { ok: true, step: 'sent' };
  } catch (error) {
    return failed(numberOf(error));
  }

  /** @param {number} errorNumber */
  function failed(errorNumber) {
    return { ok: false, step: step, errorNumber: errorNumber };
  }

  /** @param {string} code */
  function refused(code) {
    return { ok: false, step: step, code: code };
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

  /**
   * Reading the id evaluates the specifier, so that a missing participant fails here and not within the send. By id
   * only where by name is not taken: no such object, bad index, wrong type, bad key form. Where neither can be read,
   * as may be for a handle that was never written to, the send itself has to find out.
   *
   * @param {MessagesApplication} messages
   * @param {string} handle
   */
  function participantOf(messages, handle) {
    step = 'account';
    const account = accountOf(messages.accounts());
    if (!account) return undefined;
    step = 'participant';
    const byName = account.participants.byName(handle);
    if (isThere(byName)) return byName;
    const byId = account.participants.byId(`${account.id()}:${handle}`);
    return isThere(byId) ? byId : byName;
  }

  /** @param {MessagesParticipant} participant */
  function isThere(participant) {
    try {
      participant.id();
      return true;
    } catch (error) {
      if (![-1728, -1719, -1700, -10002].includes(numberOf(error))) throw error;
      return false;
    }
  }

  /** @param {MessagesAccount[]} accounts */
  function accountOf(accounts) {
    const wanted = service === undefined ? 'iMessage' : service;
    return accounts.find((account) => account.serviceType() === wanted && account.enabled());
  }

  /** @param {unknown} error */
  function numberOf(error) {
    const thrown = /** @type {AppleEventError} */ (error);
    if (typeof thrown.errorNumber === 'number') return thrown.errorNumber;
    const match = /\((-?\d+)\)\s*$/.exec(String(thrown.message));
    return match ? Number(match[1]) : -2700;
  }
}
