import { developmentToken, type StackDescription } from '@touchstone/embedded';
import type { PaymentPayload, PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { authorizationTypes } from '@x402/evm';
import { verifyTypedData, type Hex } from 'viem';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { formatAtomic } from './price.js';

/** Longest validity of an offer that is signed, in seconds: until then whoever has the payment may take the money. */
export const OFFER_SECONDS_MAX = 86_400;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const atomicAmount = z.string().regex(/^\d{1,78}$/);
const sameText = (expected: string) =>
  z.string().refine((text) => text.toLowerCase() === expected.toLowerCase());

const challenge = z.looseObject({ x402Version: z.literal(2), accepts: z.array(z.unknown()) });

/**
 * An offer that the development payer can pay: so much of its token, by an authorisation (EIP-3009), for the answer
 * that comes. What says anything else, such as a flow that is charged before the answer, is none of these.
 */
const payable = ({ chain }: StackDescription) =>
  z.looseObject({
    scheme: z.literal('exact'),
    network: z.literal(networkOf(chain)),
    asset: sameText(chain.usdc),
    amount: atomicAmount,
    payTo: address,
    maxTimeoutSeconds: z.number().int().positive().max(OFFER_SECONDS_MAX),
    extra: z.looseObject({
      name: z.literal(developmentToken.name),
      version: z.literal(developmentToken.version),
      paymentFlow: z.literal('authorization').nullish(),
      assetTransferMethod: z.literal('eip3009').nullish(),
    }),
  });

/** The stack's chain in CAIP-2 form. */
export function networkOf({ chainId }: StackDescription['chain']): `eip155:${number}` {
  return `eip155:${chainId}`;
}

/**
 * Chooses what is paid: the first offer that the payer can pay and that is not above the limit. It alone may go to the
 * client, which would otherwise choose by rules of its own.
 *
 * @throws CommandError `usage` when there is none
 */
export function chooseOffer(
  required: PaymentRequired,
  stack: StackDescription,
  limit: bigint,
): PaymentRequirements {
  const read = challenge.safeParse(required);
  if (!read.success) {
    throw new CommandError(exitCodes.usage, 'Expected a challenge of x402 version 2 with a list of offers.');
  }
  const schema = payable(stack);
  const offers = read.data.accepts.flatMap((offered) => {
    const { data } = schema.safeParse(offered);
    return data === undefined ? [] : [data];
  });
  const [first] = offers;
  if (first === undefined) {
    throw new CommandError(
      exitCodes.usage,
      `The challenge asks for nothing that the development payer can pay: the scheme "exact" with tokens ${stack.chain.usdc} on ${networkOf(stack.chain)}.`,
    );
  }
  const chosen = offers.find(({ amount }) => BigInt(amount) <= limit);
  if (chosen !== undefined) return chosen;
  throw new CommandError(
    exitCodes.usage,
    `The challenge asks for ${formatAtomic(BigInt(first.amount))}, more than ${formatAtomic(limit)}; allow it with --max.`,
  );
}

const signedPayload = z.object({
  authorization: z.object({
    from: address,
    to: address,
    value: atomicAmount,
    validAfter: z.string().regex(/^\d{1,20}$/),
    validBefore: z.string().regex(/^\d{1,20}$/),
    nonce: z.string().regex(/^0x[0-9a-f]{64}$/),
  }),
  signature: z.string().regex(/^0x[0-9a-f]+$/),
});

/**
 * Makes sure that a payment is what was chosen and shown, and that nothing else was signed.
 *
 * @returns When it ends to be valid, in seconds since 1970
 * @throws CommandError `io` naming what differs; the payment must not be sent
 */
export async function requireSigned(
  payment: PaymentPayload,
  offer: PaymentRequirements,
  payer: Hex,
): Promise<number> {
  const read = signedPayload.safeParse(payment.payload);
  if (!read.success) throw otherThanChosen('form');
  const { authorization, signature } = read.data;
  const validBefore = BigInt(authorization.validBefore);
  const latest = BigInt(Math.floor(Date.now() / 1_000) + offer.maxTimeoutSeconds);
  const { accepted } = payment;
  const [nonce, from, to] = [authorization.nonce as Hex, payer, offer.payTo as Hex];
  const terms = { from, to, value: BigInt(offer.amount), validAfter: 0n, validBefore, nonce };
  const holds: Record<string, boolean> = {
    scheme: accepted.scheme === offer.scheme,
    network: accepted.network === offer.network,
    asset: accepted.asset === offer.asset,
    amount: accepted.amount === offer.amount && BigInt(authorization.value) === terms.value,
    receiver: accepted.payTo === offer.payTo && authorization.to.toLowerCase() === to.toLowerCase(),
    payer: authorization.from.toLowerCase() === from.toLowerCase(),
    time: BigInt(authorization.validAfter) === terms.validAfter && validBefore <= latest,
    signature: await isSigned(terms, offer, signature as Hex),
  };
  const differing = Object.keys(holds).filter((name) => holds[name] !== true);
  if (differing.length > 0) throw otherThanChosen(differing.join(', '));
  return Number(validBefore);
}

/** Whether the signature is the payer's over exactly these terms, in the domain of the token on the network. */
function isSigned(
  terms: { readonly from: Hex; readonly to: Hex; readonly value: bigint } & {
    readonly validAfter: bigint;
    readonly validBefore: bigint;
    readonly nonce: Hex;
  },
  offer: PaymentRequirements,
  signature: Hex,
): Promise<boolean> {
  const chainId = Number(offer.network.slice('eip155:'.length));
  const { name, version } = developmentToken;
  return verifyTypedData({
    address: terms.from,
    domain: { name, version, chainId, verifyingContract: offer.asset as Hex },
    types: authorizationTypes,
    primaryType: 'TransferWithAuthorization',
    message: terms,
    signature,
  }).catch(() => false);
}

function otherThanChosen(what: string): CommandError {
  return new CommandError(
    exitCodes.io,
    `The payment that was signed is another one than was checked (${what}); it was not used.`,
  );
}
