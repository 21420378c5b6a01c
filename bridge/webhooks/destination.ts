import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { requestErrors } from '../protocol/errors.ts';
import { type AddressKind, addressKind } from '../runtime/address-kind.ts';
import { AppError } from '../runtime/app-error.ts';

/** Finds every address of a name; rejects when there is none. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const refused = (message: string): AppError => {
  const { retry, hint } = requestErrors.invalid_url;
  return new AppError(message, { code: 'invalid_url', retry, hint });
};

const allowedKinds = (protocol: string, allowHttpWebhooks: boolean): AddressKind[] => {
  if (protocol === 'https:') return allowHttpWebhooks ? ['public', 'loopback'] : ['public'];
  return protocol === 'http:' && allowHttpWebhooks ? ['loopback'] : [];
};

/**
 * Parses the URL of an endpoint and refuses what needs no name lookup to refuse: other schemes than https (http to
 * this machine where it is allowed), credentials in the URL, and forbidden literal addresses.
 * Throws AppError `invalid_url`.
 */
export function checkUrl(text: string, allowHttpWebhooks: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused('The webhook URL is not a URL.');
  const kinds = allowedKinds(url.protocol, allowHttpWebhooks);
  if (kinds.length === 0) throw refused('The webhook URL is not https.');
  if (url.username !== '' || url.password !== '') throw refused('The webhook URL holds credentials.');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !kinds.includes(addressKind(host))) {
    throw refused('The webhook URL leads to an address that webhooks may not reach.');
  }
  return url;
}

/**
 * A lookup for `net.connect` that resolves once, checks every address, and hands over the very addresses it checked:
 * there is no second resolution that could answer otherwise. One forbidden address refuses them all; so does an error.
 */
export function guardedLookup(
  protocol: 'https:' | 'http:',
  allowHttpWebhooks: boolean,
  resolve: Resolve,
): LookupFunction {
  const kinds = allowedKinds(protocol, allowHttpWebhooks);
  return (hostname, options, callback) => {
    const look = async (): Promise<LookupAddress[]> => {
      const addresses = await resolve(hostname);
      const good = addresses.every(({ address }) => kinds.includes(addressKind(address)));
      if (!good || addresses.length === 0) {
        throw refused('The webhook host has an address that webhooks may not reach.');
      }
      return addresses;
    };
    look().then(
      (addresses) => {
        const [first] = addresses;
        if (options.all || first === undefined) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}
