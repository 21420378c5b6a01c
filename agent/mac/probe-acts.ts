/** Asks for the session at the screen and for Accessibility; sends no Apple event. */
export interface ProbeSession {
  kind: 'probe_session';
}

/** Asks whether Messages runs and is signed in; only where control of Messages is known to be allowed. */
export interface ProbeMessages {
  kind: 'probe_messages';
}

/** Asks Messages to quit. */
interface QuitMessages {
  kind: 'quit_messages';
}

/** What sends nothing: it looks, or ends Messages so that it can be opened anew. */
export type ProbeAct = ProbeSession | ProbeMessages | QuitMessages;
