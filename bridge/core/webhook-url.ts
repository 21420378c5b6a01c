import { isIP } from 'node:net';
import { type AddressKind, addressKind } from '../runtime/address-kind.ts';
import { requestError } from './request-error.ts';

const MAX_URL_LENGTH = 2_048;

/**
 * Checks the URL of an endpoint by its form; throws `invalid_url`. What its name resolves to is checked at each delivery.
 * With `allowHttp`, this machine itself may be named and spoken to by plain http.
 */
export function parseWebhookUrl(text: string, { allowHttp }: { allowHttp: boolean }): URL {
  const refuse = (message: string) => requestError('invalid_url', message, 'url');
  if (text.length > MAX_URL_LENGTH) throw refuse(`url has at most ${MAX_URL_LENGTH} characters`);
  if (!URL.canParse(text)) throw refuse('url is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refuse('url holds a user name or a password');
  const kind = kindOf(url);
  if (kind === 'forbidden' || (kind === 'loopback' && !allowHttp)) {
    throw refuse('url leads to an address that webhooks may not reach');
  }
  const plain = url.protocol === 'http:' && kind === 'loopback';
  if (url.protocol !== 'https:' && !plain) throw refuse('url is not https');
  return url;
}

/** Where the host leads, as far as its text says; a name that is to be looked up counts as public. */
function kindOf(url: URL): AddressKind {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  return isIP(host) === 0 ? 'public' : addressKind(host);
}
