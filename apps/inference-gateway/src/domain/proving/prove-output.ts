import { AppError, type PaymentReference } from '@touchstone/contracts';
import { bindSignal, outputDigest, requestDigest } from '@touchstone/evidence';
import type { ProveMode } from '@touchstone/contracts/http/inference-gateway';
import type { AnswerLinks, AnswerProof, Execution } from '../inference/answer.js';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import type { Model, ProvableCircuit } from '../model/model.js';
import { boundParts, requireBoundParts, type BoundCall } from '../payment/bound-parts.js';
import type { PaidRequests } from '../payment/paid-requests.js';
import type { PresentedPayment } from '../payment/presented-payment.js';
import { requirementsFor, type PaymentTerms } from '../payment/payment.js';
import type { Reply } from '../payment/reply.js';
import type { PaymentHeader } from '../payment/transfers.js';
import type { ExecutionProof, ExecutionProofStore, ProvableOutput } from './execution-proof.js';
import { proofAnswerBytes, provenExecution } from './proof-answer.js';
import type { Prover } from './prover.js';

/** Milliseconds that a claim outlives the longest proof, for what is done before and after it. */
const CLAIM_MARGIN_MS = 10_000;

/** Seconds after which it is worth asking again for a proof that somebody else has made. */
const CLAIMED_RETRY_AFTER_SECONDS = 2;

/** Seconds after which a prover may have passed its examination. */
const EXAMINED_RETRY_AFTER_SECONDS = 30;

/** A request for a proof as it came. */
export interface ProveCall extends BoundCall {
  readonly verificationId: string;
  readonly paymentHeader: PaymentHeader | undefined;
}

/** What is known about the proof of an answer before anybody asks for it. */
export type Offer =
  | { readonly status: 'proved' }
  | {
      readonly status: 'offered';
      readonly price: bigint;
      readonly expectedMs: number;
      readonly model: Provable;
    }
  | {
      readonly status: 'not-offered';
      readonly reason: string;
      /** Whether it may be offered in a moment. */
      readonly isPassing?: boolean;
    };

type Provable = Model & { readonly circuit: ProvableCircuit };

/** What {@link ProveOutput} needs. */
export interface ProveOutputParts {
  readonly catalogue: Pick<ModelCatalogue, 'ofVersion'>;
  readonly prover: Prover;
  /** Longest time of a proof, its wait included. */
  readonly timeoutMs: number;
  /** Share of samples on which a circuit has to agree with the floats of its file. */
  readonly agreementMin: number;
  readonly proofs: ExecutionProofStore;
  readonly links: AnswerLinks;
  readonly nowMs: () => number;
  /** A UUIDv7 of these Unix milliseconds. */
  readonly newId: (atMs: number) => string;
  /** Undefined when payment is off. */
  readonly paid: { readonly requests: PaidRequests; readonly terms: PaymentTerms } | undefined;
}

/**
 * Proves an answer of the past. A proof is paid for like an answer, and settled only when it passed its verification, so that
 * nothing has to be given back. It is made once for everybody: whoever asks afterwards has it for nothing.
 */
export class ProveOutput {
  constructor(private readonly parts: ProveOutputParts) {}

  /** @throws AppError `unknown-verification` */
  async offer(verificationId: string): Promise<Offer> {
    const output = await this.output(verificationId);
    if ((await this.parts.proofs.findProved(verificationId)) !== undefined) return { status: 'proved' };
    return this.offerOf(output);
  }

  /** What proofs of a model's answers cost and take; undefined where none are made. */
  quote(model: Model): { readonly price: bigint; readonly expectedMs: number } | undefined {
    if (model.circuit?.keys === undefined || this.deviationOf(model) !== undefined) return undefined;
    const expectedMs = this.parts.prover.expectedMs(model);
    return expectedMs === undefined ? undefined : { price: this.priceOf(model), expectedMs };
  }

  /** @throws AppError; a PaymentChallenge when something is to be paid */
  async prove(call: ProveCall): Promise<Reply> {
    const { paid, proofs } = this.parts;
    const { verificationId, target } = call;
    const presented =
      call.paymentHeader === undefined ? undefined : paid?.requests.present(call.paymentHeader);
    // What was paid for is given before anything else is looked at.
    const earlier =
      presented &&
      (await paid?.requests.resume({
        ...{ description: descriptionOf(verificationId), target, presented },
        partsFor: (modelVersionId) => boundParts(modelVersionId, call).data,
      }));
    if (earlier !== undefined) return earlier;
    const output = await this.output(verificationId);
    const proved = await proofs.findProved(verificationId);
    if (proved !== undefined)
      return { kind: 'answered', body: proved, settlement: undefined, replayed: true };
    const offer = this.offerOf(output);
    if (offer.status === 'not-offered') throw notOffered(offer);
    if (paid === undefined || offer.price === 0n) return this.proveFree(output, offer.model);
    return this.provePaid(output, offer, { call, paid, presented });
  }

  /**
   * What the proof of an answer costs that a model is about to give.
   *
   * @throws AppError `not-provable`, `dependency-unavailable`
   */
  requireProvable(model: Model): { readonly price: bigint } {
    const offer = this.offerOfModel(model);
    if (offer.status === 'not-offered') throw notOffered(offer);
    return offer;
  }

  /**
   * Proves an answer that nobody has seen yet, when that was asked for. Nothing is stored here.
   *
   * @returns what the answer says of its proof, and the proof to be stored with it
   */
  async proveExecution(
    { verificationId, model, inputs, outputs, proof, context, payment }: Execution,
    mode: ProveMode,
  ): Promise<{ readonly answer: AnswerProof; readonly proof?: ExecutionProof }> {
    if (mode !== 'now') return { answer: { isForLater: mode === 'later' } };
    const { prover, links, nowMs, newId } = this.parts;
    const provable = model as Provable;
    const bind = bindSignal(outputDigest(proof, proof.domain), context.requestDigest);
    const made = await prover.prove({ model, inputs, outputs, bind });
    const createdAtMs = nowMs();
    return {
      answer: { execution: provenExecution(provable.circuit, made), isForLater: false },
      proof: {
        ...{ id: newId(createdAtMs), verificationId, modelVersionId: model.modelVersionId, createdAtMs },
        body: proofAnswerBytes({ verificationId, model: provable, payment }, made, links),
        event: { verificationId, zk: made.zk },
      },
    };
  }

  private async output(verificationId: string): Promise<ProvableOutput> {
    const output = await this.parts.proofs.findOutput(verificationId);
    if (output === undefined)
      throw new AppError('unknown-verification', `There is no verification ${verificationId}.`);
    return output;
  }

  private offerOf({
    state,
    tensors,
    modelId,
    modelVersionId,
  }: ProvableOutput): Exclude<Offer, { status: 'proved' }> {
    if (state === 'executed' || state === 'payment-failed')
      return none('The answer is not paid for, so nothing about it is given out.');
    const model = this.parts.catalogue.ofVersion(modelId, modelVersionId);
    if (model === undefined)
      return none(`The version of ${modelId} that gave the answer is not served here any more.`);
    if (model.circuit !== undefined && tensors === undefined)
      return none(
        'The answer is of before inputs were kept; prove it from its evidence with `touchstone zk prove`.',
      );
    return this.offerOfModel(model);
  }

  private offerOfModel(model: Model): Exclude<Offer, { status: 'proved' }> {
    const { id } = model.manifest;
    if (model.circuit === undefined)
      return none(`${id} has no circuit: ask a version in whole numbers (docs/integer-models.md).`);
    if (model.circuit.keys === undefined)
      return none(
        `${id} has a circuit, and no proving key here; whoever has one uses \`touchstone zk prove\`.`,
      );
    const tooFar = this.deviationOf(model);
    if (tooFar !== undefined) return none(tooFar);
    const quote = this.quote(model);
    if (!this.parts.prover.isThere) return none('No prover works here.');
    if (quote === undefined)
      return { ...none('The prover is being examined, or did not pass; ask again later.'), isPassing: true };
    return { status: 'offered', ...quote, model: model as Provable };
  }

  /** Why a proof would say too little of the model that was uploaded; undefined where it is near enough. */
  private deviationOf({ circuit, manifest: { id } }: Model): string | undefined {
    const { agreementMin } = this.parts;
    const agreement = circuit?.deviation?.agreement;
    if (agreement === undefined && agreementMin > 0)
      return `Nothing says how far the whole numbers of ${id} are from the floats of its file (\`touchstone zk deviation\`).`;
    if (agreement !== undefined && agreement < agreementMin)
      return `The whole numbers of ${id} agree with the floats of its file on a share of ${agreement} of the samples; proofs are made from ${agreementMin} on.`;
    return undefined;
  }

  private priceOf(model: Model): bigint {
    return this.parts.paid === undefined ? 0n : BigInt(model.manifest.proofPriceAtomic ?? '0');
  }

  private async proveFree(output: ProvableOutput, model: Provable): Promise<Reply> {
    const proof = await this.make(output, model, null, async (made) => {
      await this.parts.proofs.record(made);
      return made;
    });
    return { kind: 'answered', body: proof.body, settlement: undefined, replayed: false };
  }

  private provePaid(
    output: ProvableOutput,
    { price, model }: Extract<Offer, { status: 'offered' }>,
    {
      call,
      paid: { requests, terms },
      presented,
    }: {
      call: ProveCall;
      paid: NonNullable<ProveOutputParts['paid']>;
      presented: PresentedPayment | undefined;
    },
  ): Promise<Reply> {
    const parts = requireBoundParts(output.modelVersionId, call);
    return requests.take(
      {
        requirements: requirementsFor(price, terms),
        description: descriptionOf(output.verificationId),
        requestParts: parts,
        make: (reservationId, payment) =>
          this.make(output, model, payment, (proof) =>
            this.parts.proofs.storeExecuted(proof, {
              ...{ reservationId, payment, requestDigest: requestDigest(parts) },
            }),
          ),
      },
      presented,
    );
  }

  /**
   * One proof of an output at a time, until it is stored, and none beside one whose payment is being settled: two callers
   * would both pay for the same.
   */
  private async make<Stored>(
    output: ProvableOutput,
    model: Provable,
    payment: PaymentReference | null,
    store: (proof: ExecutionProof) => Promise<Stored>,
  ): Promise<Stored> {
    const { proofs, prover, links, nowMs, newId, timeoutMs } = this.parts;
    const { verificationId, modelVersionId } = output;
    const startedMs = nowMs();
    const id = newId(startedMs);
    if (!(await proofs.claim(verificationId, id, startedMs + timeoutMs + CLAIM_MARGIN_MS)))
      throw madeByOthers('is being made; ask again in a moment');
    try {
      if (await proofs.isMade(verificationId))
        throw madeByOthers('was made by somebody else; ask again in a moment');
      const { inputs, outputs } = output.tensors as NonNullable<ProvableOutput['tensors']>;
      const bind = bindSignal(outputDigest(output.proof, output.proof.domain), output.requestDigest);
      const made = await prover.prove({ model, inputs, outputs, bind });
      return await store({
        ...{ id, verificationId, modelVersionId, createdAtMs: nowMs() },
        body: proofAnswerBytes({ verificationId, model, payment }, made, links),
        event: { verificationId, zk: made.zk },
      });
    } finally {
      await proofs.unclaim(verificationId, id);
    }
  }
}

const none = (reason: string) => ({ status: 'not-offered', reason }) as const;

/** Whoever pays while somebody else has it made shall have it for nothing. */
const madeByOthers = (how: string): AppError =>
  new AppError(
    'conflict',
    `A proof of this answer ${how}: once it is paid for, everybody has it for nothing.`,
    {
      retryAfterSeconds: CLAIMED_RETRY_AFTER_SECONDS,
    },
  );

function notOffered({ reason, isPassing }: Extract<Offer, { status: 'not-offered' }>): AppError {
  if (isPassing !== true) return new AppError('not-provable', reason);
  return new AppError('dependency-unavailable', reason, { retryAfterSeconds: EXAMINED_RETRY_AFTER_SECONDS });
}

const descriptionOf = (verificationId: string): string => `Proof of ${verificationId}`;
