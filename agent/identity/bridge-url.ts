import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of a bridge as a person gave it, without a trailing slash.
 * Throws AppError `insecure_bridge_url` for anything but https, or http to this machine itself.
 */
export function bridgeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!url || !secure || url.username || url.password || url.search || url.hash)
    throw new AppError('The address of the bridge is not an https URL', {
      code: 'insecure_bridge_url',
      ...agentErrors.insecure_bridge_url,
      param: 'bridge',
    });
  return url.href.replace(/\/+$/, '');
}

/** The WebSocket address of a path on the bridge. */
export const webSocketUrl = (bridge: string, path: string): string =>
  `${bridge.replace(/^http/, 'ws')}${path}`;
