import {
  proofAnswer,
  proofOffer,
  type ProofAnswer,
  type ProofOffer,
} from '@touchstone/contracts/http/inference-gateway';
import { CommandError, exitCodes } from '../exit-codes.js';
import { fetchJson, readAnswer } from './running-stack.js';

const POLL_MS = 500;

const proofUrl = (gateway: string, verificationId: string): string =>
  `${gateway}/v1/verifications/${verificationId}/proof`;

/** What a gateway says about the proof of an answer. @throws CommandError `io` */
export const proofOfferOf = (gateway: string, verificationId: string): Promise<ProofOffer> =>
  fetchJson(proofUrl(gateway, verificationId), proofOffer);

/**
 * Waits until a proof is offered or there: a prover is examined when its gateway starts.
 *
 * @throws CommandError `pending` with the reason when that takes longer
 */
export async function offeredProof(
  gateway: string,
  verificationId: string,
  timeoutMs: number,
): Promise<ProofOffer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const offer = await proofOfferOf(gateway, verificationId);
    if (offer.status !== 'not-offered') return offer;
    if (Date.now() > deadline)
      throw new CommandError(exitCodes.pending, `No proof is offered: ${offer.reason}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What came of an order. */
export interface OrderedProof {
  readonly status: number;
  /** Undefined where it was refused. */
  readonly answer: ProofAnswer | undefined;
  /** Whether it was made before, and cost nothing. */
  readonly isReplayed: boolean;
  readonly response: Response;
}

/** Orders a proof, with a fetch that pays or with one that does not. */
export async function orderProof(
  fetchProof: typeof fetch,
  gateway: string,
  verificationId: string,
): Promise<OrderedProof> {
  const url = proofUrl(gateway, verificationId);
  const response = await fetchProof(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const { status } = response;
  const answer = status === 200 ? await readAnswer(url, proofAnswer, response) : undefined;
  const isReplayed = response.headers.get('idempotent-replayed') === 'true';
  return { status, answer, isReplayed, response };
}
