import { describe, expect, it } from '@jest/globals';
import { isPublicAddress } from './public-address.js';

describe('an address that a webhook may reach', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:800::200e',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('an address that is refused', () => {
  it.each([
    ['this host', '0.0.0.0'],
    ['private', '10.255.255.255'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared, with metadata of some clouds', '100.100.100.200'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['metadata of most clouds', '169.254.169.254'],
    ['metadata of a cloud', '192.0.0.192'],
    ['metadata of a cloud', '168.63.129.16'],
    ['documentation', '203.0.113.5'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped IPv4', '::ffff:127.0.0.1'],
    ['mapped IPv4 of a public address', '::ffff:8.8.8.8'],
    ['mapped IPv4 in hex', '::ffff:a9fe:a9fe'],
    ['translated IPv4', '64:ff9b::a9fe:a9fe'],
    ['6to4 of a private address', '2002:0a00:0001::'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['documentation', '2001:db8::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%lo'],
    ['unique local, with metadata of a cloud', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['no address', 'localhost'],
    ['no address', ''],
    ['an address in another spelling', '0x7f.1'],
  ])('is %s: %s', (_why, address) => expect(isPublicAddress(address)).toBe(false));
});
