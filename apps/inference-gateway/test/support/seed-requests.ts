import { expect } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import {
  seedError,
  seedInferAnswer,
  type SeedError,
  type SeedInferAnswer,
} from '@touchstone/contracts/http/seed';
import { randomBytes } from 'node:crypto';
import type { Gateway } from './gateway-fixture.js';
import { digitValues } from './paid-requests.js';
import { PayingClient } from './paying-client.js';

/** Who makes the transfers. */
export const TRANSFER_PAYER = `0x${'44'.repeat(20)}`;

/** A request of the seed API that the model `digits` takes. */
export const seedDigits = { inputs: digitValues };

/** The answer to a request of the seed API. */
export async function seedAnswerOf(response: Response): Promise<SeedInferAnswer> {
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)]);
  return seedInferAnswer.parse(await response.json());
}

/** The refusal of a request of the seed API. */
export async function seedErrorOf(response: Response): Promise<SeedError> {
  expect(response.headers.get('content-type')).toBe('application/json');
  const error = seedError.parse(await response.json());
  expect(error.code).toBe(response.status);
  return error;
}

/** Requests of the seed API to one gateway. */
export class SeedRequests {
  constructor(private readonly gateway: Gateway) {}

  ask(
    body: unknown = seedDigits,
    headers: Record<string, string> = {},
    path = '/infer/digits',
  ): Promise<Response> {
    return this.gateway.post(path, body, headers);
  }

  async get(path: string): Promise<unknown> {
    return (await this.gateway.get(path)).json();
  }

  /** The headers of a payment of x402 that fits. */
  async paid(body: unknown = seedDigits, path = '/infer/digits'): Promise<Record<string, string>> {
    return new PayingClient().headerFor(await this.ask(body, {}, path));
  }

  /** A body with the hash of a transfer, and the claim of its payer for it. */
  async claimed(
    body: object = seedDigits,
    path = '/infer/digits',
    txHash = randomBytes(32).toString('hex'),
    spelled = txHash,
  ) {
    const withHash = { ...body, paymentTxHash: `0x${spelled}` };
    const { payment } = await seedErrorOf(await this.ask(withHash, {}, path));
    const signed = {
      claim: {
        ...{ txHash, logIndex: 5, payer: TRANSFER_PAYER, payTo: payment?.recipient },
        ...{ deadline: 4_000_000_000, requestDigest: payment?.transfer?.requestDigest },
      },
      signature: `0x${'11'.repeat(65)}`,
    };
    const header = Buffer.from(canonicalJson(signed)).toString('base64');
    return { txHash: `0x${txHash}`, body: withHash, headers: { 'touchstone-transfer-claim': header } };
  }
}
