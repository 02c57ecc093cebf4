import { canonicalBytes } from '@touchstone/canonical-json';
import { findingsOf, shortText, visibleText, type SchemaError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types';
import { PaymentPayloadV2Schema, PaymentRequirementsV2Schema } from '@x402/core/schemas';
import { z } from 'zod';
import type { Payment, SignedAuthorization } from './payment.js';
import { reasons } from './reasons.js';
import { domainMismatch, type TokenDomain } from './token-domain.js';

/** Longest signature in bytes: a contract wallet may bring its own format, but not a calldata bomb. */
export const SIGNATURE_BYTES_MAX = 2_048;
/** Longest EIP-712 name or version of a token. */
export const TOKEN_DOMAIN_CHARACTERS_MAX = 64;
/** Longest explanation that is sent beside a reason. */
export const REASON_MESSAGE_CHARACTERS_MAX = 200;
const UINT256_MAX = 2n ** 256n - 1n;

/** What this facilitator takes: one chain, one token and, where the operator says so, only some recipients. */
export interface PaymentPolicy {
  readonly network: string;
  readonly asset: string;
  /** Lower-case addresses; empty allows every recipient. */
  readonly recipients: readonly string[];
  /** What the token says of itself; `undefined` while it was not asked. */
  readonly token?: () => TokenDomain | undefined;
}

/** The payment, or why it is refused before anybody is asked. */
export type PaymentReading =
  | { readonly ok: true; readonly payment: Payment }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly message: string;
      /** True when the objects are no x402 objects at all, false when they ask for something that is not offered. */
      readonly malformed: boolean;
    };

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex characters')
  .transform((text) => text.toLowerCase());
const uint256 = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/, { error: 'expected a decimal integer', abort: true })
  .refine((text) => BigInt(text) <= UINT256_MAX, 'expected an integer below 2^256');
const isSeconds = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
/** Seconds: text in the specification, a number from clients whose language writes one; the official code takes both. */
const seconds = z.preprocess((value) => (isSeconds(value) ? String(value) : value), uint256);
const exactPayload = z.object({
  signature: z
    .string()
    .regex(/^0x(?:[0-9a-fA-F]{2})+$/, 'expected 0x and hex of whole bytes')
    .max(2 + 2 * SIGNATURE_BYTES_MAX)
    .transform((text) => text.toLowerCase() as `0x${string}`),
  authorization: z.object({
    from: address,
    to: address,
    value: uint256,
    validAfter: seconds,
    validBefore: seconds,
    nonce: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex characters')
      .transform((text) => text.toLowerCase()),
  }),
});
/** What stands in a token's name is shown to payers; control characters and halves of characters no database stores. */
const tokenDomain = visibleText(TOKEN_DOMAIN_CHARACTERS_MAX);
const exactRequirements = z.object({
  asset: address,
  payTo: address,
  amount: uint256,
  extra: z.object({
    name: tokenDomain,
    version: tokenDomain,
  }),
});

const refused = (reason: string, message: string, malformed = false): PaymentReading => ({
  ok: false,
  reason,
  message,
  malformed,
});

/** The first finding with its place; values are not repeated, they are the sender's. */
function firstFinding(error: SchemaError, prefix: readonly string[] = []): string {
  const [first] = findingsOf(error, prefix);
  if (first === undefined) return 'The object does not fit its schema.';
  const place = first.pointer === '' ? 'The object' : first.pointer;
  return shortText(`${place}: ${first.detail}`, REASON_MESSAGE_CHARACTERS_MAX);
}

/**
 * Reads untrusted x402 objects. The official facilitator throws a TypeError on what it does not expect, so everything
 * that it will touch is checked here: first with the official schemas, then with the exact shape of an EIP-3009
 * authorisation.
 */
export function readPayment(policy: PaymentPolicy, payload: unknown, requirements: unknown): PaymentReading {
  if (requirements === undefined)
    return refused(reasons.requirements, 'There are no payment requirements.', true);
  if (
    typeof payload === 'object' &&
    payload !== null &&
    'x402Version' in payload &&
    payload.x402Version !== 2
  )
    return refused(reasons.version, 'Only x402 version 2 is spoken here.');
  const official = PaymentPayloadV2Schema.safeParse(payload);
  if (!official.success) return refused(reasons.payload, firstFinding(official.error), true);
  const asked = PaymentRequirementsV2Schema.safeParse(requirements);
  if (!asked.success) return refused(reasons.requirements, firstFinding(asked.error), true);
  if (asked.data.scheme !== 'exact') return refused(reasons.scheme, 'Only the scheme "exact" is offered.');
  if (asked.data.network !== policy.network)
    return refused(reasons.network, `Only the network ${policy.network} is served.`);
  if ('permit2Authorization' in official.data.payload || 'delegationManager' in official.data.payload)
    return refused(reasons.payloadType, 'Only EIP-3009 authorisations are taken.');
  const exact = exactPayload.safeParse(official.data.payload);
  if (!exact.success) return refused(reasons.payload, firstFinding(exact.error, ['payload']), true);
  const wanted = exactRequirements.safeParse(requirements);
  if (!wanted.success) return refused(reasons.requirements, firstFinding(wanted.error), true);
  if (wanted.data.asset !== policy.asset)
    return refused(reasons.requirements, `Only the asset ${policy.asset} is taken.`);
  const mismatch = domainMismatch(policy.token?.(), wanted.data.extra);
  if (mismatch !== undefined) return refused(mismatch.reason, mismatch.message);
  if (policy.recipients.length > 0 && !policy.recipients.includes(wanted.data.payTo))
    return refused(reasons.recipientNotAllowed, 'This facilitator does not settle for that recipient.');
  return {
    ok: true,
    payment: assemble(
      official.data as PaymentPayload,
      asked.data as PaymentRequirements,
      exact.data,
      wanted.data,
    ),
  };
}

function assemble(
  payload: PaymentPayload,
  requirements: PaymentRequirements,
  exact: z.output<typeof exactPayload>,
  wanted: z.output<typeof exactRequirements>,
): Payment {
  const { authorization, signature } = exact;
  return {
    network: requirements.network,
    asset: wanted.asset,
    payer: authorization.from,
    nonce: authorization.nonce.slice(2),
    // What moves is what the payer signed; the official verification compares it with what was asked.
    payTo: authorization.to,
    amount: BigInt(authorization.value),
    validAfter: BigInt(authorization.validAfter),
    validBefore: BigInt(authorization.validBefore),
    signature,
    authorizationDigest: bytesToHex(sha256(canonicalBytes(exact))),
    payload: { ...payload, payload: exact },
    requirements: {
      ...requirements,
      asset: wanted.asset,
      payTo: wanted.payTo,
      amount: wanted.amount,
      extra: { ...requirements.extra, ...wanted.extra },
    },
  };
}

/** What is kept of a payment with its reservation. */
export function authorizationOf({ payload, requirements }: Payment): SignedAuthorization {
  const { scheme, network, asset, payTo, amount, maxTimeoutSeconds, extra } = requirements;
  const { name, version } = extra as { name: string; version: string };
  const kept = { scheme, network, asset, payTo, amount, maxTimeoutSeconds, extra: { name, version } };
  return { payload: { x402Version: 2, accepted: kept, payload: payload.payload }, requirements: kept };
}

/** The payment of a reservation. What is stored was read before, so an object that does not fit is a defect. */
export function paymentOf({ payload, requirements }: SignedAuthorization): Payment {
  const exact = exactPayload.parse(payload.payload);
  return assemble(payload, requirements, exact, exactRequirements.parse(requirements));
}

/**
 * The request digest of a payment that came without a request, over the facilitator API: derived from the payment
 * itself, so that a replay is the same request and a payment that the gateway reserved is another one.
 */
export function digestOfPayment(payment: Payment): string {
  const { network, asset, requirements, authorizationDigest } = payment;
  return bytesToHex(
    sha256(
      canonicalBytes({
        type: 'touchstone.facilitator-request.v1',
        network,
        asset,
        authorizationDigest,
        payTo: requirements.payTo,
        amount: requirements.amount,
      }),
    ),
  );
}
