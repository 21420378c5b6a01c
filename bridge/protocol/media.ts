/**
 * Bytes of files between agent and bridge, beside the link. A Mac sends a received attachment because a `media.upload`
 * command told it to, and fetches a file that a `message.send` command names. Both requests are signed with the agent's
 * key; the id of the command stands where a nonce or a time would, so that equal clocks are not needed.
 */

/** Largest file, in bytes. */
export const MAX_MEDIA_BYTES = 100 * 1024 * 1024;

/** Path of a file's bytes for agents. */
export const MEDIA_PATH = '/agent/media/:mediaId';

/** Headers of the request. */
export const mediaHeaders = {
  agent: 'x-agent-id',
  command: 'x-agent-command',
  /** Hex SHA-256 of the bytes. */
  sha256: 'x-agent-sha256',
  /** ed25519 over {@link mediaSignedText}, base64url without padding. */
  signature: 'x-agent-signature',
} as const;

/** What a request about the bytes of a file signs. */
export const mediaSignedText = (request: {
  agentId: string;
  mediaId: string;
  sha256: string;
  commandId: string;
}): Buffer =>
  Buffer.from(
    `bluerelay-media-v1\n${request.agentId}\n${request.mediaId}\n${request.sha256}\n${request.commandId}`,
    'utf8',
  );
