import { describe, expect, it } from '@jest/globals';
import { FORWARDED_HOPS_MAX, TrustedProxies } from './caller-address.js';

const none = new TrustedProxies([]);
const ours = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

describe('who a request is of', () => {
  it.each([
    ['an IPv4 address', '198.51.100.4', '198.51.100.4'],
    ['IPv4 in IPv6', '::ffff:198.51.100.4', '198.51.100.4'],
    ['an IPv6 address by its /64', '2001:db8:1:2:aaaa::1', '2001:db8:1:2::/64'],
    ['another of the same network', '2001:DB8:0001:2:0:0:0:9', '2001:db8:1:2::/64'],
    ['short ones', '::1', '0:0:0:0::/64'],
    ['with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['in brackets', '[2001:db8::1]', '2001:db8:0:0::/64'],
    ['nothing known', '', ''],
  ])('%s', (_what, peer, expected) => {
    expect(none.callerOf(peer, undefined)).toBe(expected);
  });

  it.each([
    ['nobody is trusted by default', none, '198.51.100.4', '203.0.113.9', '198.51.100.4'],
    ['nor who is on no list', ours, '198.51.100.4', '203.0.113.9', '198.51.100.4'],
    ['behind one proxy', ours, '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['behind two', ours, '10.1.2.3', '203.0.113.9, 192.0.2.7', '203.0.113.9'],
    ['what the caller wrote itself', ours, '10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['with a port', ours, '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv6 with a port', ours, 'fd00::1', '[2001:db8::5]:4711', '2001:db8:0:0::/64'],
    ['no address at all', ours, '10.1.2.3', 'unknown', '10.1.2.3'],
    ['an empty field', ours, '10.1.2.3', '', '10.1.2.3'],
    ['proxies alone', ours, '10.1.2.3', '10.2.2.2, 10.3.3.3', '10.2.2.2'],
    ['a proxy in IPv6 spelling', ours, '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ])('%s', (_what, proxies, peer, forwarded, expected) => {
    expect(proxies.callerOf(peer, forwarded)).toBe(expected);
  });

  it(`looks at ${FORWARDED_HOPS_MAX} hops and at none further away`, () => {
    const hops = (count: number) => ['203.0.113.9', ...new Array<string>(count).fill('10.0.0.1')].join(', ');
    expect(ours.callerOf('10.1.2.3', hops(FORWARDED_HOPS_MAX - 1))).toBe('203.0.113.9');
    expect(ours.callerOf('10.1.2.3', hops(FORWARDED_HOPS_MAX))).toBe('10.0.0.1');
  });
});
