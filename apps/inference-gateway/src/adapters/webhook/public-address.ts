import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IPv4 that no stranger's webhook may reach: IANA's special-purpose registry, multicast, and Azure's metadata. */
const closed4 = [
  ...(['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'] as const),
  ...(['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'] as const),
  ...(['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'] as const),
  '168.63.129.16/32',
];

/**
 * IPv6 inside of 2000::/3, the only addresses that are routed, that speak for an IPv4 address or for nobody. Mapped and
 * translated IPv4, loopback, link-local, unique-local and multicast lie outside of it.
 */
const closed6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const open6 = listOf(['2000::/3'], 'ipv6');
const refused4 = listOf(closed4, 'ipv4');
const refused6 = listOf(closed6, 'ipv6');

/** Whether an address is one of the public internet. An attacker's name may point anywhere (SSRF). */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !refused4.check(address, 'ipv4');
  return isIPv6(address) && open6.check(address, 'ipv6') && !refused6.check(address, 'ipv6');
}

function listOf(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
