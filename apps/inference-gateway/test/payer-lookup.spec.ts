import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import {
  seedPaidByTransaction,
  seedVerification,
  type SeedVerification,
} from '@touchstone/contracts/http/seed-records';
import {
  PAYER_LOOKUP_HEADER,
  PAYER_LOOKUP_SECONDS_MAX,
  payerLookupTypes,
  transferClaimDomain,
  type PayerLookup,
} from '@touchstone/contracts/transfer';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import type { Verification } from '../src/domain/inference/verification.js';
import { paidByWhoLooks } from '../src/domain/payment/payer-lookup.js';
import { SIGNED_HEADER_CHARACTERS_MAX } from '../src/domain/payment/signed-header.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { PayingClient } from './support/paying-client.js';
import { seedAnswerOf, seedDigits, seedErrorOf, SeedRequests } from './support/seed-requests.js';

/** What the payment-verifier's double settles by. */
const TX = 'ab'.repeat(32);
const CHAIN_ID = 8_453;
const other = privateKeyToAccount(generatePrivateKey());

let fixture: GatewayFixture;
let gateway: Gateway;
let payer: PrivateKeyAccount;
let shown: SeedVerification;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  const seed = new SeedRequests(gateway);
  const client = new PayingClient();
  payer = client.account;
  const header = await client.headerFor(await seed.ask(seedDigits));
  const { verificationId } = await seedAnswerOf(await seed.ask(seedDigits, header));
  // Somebody else's, of the same transaction.
  await seedAnswerOf(await seed.ask(seedDigits, await seed.paid()));
  shown = seedVerification.parse(await seed.get(`/api/verifications/${verificationId}`));
}, 60_000);
afterAll(() => fixture.close());

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

/** A lookup as its payer signs it. */
async function signed(
  change: Partial<PayerLookup> = {},
  { by = payer, chainId = CHAIN_ID }: { by?: PrivateKeyAccount; chainId?: number } = {},
) {
  const lookup = {
    txHash: TX,
    payer: payer.address.toLowerCase(),
    deadline: nowSeconds() + PAYER_LOOKUP_SECONDS_MAX - 5,
    ...change,
  };
  const signature = await by.signTypedData({
    domain: transferClaimDomain(chainId),
    types: payerLookupTypes,
    primaryType: 'PayerLookup',
    message: {
      txHash: `0x${lookup.txHash}`,
      payer: lookup.payer as Hex,
      deadline: BigInt(lookup.deadline),
    },
  });
  return { lookup, signature: signature.toLowerCase() };
}

const headerOf = (value: unknown): string => Buffer.from(canonicalJson(value as never)).toString('base64');
const look = (header: string, txHash = TX): Promise<Response> =>
  fetch(`${gateway.url}/api/verifications/tx/0x${txHash}`, { headers: { [PAYER_LOOKUP_HEADER]: header } });

describe('what a transaction paid for, as its payer is told (R-INFER-4)', () => {
  it('has id, hashes and evidence of his answers, and nothing of those of others', async () => {
    const header = headerOf(await signed());
    for (const response of [await look(header), await look(header)]) {
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
      expect(response.headers.get('vary')).toContain(PAYER_LOOKUP_HEADER);
      const { verifications } = seedPaidByTransaction.parse(await response.json());
      const { success: _success, ...theirs } = shown;
      const own = verifications.filter(({ verificationId }) => verificationId !== undefined);
      expect(own).toEqual([theirs]);
      expect(verifications.length).toBeGreaterThan(1);
      for (const one of verifications) if (one !== own[0]) expect(one).not.toHaveProperty('outputHash');
    }
  });

  it('is good until its deadline, which is at most PAYER_LOOKUP_SECONDS_MAX ahead', async () => {
    const deadline = 1_800_000_000;
    const lookup = await signed({ deadline });
    const paid = { payment: { payer: lookup.lookup.payer, network: `eip155:${CHAIN_ID}` } } as Verification;
    const at = (seconds: number) => paidByWhoLooks(lookup, TX, [paid], seconds * 1_000 + 999);
    const earliest = deadline - PAYER_LOOKUP_SECONDS_MAX;
    expect([...at(earliest), ...at(deadline)]).toEqual([paid, paid]);
    expect(() => at(earliest - 1)).toThrow(`more than ${PAYER_LOOKUP_SECONDS_MAX} seconds ahead`);
    expect(() => at(deadline + 1)).toThrow(`its deadline ${deadline} is over`);
  });

  it.each<[string, () => Promise<object>, string]>([
    ['the key of somebody else', () => signed({}, { by: other }), 'is not of the key'],
    ['another chain', () => signed({}, { chainId: 84_532 }), 'is not of the key'],
    ['another transaction', () => signed({ txHash: 'cd'.repeat(32) }), 'is for the transaction'],
    [
      'somebody who did not pay',
      () => signed({ payer: other.address.toLowerCase() }, { by: other }),
      'paid for nothing',
    ],
    ['a deadline that is over', () => signed({ deadline: nowSeconds() - 1 }), 'is over'],
    [
      'a deadline that is too far ahead',
      () => signed({ deadline: nowSeconds() + 2 * PAYER_LOOKUP_SECONDS_MAX }),
      'seconds ahead',
    ],
    [
      'a deadline that was changed',
      async () => {
        const { lookup, signature } = await signed();
        return { lookup: { ...lookup, deadline: lookup.deadline + 1 }, signature };
      },
      'is not of the key',
    ],
  ])('is refused with %s', async (_what, make, words) => {
    const refused = await seedErrorOf(await look(headerOf(await make())));
    expect(refused).toMatchObject({ code: 422, reason: 'SIGNATURE_INVALID', retryable: false });
    expect(refused.details).toContain(words);
    expect(JSON.stringify(refused)).not.toContain(shown.verificationId);
  });

  it.each<[string, () => Promise<string>, string]>([
    ['no base64', async () => 'x', 'is not padded base64'],
    ['nothing that was signed', async () => headerOf({}), 'does not fit'],
    [
      'the signature of a contract wallet',
      async () => headerOf({ ...(await signed()), signature: `0x${'11'.repeat(66)}` }),
      'contract wallets are not asked',
    ],
    [
      'more characters than are read',
      async () => 'A'.repeat(SIGNED_HEADER_CHARACTERS_MAX + 1),
      String(SIGNED_HEADER_CHARACTERS_MAX),
    ],
  ])('is refused with a header that has %s', async (_what, make, words) => {
    const refused = await seedErrorOf(await look(await make()));
    expect(refused).toMatchObject({ code: 400, reason: 'VALIDATION_FAILED' });
    expect(refused.details).toContain(words);
  });

  it('of a transaction that nobody knows is told to nobody', async () => {
    const txHash = '00'.repeat(32);
    expect((await look(headerOf(await signed({ txHash })), txHash)).status).toBe(404);
  });
});
