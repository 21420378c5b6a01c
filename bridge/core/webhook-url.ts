import net from 'node:net';
import { requestError } from './request-error.ts';

const MAX_URL_LENGTH = 2_048;

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

/** Whether a URL names this machine itself: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'));
}

/**
 * Checks the URL of an endpoint by its form; throws `invalid_url`. What its name resolves to is checked at each delivery.
 * With `allowHttp`, this machine itself may be named and spoken to by plain http.
 */
export function checkWebhookUrl(text: string, { allowHttp }: { allowHttp: boolean }): void {
  const refuse = (message: string) => requestError('invalid_url', message, 'url');
  if (text.length > MAX_URL_LENGTH) throw refuse(`url has at most ${MAX_URL_LENGTH} characters`);
  if (!URL.canParse(text)) throw refuse('url is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refuse('url holds a user name or a password');
  if (isLoopback(url)) {
    if (!allowHttp) throw refuse('url names this machine');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('url is not https');
    return;
  }
  if (url.protocol !== 'https:') throw refuse('url is not https');
}
