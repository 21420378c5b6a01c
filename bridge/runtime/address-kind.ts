import { BlockList, isIP } from 'node:net';

/** Where an IP address leads: the internet, this machine, or somewhere that no request of a customer's may go. */
export type AddressKind = 'public' | 'loopback' | 'forbidden';

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

/** BlockList reads `::ffff:a.b.c.d` as the IPv4 address inside, which no rule here means. */
const MAPPED_V4 = listOf('ipv6', ['::ffff:0:0', 96]);

/** Classifies an address; what is not an IP address is forbidden. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 4) {
    if (LOOPBACK_V4.check(address, 'ipv4')) return 'loopback';
    return FORBIDDEN_V4.check(address, 'ipv4') ? 'forbidden' : 'public';
  }
  if (family !== 6 || address.includes('%') || MAPPED_V4.check(address, 'ipv6')) return 'forbidden';
  if (LOOPBACK_V6.check(address, 'ipv6')) return 'loopback';
  return GLOBAL_V6.check(address, 'ipv6') && !FORBIDDEN_V6.check(address, 'ipv6') ? 'public' : 'forbidden';
}
