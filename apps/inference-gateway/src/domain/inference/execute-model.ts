import {
  AppError,
  type PaymentReference,
  type CanonicalTensor,
  type OutputContext,
  type OutputPayload,
  type OutputProof,
  type RequestParts,
} from '@touchstone/contracts';
import type { ProveMode } from '@touchstone/contracts/http/inference-gateway';
import { bytesToHex } from '@touchstone/crypto';
import { contextNonce, requestDigest, tensorsHash } from '@touchstone/evidence';
import type { CommitmentKeeper } from '../model/commitment-keeper.js';
import type { Model } from '../model/model.js';
import type { NodeStatus } from '../node/node-status.js';
import type { Execution } from './answer.js';
import { checkOutputs } from './check-outputs.js';
import type { ModelRunner } from './model-runner.js';
import type { Signer } from './signer.js';

const SALT_BYTES = 32;

/** What {@link ModelExecutor} needs. */
export interface ModelExecutorParts {
  readonly runner: ModelRunner;
  readonly signer: Signer;
  readonly commitments: CommitmentKeeper;
  readonly node: NodeStatus;
  readonly build: OutputContext['build'];
  readonly nowMs: () => number;
  /** A UUIDv7 of these Unix milliseconds. */
  readonly newId: (atMs: number) => string;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A request of which everything but the payment has been checked. */
export interface PreparedRequest {
  readonly model: Model;
  readonly inputs: readonly CanonicalTensor[];
  /** Hash of the inputs, where it is known: that of large ones takes time. */
  readonly inputHash?: string | undefined;
  readonly requestParts: RequestParts;
  /** Milliseconds on the monotonic clock when the request came. */
  readonly startedMs: number;
}

/** A request with what it costs, its proof included where that is made now. */
export interface PricedRequest extends PreparedRequest {
  readonly prove: ProveMode;
  readonly price: bigint;
}

/** Runs a model and has the output signed together with what the context says about it. */
export class ModelExecutor {
  constructor(private readonly parts: ModelExecutorParts) {}

  /** @throws AppError of the runner or the signer; nothing is stored here */
  async execute(request: PreparedRequest, payment: PaymentReference | null): Promise<Execution> {
    const { model, inputs, requestParts, startedMs } = request;
    const run = await this.parts.runner.run(model, inputs);
    const outputs = checkOutputs(model, run.outputs);
    const context: OutputContext = {
      salt: bytesToHex(this.parts.randomBytes(SALT_BYTES)),
      requestDigest: requestDigest(requestParts),
      payment,
      node: this.parts.node.current(),
      build: this.parts.build,
    };
    const proof = await this.sign({
      modelVersionId: model.modelVersionId,
      inputHash: request.inputHash ?? hashOf(inputs),
      outputHash: hashOf(outputs),
      nonce: contextNonce(context),
      timestamp: Math.floor(this.parts.nowMs() / 1_000),
    });
    const commitment = await this.parts.commitments.naming(model, proof.keyId);
    const takenMs = performance.now() - startedMs;
    return {
      // Its time is that of the request: whoever has the id can tell how long the evidence took from there.
      verificationId: this.parts.newId(Math.round(this.parts.nowMs() - takenMs)),
      model,
      inputs,
      outputs,
      proof,
      context,
      commitment,
      requestParts,
      payment,
      inferenceMs: roundMs(run.milliseconds),
      totalMs: roundMs(takenMs),
    };
  }

  /** A proof about anything else than what was asked must never be recorded under our name. */
  private async sign(payload: OutputPayload): Promise<OutputProof> {
    const proof = await this.parts.signer.signOutput(payload);
    const wrong = (Object.keys(payload) as (keyof OutputPayload)[]).find(
      (field) => proof[field] !== payload[field],
    );
    if (wrong !== undefined) {
      throw new AppError(
        'dependency-unavailable',
        `The signer answered with another ${wrong} than it was asked for.`,
      );
    }
    return proof;
  }
}

function hashOf(tensors: readonly CanonicalTensor[]): string {
  const hash = tensorsHash(tensors);
  if (!hash.ok) throw new AppError('inference-failed', `The tensors cannot be hashed: ${hash.error.detail}.`);
  return hash.value;
}

function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
