import { BlockList, isIP } from 'node:net';

/** Most hops of X-Forwarded-For that are looked at, from the nearest on. */
export const FORWARDED_HOPS_MAX = 16;

/** Bits of an IPv6 address that one customer of a provider has at least. */
const IPV6_GROUPS = 4;

/** Addresses and networks of the proxies whose word counts. */
export class TrustedProxies {
  private readonly list = new BlockList();

  /** @param proxies addresses and networks as `10.0.0.0/8` or `fd00::/8` */
  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [address = '', prefix] = proxy.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * Who a request is of: the other end of its connection, or behind proxies of ours the nearest hop that is none of them. What stands
   * further left in X-Forwarded-For anybody can write there.
   */
  callerOf(peer: string, forwardedFor: string | undefined): string {
    let caller = plain(peer);
    if (forwardedFor === undefined || !this.has(caller)) return groupOf(caller);
    const hops = forwardedFor.split(',').slice(-FORWARDED_HOPS_MAX).reverse();
    for (const hop of hops) {
      const address = plain(hop.trim());
      // A hop that is no address says nothing; the proxy before it is who we know.
      if (isIP(address) === 0) break;
      caller = address;
      if (!this.has(caller)) break;
    }
    return groupOf(caller);
  }

  private has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** An address without port, brackets and zone; IPv4 in IPv6 as IPv4. */
function plain(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** Whose allowance an address takes from: an IPv4 address its own, an IPv6 address that of its /64. */
function groupOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const groups = address.includes('::') ? [...before, ...zeros, ...after] : before;
  return `${groups
    .slice(0, IPV6_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
