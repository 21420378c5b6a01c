/** Bounds of the link, the same on both sides and in PROTOCOL.md. */
export const PROTOCOL_VERSION = 1;
/** Path of the agents' WebSocket on the bridge. */
export const LINK_PATH = '/agent/link';
/** Path of the enrolment request on the bridge. */
export const ENROL_PATH = '/agent/enrol';
/** Largest frame, in bytes of UTF-8. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** How many events an agent, or commands a bridge, may have sent without an acknowledgement. */
export const WINDOW = 256;
/** Each side sends a WebSocket ping this often … */
export const HEARTBEAT_MS = 15_000;
/** … and ends a connection on which nothing at all arrived for this long. */
export const SILENCE_LIMIT_MS = 40_000;
/**
 * A Mac that is away for longer is told to customers as offline: 60 seconds, and those by which a bridge may know late
 * that it was there.
 */
export const OFFLINE_AFTER_MS = 80_000;
/** From the opening of the socket to a valid `hello`. */
export const HELLO_LIMIT_MS = 10_000;
/** A message that leaves within so long after one came from its conversation is a reply, in milliseconds. */
export const REPLY_WINDOW_MS = 24 * 3_600_000;
/** A text is at most this many UTF-16 units. */
export const MAX_TEXT_LENGTH = 20_000;
