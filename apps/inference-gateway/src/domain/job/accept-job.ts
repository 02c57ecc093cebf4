import { AppError } from '@touchstone/contracts';
import { canonicalJson } from '@touchstone/canonical-json';
import { sha256TextHex } from '@touchstone/crypto';
import type { InferCall, InferModel } from '../inference/infer-model.js';
import { bodyDigestOf } from '../payment/bound-parts.js';
import { JOB_BODY_BYTES_MAX } from '../request/request-limits.js';
import { JOB_SETTLEMENT_MS, JOB_WAIT_MAX_MS, type Job, type JobStore } from './job.js';

/** Seconds after which a queue that is full is worth another question. */
const FULL_RETRY_AFTER_SECONDS = 5;

/** What {@link AcceptJob} needs. */
export interface AcceptJobParts {
  readonly store: Pick<JobStore, 'add' | 'room'>;
  readonly infer: Pick<InferModel, 'accept' | 'resume'>;
  /** The address of a webhook as it is called. @throws AppError `validation-failed` for one that is not */
  readonly checkCallback: (url: string) => string;
  readonly waitingMax: number;
  readonly nowMs: () => number;
  readonly newId: (atMs: number) => string;
  /** A job is there to be begun. */
  readonly onAdded: () => void;
}

/** Takes a request that is answered later, after everything was checked that the call itself would have been refused for. */
export class AcceptJob {
  constructor(private readonly parts: AcceptJobParts) {}

  /** @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid */
  async accept(call: InferCall): Promise<Job> {
    const { store, infer, checkCallback, nowMs, newId, waitingMax, onAdded } = this.parts;
    if (call.body.length > JOB_BODY_BYTES_MAX) throw tooLarge(call.body.length);
    const requestKey = requestKeyOf(call);
    // A transfer was refused, or nothing is paid here.
    const paymentHeader = requestKey === undefined ? undefined : (call.paymentHeader as string);
    const { known, waiting } = await store.room(requestKey);
    if (known !== undefined) return this.again(known, call);
    const { callback } = call.request;
    const callbackUrl = callback && checkCallback(callback.url);
    if (waiting >= waitingMax) throw full(waitingMax);
    const { modelId, body, target } = call;
    const job = await infer.accept(call, async (validBefore) => {
      const createdAtMs = nowMs();
      const added = await store.add(
        {
          ...{ id: newId(createdAtMs), modelId, body, target, paymentHeader, requestKey, callbackUrl },
          ...{ createdAtMs, startBeforeMs: startBefore(createdAtMs, validBefore) },
        },
        waitingMax,
      );
      if (added === 'full') throw full(waitingMax);
      return added;
    });
    onAdded();
    return job;
  }

  /**
   * A settlement's calldata holds all of a payment, so anybody may bring it and guess what it was made for. Once there
   * is an answer, the payment-verifier counts the guesses, as for the call itself.
   */
  private async again(known: Job, call: InferCall): Promise<Job> {
    if (known.status === 'succeeded') await this.parts.infer.resume(call);
    return known;
  }
}

/** @param validBefore Unix seconds as a decimal string; undefined where nothing is paid */
function startBefore(nowMs: number, validBefore: string | undefined): number {
  const latest = nowMs + JOB_WAIT_MAX_MS;
  if (validBefore === undefined) return latest;
  return Math.min(latest, Number(validBefore) * 1_000 - JOB_SETTLEMENT_MS);
}

function requestKeyOf(call: InferCall): string | undefined {
  const { paymentHeader, method, target } = call;
  if (typeof paymentHeader !== 'string') return undefined;
  const bodyDigest = bodyDigestOf(call);
  return sha256TextHex(canonicalJson({ bodyDigest, method: method.toUpperCase(), paymentHeader, target }));
}

function tooLarge(bytes: number): AppError {
  return new AppError(
    'body-too-large',
    `A request that is answered later has at most ${JOB_BODY_BYTES_MAX} bytes, and this one has ${bytes}; leave out "async".`,
  );
}

function full(waitingMax: number): AppError {
  return new AppError(
    'queue-full',
    `${waitingMax} jobs wait already; nothing was charged. Repeat the same request with the same payment.`,
    { retryAfterSeconds: FULL_RETRY_AFTER_SECONDS },
  );
}
