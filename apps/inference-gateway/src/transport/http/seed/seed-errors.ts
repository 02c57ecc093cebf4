import { Catch, Inject } from '@nestjs/common';
import type { Problem } from '@touchstone/contracts';
import type { SeedError } from '@touchstone/contracts/http/seed';
import { transferClaimDomain, transferClaimTypes } from '@touchstone/contracts/transfer';
import { ProblemFilter, renderProblem } from '@touchstone/platform/http';
import { LOGGER, type Logger } from '@touchstone/platform/observability';
import type { ServerResponse } from 'node:http';
import { PaymentChallenge } from '../../../domain/payment/payment-challenge.js';
import { TRANSFER_HEADER } from '../../../domain/payment/transfers.js';
import { dollars } from '../../usdc.js';
import { v1Members } from '../../x402-v1.js';
import { chainIdOf, networkName } from './network-names.js';

const PAYMENT_REQUIRED = 402;

/** Answers the errors of the seed API in its own form; headers are those of any problem. */
@Catch()
export class SeedErrors extends ProblemFilter {
  constructor(@Inject(LOGGER) logger: Logger) {
    super(logger);
  }

  protected override send(response: ServerResponse, error: unknown): void {
    const { problem, headers } = renderProblem(error);
    // Whatever is wrong with a payment, the one who paid is told what is to be paid, as one who did not.
    const code = error instanceof PaymentChallenge ? PAYMENT_REQUIRED : problem.status;
    const toPay = error instanceof PaymentChallenge ? { payment: priceOf(error) } : {};
    // What clients of x402 version 1 read stands beside.
    const offer = error instanceof PaymentChallenge ? v1Members(error) : undefined;
    const body = Buffer.from(JSON.stringify({ ...offer, ...seedErrorOf(problem, code), ...toPay }));
    response.writeHead(code, {
      ...headers,
      'content-type': 'application/json',
      'content-length': body.length,
    });
    response.end(body);
  }
}

/** A problem in the words of the seed API. */
export function seedErrorOf(problem: Problem, code = problem.status): Omit<SeedError, 'payment'> {
  const { title, detail, legacyCode, retryable, traceId, errors } = problem;
  return {
    success: false,
    error: code === PAYMENT_REQUIRED ? 'Payment required' : title,
    code,
    reason: legacyCode ?? problem.code.replaceAll('-', '_').toUpperCase(),
    details: detail,
    retryable,
    ...(traceId === undefined ? {} : { traceId }),
    ...(errors === undefined ? {} : { errors: [...errors] }),
  };
}

function priceOf({ challenge }: PaymentChallenge): NonNullable<SeedError['payment']> {
  const { requirements, transfer } = challenge;
  const { amount, payTo, network, asset } = requirements;
  const chainId = chainIdOf(network);
  return {
    amount: dollars(BigInt(amount)),
    currency: 'USDC',
    recipient: payTo.toLowerCase(),
    network: networkName(network),
    ...{ chainId, asset: asset.toLowerCase(), caip2: network },
    ...(transfer && {
      transfer: {
        header: TRANSFER_HEADER,
        requestDigest: transfer.requestDigest,
        domain: transferClaimDomain(chainId),
        types: transferClaimTypes,
        confirmations: transfer.confirmations,
        maxAgeSeconds: transfer.maxAgeSeconds,
        bareHash: transfer.isBareTaken,
      },
    }),
  };
}
