import type { PaymentReference } from '@touchstone/contracts';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { SeedInferAnswer } from '@touchstone/contracts/http/seed';
import { paymentRemarks } from '@touchstone/contracts/transfer';
import { elementsText } from '../../../domain/inference/answer.js';
import type { Settlement } from '../../../domain/payment/payment.js';
import { dollars } from '../../usdc.js';
import { chainIdOf, networkName } from './network-names.js';

type SeedPayment = NonNullable<SeedInferAnswer['payment']>;

/**
 * An answer in the form of the seed API. It is made of the stored answer and its settlement alone, so that every repetition gives the
 * same bytes; the elements of outputs keep their texts (−0).
 *
 * @param body the stored answer
 */
export function seedAnswerText(
  body: Uint8Array,
  settlement: Settlement | undefined,
  withProof: boolean,
): string {
  const answer = JSON.parse(new TextDecoder().decode(body)) as InferAnswer;
  const { verificationId, model, timing, execution, payment, proof } = answer;
  const { id, name, version } = model;
  const signedAtMs = proof.timestamp * 1_000;
  const before = { success: true, verificationId, model: { id, name, version } };
  const inference = { prediction: answer.prediction ?? null, timeMs: timing.inferenceMs };
  const after: Omit<SeedInferAnswer, keyof typeof before | 'inference'> = {
    ...(withProof ? { proof: proofOf(answer) } : {}),
    payment: payment && presentPayment(payment, settlement, signedAtMs),
    timing: {
      inference: timing.inferenceMs,
      groth16Proof: execution?.prover.milliseconds ?? null,
      total: timing.totalMs + (execution?.prover.milliseconds ?? 0),
    },
  };
  const shown = `{"outputs":${outputsText(answer.outputs)},${JSON.stringify(inference).slice(1)}`;
  return `${JSON.stringify(before).slice(0, -1)},"inference":${shown},${JSON.stringify(after).slice(1)}`;
}

function outputsText(outputs: InferAnswer['outputs']): string {
  const [only] = outputs;
  if (only !== undefined && outputs.length === 1) return elementsText(only.data);
  return `{${outputs.map(({ name, data }) => `${JSON.stringify(name)}:${elementsText(data)}`).join(',')}}`;
}

function proofOf({ proof, execution, links }: InferAnswer): NonNullable<SeedInferAnswer['proof']> {
  return {
    type: execution === undefined ? 'signature' : 'groth16',
    signature: proof,
    groth16Proof: execution?.zk.proof ?? null,
    publicSignals: execution?.zk.publicSignals ?? null,
    vkDigest: execution?.circuit.vkDigest ?? null,
    setup: execution?.circuit.setup ?? null,
    proofIpfs: execution?.cid ?? null,
    // An answer is given out only with a proof that passed its verification.
    verified: execution === undefined ? null : true,
    evidence: links.evidence,
  };
}

/** A payment as the seed API shows it. */
export function presentPayment(
  payment: PaymentReference,
  settlement: Settlement | null | undefined,
  signedAtMs: number,
): SeedPayment {
  const { network, payer, payTo, amount } = payment;
  const transaction = settlement?.['transaction'];
  const settled = typeof transaction === 'string' && transaction !== '' ? transaction : null;
  const remarks = paymentRemarks.safeParse(settlement?.['remarks']).data;
  return {
    txHash: 'txHash' in payment ? `0x${payment.txHash}` : settled,
    amount: dollars(BigInt(amount)),
    currency: 'USDC',
    from: payer,
    to: payTo,
    network: networkName(network),
    chainId: chainIdOf(network),
    verifiedAt: new Date(signedAtMs).toISOString(),
    ...(remarks && { remarks }),
  };
}
