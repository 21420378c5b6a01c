/** Asks for the session at the screen and for Accessibility; sends no Apple event. */
export interface ProbeSession {
  kind: 'probe_session';
}

/** Asks whether Messages runs and is signed in; only where control of Messages is known to be allowed. */
export interface ProbeMessages {
  kind: 'probe_messages';
}

/** What only looks. */
export type ProbeAct = ProbeSession | ProbeMessages;
