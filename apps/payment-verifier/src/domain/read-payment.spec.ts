import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  digestOfPayment,
  readPayment,
  SIGNATURE_BYTES_MAX,
  TOKEN_DOMAIN_CHARACTERS_MAX,
  type PaymentPolicy,
} from './read-payment.js';

const ASSET = `0x${'aB'.repeat(20)}`;
const PAY_TO = `0x${'Cd'.repeat(20)}`;
const PAYER = `0x${'Ef'.repeat(20)}`;
const policy: PaymentPolicy = { network: 'eip155:8453', asset: ASSET.toLowerCase(), recipients: [] };

const requirements = () => ({
  scheme: 'exact',
  network: 'eip155:8453',
  amount: '250000',
  asset: ASSET,
  payTo: PAY_TO,
  maxTimeoutSeconds: 60,
  extra: { name: 'USD Coin', version: '2', note: 'kept' },
});
const payload = () => ({
  x402Version: 2,
  accepted: requirements(),
  payload: {
    signature: `0x${'AB'.repeat(65)}`,
    authorization: {
      from: PAYER,
      to: PAY_TO,
      value: '250000',
      validAfter: '0',
      validBefore: '1800000000',
      nonce: `0x${'DE'.repeat(32)}`,
    },
  },
});
type Objects = {
  paymentPayload: ReturnType<typeof payload>;
  paymentRequirements: ReturnType<typeof requirements>;
};
const read = (change: (objects: Objects) => void = () => undefined, own = policy) => {
  const objects: Objects = { paymentPayload: payload(), paymentRequirements: requirements() };
  change(objects);
  return readPayment(own, objects.paymentPayload, objects.paymentRequirements);
};
const set = (path: string, value: unknown) => (objects: Objects) => {
  const names = path.split('.');
  const last = names.pop() as string;
  const parent = names.reduce<Record<string, unknown>>(
    (object, name) => object[name] as Record<string, unknown>,
    objects as unknown as Record<string, unknown>,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
};

describe('reading a payment', () => {
  it('takes what the official client writes and puts hex in lower case', () => {
    const reading = read();
    expect(reading).toMatchObject({
      ok: true,
      payment: {
        network: 'eip155:8453',
        asset: ASSET.toLowerCase(),
        payer: PAYER.toLowerCase(),
        payTo: PAY_TO.toLowerCase(),
        nonce: 'de'.repeat(32),
        amount: 250_000n,
        validBefore: 1_800_000_000n,
        signature: `0x${'ab'.repeat(65)}`,
        requirements: { extra: { name: 'USD Coin', version: '2', note: 'kept' } },
      },
    });
  });

  it('gives the same digests for other spellings of the same payment, and others for another payment', () => {
    const digests = (change?: (objects: Objects) => void) => {
      const reading = read(change);
      if (!reading.ok) throw new Error(reading.reason);
      return [reading.payment.authorizationDigest, digestOfPayment(reading.payment)];
    };
    const first = digests();
    expect(digests(set('paymentPayload.payload.authorization.from', PAYER.toLowerCase()))).toEqual(first);
    expect(digests(set('paymentPayload.payload.extra', 'ignored'))).toEqual(first);
    // What optional members look like where a language writes null for them, and times where it writes numbers.
    for (const member of ['resource', 'extensions', 'accepted.extra'])
      expect(digests(set(`paymentPayload.${member}`, null))).toEqual(first);
    expect(digests(set('paymentPayload.accepted.extra', undefined))).toEqual(first);
    expect(digests(set('paymentPayload.payload.authorization.validAfter', 0))).toEqual(first);
    expect(digests(set('paymentPayload.payload.authorization.validBefore', 1_800_000_000))).toEqual(first);
    expect(digests(set('paymentPayload.payload.authorization.nonce', `0x${'de'.repeat(32)}`))).toEqual(first);
    const other = digests(set('paymentPayload.payload.authorization.value', '250001'));
    expect(other[0]).not.toBe(first[0]);
    expect(other[1]).not.toBe(first[1]);
    expect(digests(set('paymentRequirements.amount', '250001'))[1]).not.toBe(first[1]);
  });

  it.each([
    ['paymentPayload', 'x', 'invalid_payload'],
    ['paymentPayload', null, 'invalid_payload'],
    ['paymentPayload', [], 'invalid_payload'],
    ['paymentPayload.accepted', undefined, 'invalid_payload'],
    ['paymentPayload.payload', {}, 'invalid_payload'],
    ['paymentPayload.payload.signature', undefined, 'invalid_payload'],
    ['paymentPayload.payload.signature', '0x', 'invalid_payload'],
    ['paymentPayload.payload.signature', '0x123', 'invalid_payload'],
    ['paymentPayload.payload.signature', `0x${'00'.repeat(SIGNATURE_BYTES_MAX + 1)}`, 'invalid_payload'],
    ['paymentPayload.payload.authorization', null, 'invalid_payload'],
    ['paymentPayload.payload.authorization.from', '0x12', 'invalid_payload'],
    ['paymentPayload.payload.authorization.value', 'abc', 'invalid_payload'],
    ['paymentPayload.payload.authorization.value', '-1', 'invalid_payload'],
    ['paymentPayload.payload.authorization.value', '01', 'invalid_payload'],
    ['paymentPayload.payload.authorization.value', 250_000, 'invalid_payload'],
    ['paymentPayload.payload.authorization.value', (2n ** 256n).toString(), 'invalid_payload'],
    ['paymentPayload.payload.authorization.validBefore', '1e9', 'invalid_payload'],
    ['paymentPayload.payload.authorization.validBefore', 2 ** 53, 'invalid_payload'],
    ['paymentPayload.payload.authorization.validAfter', -1, 'invalid_payload'],
    ['paymentPayload.payload.authorization.validAfter', 0.5, 'invalid_payload'],
    ['paymentPayload.payload.authorization.validAfter', null, 'invalid_payload'],
    ['paymentPayload.x402Version', undefined, 'invalid_payload'],
    ['paymentPayload.accepted', null, 'invalid_payload'],
    ['paymentPayload.payload.authorization.nonce', `0x${'de'.repeat(31)}`, 'invalid_payload'],
    ['paymentRequirements', null, 'invalid_payment_requirements'],
    ['paymentRequirements.amount', '1.5', 'invalid_payment_requirements'],
    ['paymentRequirements.payTo', 'me', 'invalid_payment_requirements'],
    ['paymentRequirements.extra', undefined, 'invalid_payment_requirements'],
    ['paymentRequirements.extra.name', '', 'invalid_payment_requirements'],
    ['paymentRequirements.extra.version', 2, 'invalid_payment_requirements'],
  ])('calls %s = %j malformed', (path, value, reason) => {
    expect(read(set(path, value))).toMatchObject({ ok: false, malformed: true, reason });
  });

  it.each([
    ['paymentPayload.x402Version', 1, 'invalid_x402_version'],
    ['paymentRequirements.scheme', 'upto', 'unsupported_scheme'],
    ['paymentRequirements.network', 'eip155:1', 'invalid_network'],
    ['paymentRequirements.asset', PAYER, 'invalid_payment_requirements'],
    ['paymentPayload.payload', { permit2Authorization: {} }, 'unsupported_payload_type'],
    ['paymentPayload.payload', { delegationManager: '0x' }, 'unsupported_payload_type'],
  ])('refuses %s = %j as not offered', (path, value, reason) => {
    expect(read(set(path, value))).toMatchObject({ ok: false, malformed: false, reason });
  });

  it.each(['name', 'version'])('takes the longest %s of a token and refuses one character more', (member) => {
    const named = (length: number) => (objects: Objects) => {
      for (const terms of [objects.paymentRequirements, objects.paymentPayload.accepted])
        Object.assign(terms.extra, { [member]: 'x'.repeat(length) });
    };
    expect(read(named(TOKEN_DOMAIN_CHARACTERS_MAX)).ok).toBe(true);
    expect(read(named(TOKEN_DOMAIN_CHARACTERS_MAX + 1))).toMatchObject({
      ok: false,
      reason: 'invalid_payment_requirements',
    });
  });

  it.each([
    ['USD₮0', true],
    ['ریال\u200cدیجیتال', true],
    ['USD\u202eC', false],
    ['USD\u200bC', false],
    ['USDC\n', false],
    ['USDC\u0000', false],
    ['USDC\ud83d', false],
  ])('judges the name %j of a token as every visible text', (name, taken) => {
    const named = (objects: Objects) => {
      for (const terms of [objects.paymentRequirements, objects.paymentPayload.accepted])
        Object.assign(terms.extra, { name });
    };
    expect(read(named).ok).toBe(taken);
  });

  it('takes the longest signature and the largest sum', () => {
    expect(read(set('paymentPayload.payload.signature', `0x${'00'.repeat(SIGNATURE_BYTES_MAX)}`)).ok).toBe(
      true,
    );
    const largest = (2n ** 256n - 1n).toString();
    expect(read(set('paymentPayload.payload.authorization.value', largest)).ok).toBe(true);
  });

  it('serves only listed recipients where there is a list', () => {
    const listed = { ...policy, recipients: [PAY_TO.toLowerCase()] };
    expect(read(undefined, listed).ok).toBe(true);
    expect(read(set('paymentRequirements.payTo', PAYER), listed)).toMatchObject({
      reason: 'recipient_not_allowed',
    });
  });

  it('never throws and never repeats what it was sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        expect(readPayment(policy, left, right).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 20 }), (text) => {
        const reading = read(set('paymentPayload.payload.authorization.value', text));
        if (!reading.ok) expect(reading.message).not.toContain(text);
      }),
    );
  });
});
