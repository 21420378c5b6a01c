import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { requestErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';

/** Where an IP address leads: the internet, this machine, or somewhere that no webhook may go. */
export type AddressKind = 'public' | 'loopback' | 'forbidden';

/** Finds every address of a name; rejects when there is none. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const listOf = (family: 'ipv4' | 'ipv6', ...networks: [address: string, bits: number][]): BlockList => {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, family);
  return list;
};

/** Special-purpose IPv4 (RFC 6890 and its registry), multicast, reserved, and one cloud's host service. */
const FORBIDDEN_V4 = listOf(
  'ipv4',
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
);

/** Everything that routers of the internet carry; mapped IPv4, NAT64, link-local, ULA and multicast are outside. */
const GLOBAL_V6 = listOf('ipv6', ['2000::', 3]);

/** Inside of it: protocol assignments with Teredo, documentation, 6to4. */
const FORBIDDEN_V6 = listOf('ipv6', ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]);

const LOOPBACK_V4 = listOf('ipv4', ['127.0.0.0', 8]);
const LOOPBACK_V6 = listOf('ipv6', ['::1', 128]);

/** Classifies an address; what is not an IP address is forbidden. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 4) {
    if (LOOPBACK_V4.check(address, 'ipv4')) return 'loopback';
    return FORBIDDEN_V4.check(address, 'ipv4') ? 'forbidden' : 'public';
  }
  if (family !== 6 || address.includes('%')) return 'forbidden';
  if (isMappedV4(address)) return 'forbidden';
  if (LOOPBACK_V6.check(address, 'ipv6')) return 'loopback';
  return GLOBAL_V6.check(address, 'ipv6') && !FORBIDDEN_V6.check(address, 'ipv6') ? 'public' : 'forbidden';
}

/** BlockList reads `::ffff:a.b.c.d` as the IPv4 address inside, which no rule here means. */
const MAPPED_V4 = listOf('ipv6', ['::ffff:0:0', 96]);
const isMappedV4 = (address: string): boolean => MAPPED_V4.check(address, 'ipv6');

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
