import { agentErrors } from '../../bridge/protocol/errors.ts';
import { signedText } from '../../bridge/protocol/frames.ts';
import { LINK_PATH } from '../../bridge/protocol/limits.ts';
import { mediaSignedText } from '../../bridge/protocol/media.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { type Enrolled, readEnrolled, saveEnrolled } from './agent-file.ts';
import { bridgeUrl, webSocketUrl } from './bridge-url.ts';
import { publicKeyOf } from './key.ts';
import { Keyring } from './keyring.ts';
import { requestEnrolment } from './request.ts';
import { Rotation, type RotationOptions } from './rotation.ts';

export interface Identity extends Enrolled {
  /** WebSocket address of the bridge. */
  url: string;
  /** The `hello` signature for a nonce, base64url. */
  sign(nonce: string): string;
  /** What signs for it. */
  keys: Keyring;
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
  const keys = new Keyring(home);
  return {
    ...enrolled,
    keys,
    url: webSocketUrl(enrolled.bridge, LINK_PATH),
    sign: (nonce) => keys.sign(signedText(enrolled.agentId, nonce)),
    signMedia: (request) => keys.sign(mediaSignedText({ agentId: enrolled.agentId, ...request })),
  };
}

/** Lets the keys of an identity be rotated. */
export const createRotation = (
  { agentId, bridge, keys }: Identity,
  options: Omit<RotationOptions, 'agentId' | 'bridge' | 'keys'>,
): Rotation => new Rotation({ agentId, bridge, keys, ...options });

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
