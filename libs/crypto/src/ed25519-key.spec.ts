import { Point } from '@noble/ed25519';
import { describe, expect, it } from '@jest/globals';
import { isCanonicalPoint, isCanonicalScalar } from './ed25519-encoding.js';
import { createEd25519, ED25519_KEY_CACHE_MAX } from './ed25519-rule.js';
import { ed25519 as openssl } from './ed25519.node.js';
import { checkEd25519PublicKey, ed25519PublicKey, hexToBytes } from './index.js';
import { LeastRecentlyUsed } from './least-recently-used.js';

const hex = (text: string): Uint8Array => hexToBytes(text) ?? new Uint8Array();
const ORDER_8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';
const key = ed25519PublicKey(new Uint8Array(32).fill(7));

describe('registration check of Ed25519 keys (R-BATCH)', () => {
  it('passes a key made from a seed', () => {
    expect(checkEd25519PublicKey(key)).toBe('ok');
  });

  it.each([
    ['31 bytes', '01'.repeat(31), 'wrong-length'],
    ['33 bytes', '01'.repeat(33), 'wrong-length'],
    ['y = p', `ed${'ff'.repeat(30)}7f`, 'not-canonical'],
    ['y = p + 1', `ee${'ff'.repeat(30)}7f`, 'not-canonical'],
    ['y = 2^255 − 1 with a sign', 'ff'.repeat(32), 'not-canonical'],
    ['the identity with a sign', `01${'00'.repeat(30)}80`, 'not-canonical'],
    ['the point of order 2 with a sign', `ec${'ff'.repeat(31)}`, 'not-canonical'],
    ['a y that is on no point', `02${'00'.repeat(31)}`, 'not-on-curve'],
    ['the identity', `01${'00'.repeat(31)}`, 'small-order'],
    ['the point of order 2', `ec${'ff'.repeat(30)}7f`, 'small-order'],
    ['a point of order 4', '00'.repeat(32), 'small-order'],
    ['a point of order 4 with a sign', `${'00'.repeat(31)}80`, 'small-order'],
    ['a point of order 8', ORDER_8, 'small-order'],
  ])('refuses %s', (_name, text, reason) => {
    expect(checkEd25519PublicKey(hex(text))).toBe(reason);
  });

  it('refuses a good key plus a point of order 8', () => {
    const mixed = Point.fromBytes(key).add(Point.fromHex(ORDER_8)).toBytes();
    expect(checkEd25519PublicKey(mixed)).toBe('torsion-component');
  });

  it('draws the lines at p and L', () => {
    expect(isCanonicalPoint(hex(`ec${'ff'.repeat(30)}7f`))).toBe(true);
    const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
    expect(isCanonicalScalar(order)).toBe(false);
    order[0] = 0xec;
    expect(isCanonicalScalar(order)).toBe(true);
  });
});

describe('cache of public keys', () => {
  it('holds its maximum and forgets the key not used for longest', () => {
    const cache = new LeastRecentlyUsed<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
    cache.set('a', 4);
    expect([cache.get('a'), cache.size]).toEqual([4, 2]);
  });

  it('imports a key once, and again after as many others as it holds', () => {
    const imported: string[] = [];
    const rule = createEd25519({
      ...openssl,
      importPublicKey: (publicKey) => {
        imported.push(Buffer.from(publicKey).toString('hex'));
        return () => false;
      },
    });
    const verify = (publicKey: Uint8Array): void => {
      rule.verify(new Uint8Array(), new Uint8Array(64), publicKey);
    };
    const others = multiplesOfBase(ED25519_KEY_CACHE_MAX);
    verify(key);
    others.slice(1).forEach(verify);
    verify(key);
    expect(imported).toHaveLength(ED25519_KEY_CACHE_MAX);
    others.slice(0, 2).forEach(verify);
    others.slice(2).forEach(verify);
    verify(key);
    expect(imported.filter((name) => name === Buffer.from(key).toString('hex'))).toHaveLength(2);
  });

  it('does not keep refused keys', () => {
    const rule = createEd25519(openssl);
    const refused = hex(ORDER_8);
    expect(rule.verify(new Uint8Array(), new Uint8Array(64), refused)).toBe('bad-key');
    expect(rule.verify(new Uint8Array(), new Uint8Array(64), refused)).toBe('bad-key');
  });
});

function multiplesOfBase(count: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let point = Point.BASE; keys.length < count; point = point.add(Point.BASE)) keys.push(point.toBytes());
  return keys;
}
