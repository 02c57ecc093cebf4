import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { CLAIM_SIGNATURE_BYTES_MAX, type SignedTransferClaim } from '@touchstone/contracts/transfer';
import { OfferedTransfers } from './offered-transfers.js';
import { SIGNED_HEADER_CHARACTERS_MAX } from '../../domain/payment/signed-header.js';

const signed = (
  change: Partial<Record<keyof SignedTransferClaim['claim'], unknown>> = {},
  signature: unknown = `0x${'11'.repeat(65)}`,
) => ({
  claim: {
    ...{ txHash: 'aa'.repeat(32), logIndex: 3, payer: `0x${'22'.repeat(20)}`, payTo: `0x${'33'.repeat(20)}` },
    ...{ requestDigest: 'bb'.repeat(32), deadline: 1_800_000_000 },
    ...change,
  },
  signature,
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const headerOf = (value: object): string => base64(canonicalJson(value));
const claimed = new OfferedTransfers('claimed');

describe('the header of a transfer', () => {
  it('is the claim as its payer signed it', () => {
    expect(claimed.read(headerOf(signed()))).toEqual(signed());
    const wallet = signed({}, `0x${'11'.repeat(CLAIM_SIGNATURE_BYTES_MAX)}`);
    expect(claimed.read(headerOf(wallet))).toEqual(wallet);
  });

  const hash = `0x${'aa'.repeat(32)}`;
  it.each<[string, string]>([
    ['a hash alone', hash],
    ['nothing', ''],
    ['no base64', '{"claim":1}'],
    ['base64 without its padding', headerOf(signed()).replace(/=*$/, '').concat('A')],
    ['base64 of the URL alphabet', base64('{"a":"???>>>"}').replaceAll('/', '_')],
    ['no JSON', base64('claim')],
    ['a member twice', base64(`{"claim":{},"claim":{},"signature":"0x"}`)],
    ['white space', base64(JSON.stringify(signed(), null, 1))],
    [
      'members in another order',
      base64(JSON.stringify({ signature: signed().signature, claim: signed().claim })),
    ],
    ['a member more', headerOf({ ...signed(), note: 'x' })],
    ['a member less', headerOf({ claim: signed().claim })],
    ['a hash in capitals', headerOf(signed({ txHash: 'AA'.repeat(32) }))],
    ['a hash with 0x', headerOf(signed({ txHash: hash }))],
    ['an address in the spelling of EIP-55', headerOf(signed({ payer: `0x${'Ab'.repeat(20)}` }))],
    ['an index as text', headerOf(signed({ logIndex: '3' }))],
    ['a negative index', headerOf(signed({ logIndex: -1 }))],
    ['a fraction for the deadline', headerOf(signed({ deadline: 0.5 }))],
    ['a short signature', headerOf(signed({}, `0x${'11'.repeat(64)}`))],
    [
      'a byte too many of a signature',
      headerOf(signed({}, `0x${'11'.repeat(CLAIM_SIGNATURE_BYTES_MAX + 1)}`)),
    ],
    ['a list of two, as Node joins them', `${headerOf(signed())},${headerOf(signed())}`],
  ])('is not %s', (_what, header) => {
    expect(() => claimed.read(header)).toThrow(
      expect.objectContaining({ code: 'payment-malformed', legacyCode: 'VERIFICATION_ERROR' }),
    );
  });

  it('is read up to its limit, and one character more is not', () => {
    const filled = (length: number): string => 'A'.repeat(length);
    expect(() => claimed.read(filled(SIGNED_HEADER_CHARACTERS_MAX))).toThrow('is not JSON');
    expect(() => claimed.read(filled(SIGNED_HEADER_CHARACTERS_MAX + 1))).toThrow('characters');
  });

  it('is a hash alone where an operator allows it, and nothing where transfers are off', () => {
    expect(new OfferedTransfers('bare').read(hash)).toEqual({ txHash: 'aa'.repeat(32) });
    expect(new OfferedTransfers('bare').read(headerOf(signed()))).toEqual(signed());
    expect(() => new OfferedTransfers('off').read(headerOf(signed()))).toThrow('not taken');
  });
});

describe('the offer of transfers', () => {
  const transfers = { confirmations: 3, maxAgeSeconds: 3_600 };
  const digest = 'cc'.repeat(32);
  const offered = (mode: 'off' | 'claimed' | 'bare', supported: Record<string, unknown>) => {
    const own = new OfferedTransfers(mode);
    own.learn(supported);
    return own.offer(digest);
  };

  it('is what the payment-verifier said', () => {
    const offer = { ...transfers, requestDigest: digest };
    expect(offered('claimed', { transfers })).toEqual({ ...offer, isBareTaken: false });
    expect(offered('bare', { transfers })).toEqual({ ...offer, isBareTaken: true });
  });

  it('is not made where they are off, or the payment-verifier knows none', () => {
    expect(offered('off', { transfers })).toBeUndefined();
    expect(offered('claimed', {})).toBeUndefined();
    expect(offered('claimed', { transfers: { confirmations: 0, maxAgeSeconds: 1 } })).toBeUndefined();
  });
});
