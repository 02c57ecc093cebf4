import { AppError } from '@touchstone/contracts';
import { transferClaimDomain, transferClaimTypes } from '@touchstone/contracts/transfer';
import {
  encodePaymentRequiredHeader,
  encodePaymentResponseHeader,
  PAYMENT_REQUIRED_CACHE_CONTROL,
} from '@x402/core/http';
import type { SettleResponse } from '@x402/core/types';
import type { Discovery } from '../domain/payment/discovery.js';
import type { PaymentChallenge } from '../domain/payment/payment-challenge.js';
import type { PaymentRequirements, Settlement } from '../domain/payment/payment.js';
import {
  TRANSFER_HEADER,
  V1_PAYMENT,
  type PaymentHeader,
  type TransferOffer,
} from '../domain/payment/transfers.js';

/** Cache-Control of a challenge, as the x402 library sets it. */
export const CHALLENGE_CACHE_CONTROL = PAYMENT_REQUIRED_CACHE_CONTROL;

/** The PAYMENT-REQUIRED header of a challenge, by the library's codec. */
export function paymentRequiredHeader({ challenge }: PaymentChallenge): string {
  const { requirements, resource, reason, transfer, discovery } = challenge;
  return encodePaymentRequiredHeader({
    x402Version: 2,
    error: reason,
    resource: { ...resource, mimeType: 'application/json' },
    accepts: [{ ...requirements, extra: { ...requirements.extra } }],
    ...((transfer ?? discovery) && {
      extensions: {
        ...(transfer && { [TRANSFER_EXTENSION]: transferExtension(transfer, requirements) }),
        ...(discovery && { [DISCOVERY_EXTENSION]: discoveryExtension(discovery) }),
      },
    }),
  });
}

/** Name of the extension by which catalogues of paid routes learn how a request looks. */
const DISCOVERY_EXTENSION = 'bazaar';

/** The extension `bazaar` of x402 (specs/extensions/bazaar.md): what it says, and the schema that this has to meet. */
function discoveryExtension({ example, schema }: Discovery) {
  return {
    info: { input: { type: 'http', method: 'POST', bodyType: 'json', body: example } },
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      required: ['input'],
      properties: {
        input: {
          type: 'object',
          required: ['type', 'method', 'bodyType', 'body'],
          additionalProperties: false,
          properties: {
            type: { type: 'string', const: 'http' },
            method: { type: 'string', enum: ['POST'] },
            bodyType: { type: 'string', enum: ['json'] },
            body: schema,
          },
        },
      },
    },
  };
}

/** Name under which a challenge says what a transfer has to meet; clients that do not know it pay as before. */
export const TRANSFER_EXTENSION = 'touchstone-transfer';

/** All that a payer needs to sign the claim of a transfer beside the transfer itself. */
function transferExtension(
  { requestDigest, confirmations, maxAgeSeconds, isBareTaken }: TransferOffer,
  { network }: PaymentRequirements,
) {
  return {
    info: {
      header: TRANSFER_HEADER,
      domain: transferClaimDomain(Number(network.split(':')[1])),
      types: transferClaimTypes,
      requestDigest,
      confirmations,
      maxAgeSeconds,
      ...(isBareTaken && { bareHash: true }),
    },
    schema: { type: 'object', required: ['header', 'domain', 'types', 'requestDigest'] },
  };
}

/** The payments that a request may bring. */
export interface SentPayments {
  /** PAYMENT-SIGNATURE. */
  readonly signature?: string | undefined;
  /** X-PAYMENT, of x402 version 1. */
  readonly v1?: string | undefined;
  readonly transferClaim?: string | undefined;
}

/**
 * The one payment of a request. Two would leave open which of them pays.
 *
 * @returns undefined where none came
 */
export function onePayment({ signature, v1, transferClaim }: SentPayments): PaymentHeader | undefined {
  const sent = [signature, v1, transferClaim].filter((payment) => payment !== undefined);
  if (sent.length > 1)
    throw new AppError(
      'payment-malformed',
      `Send one of PAYMENT-SIGNATURE, X-PAYMENT and ${TRANSFER_HEADER}; nothing was taken.`,
    );
  if (transferClaim !== undefined) return { transferClaim };
  return v1 === undefined ? signature : `${V1_PAYMENT}${v1}`;
}

/** The PAYMENT-RESPONSE header of a settlement, by the library's codec. */
export function paymentResponseHeader(settlement: Settlement): string {
  return encodePaymentResponseHeader(settlement as unknown as SettleResponse);
}
