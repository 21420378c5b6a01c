import { sign } from 'node:crypto';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { signedText } from '../../bridge/protocol/frames.ts';
import { LINK_PATH } from '../../bridge/protocol/limits.ts';
import { mediaSignedText } from '../../bridge/protocol/media.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { type Enrolled, readEnrolled, saveEnrolled } from './agent-file.ts';
import { bridgeUrl, webSocketUrl } from './bridge-url.ts';
import { damaged } from './damaged.ts';
import { publicKeyOf, readKey } from './key.ts';
import { requestEnrolment } from './request.ts';

export interface Identity extends Enrolled {
  /** WebSocket address of the bridge. */
  url: string;
  /** The `hello` signature for a nonce, base64url. */
  sign(nonce: string): string;
  /** The signature of a request for the bytes of a file, base64url. */
  signMedia(request: { mediaId: string; sha256: string; commandId: string }): string;
}

/** Who the agent is. Throws AppError `not_enrolled` or `identity_damaged`. */
export function readIdentity(home: string): Identity {
  const enrolled = readEnrolled(home);
  if (!enrolled)
    throw new AppError('This Mac is not enrolled with a bridge', {
      code: 'not_enrolled',
      ...agentErrors.not_enrolled,
    });
  const key = readKey(home);
  if (!key) throw damaged('agent.key');
  return {
    ...enrolled,
    url: webSocketUrl(enrolled.bridge, LINK_PATH),
    sign: (nonce) => sign(null, signedText(enrolled.agentId, nonce), key).toString('base64url'),
    signMedia: (request) =>
      sign(null, mediaSignedText({ agentId: enrolled.agentId, ...request }), key).toString('base64url'),
  };
}

export interface EnrolOptions {
  home: string;
  /** Address of the bridge as a person gave it. */
  bridge: string;
  token: string;
  /** Name of the Mac for people. */
  name: string;
  /** The identity from which messages leave. */
  handle: string;
  /** Enrol anew although the Mac is enrolled already. */
  again: boolean;
  clock: Clock;
}

/**
 * Enrols the agent: makes its key, which is on the disk before the bridge hears of it, so that a crash on the way
 * leaves nothing that a second try with a new token cannot mend. Throws AppError `already_enrolled`,
 * `insecure_bridge_url`, `home_not_writable`, `bridge_unreachable`, or with the code with which the bridge refused.
 */
export async function enrol(options: EnrolOptions): Promise<Enrolled> {
  const { home, token, name, handle, again, clock } = options;
  const bridge = bridgeUrl(options.bridge);
  makeHome(home);
  if (!again && readEnrolled(home))
    throw new AppError('This Mac is enrolled already', {
      code: 'already_enrolled',
      ...agentErrors.already_enrolled,
    });
  const publicKey = publicKeyOf(home);
  const { agentId, line } = await requestEnrolment(bridge, { token, publicKey, name, handle }, clock);
  const enrolled = { bridge, agentId, line };
  saveEnrolled(home, enrolled);
  return enrolled;
}

/** Makes the agent's folder (0700). Throws AppError `home_not_writable`. */
function makeHome(home: string): void {
  try {
    makeFolder(home);
  } catch (error) {
    throw new AppError(`The folder ${home} cannot be made`, {
      code: 'home_not_writable',
      ...agentErrors.home_not_writable,
      cause: error,
    });
  }
}
