import { AppError, findingsOf, requestParts, type RequestParts } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';

/** What a payment is bound to of a request as it came over HTTP. */
export interface BoundCall {
  /** The body after transfer decoding and before content decoding. */
  readonly body: Uint8Array;
  /** SHA-256 of it in lower-case hex, where it is known: that of a large body takes time. */
  readonly bodyDigest?: string | undefined;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly target: string;
}

/** SHA-256 of the body, lower-case hex. */
export function bodyDigestOf({ body, bodyDigest }: Pick<BoundCall, 'body' | 'bodyDigest'>): string {
  return bodyDigest ?? bytesToHex(sha256(body));
}

/** The parts that a payment is bound to (protocol section 10), where they can be recorded in evidence. */
export function boundParts(modelVersionId: string, call: BoundCall) {
  const { method, target } = call;
  return requestParts.safeParse({
    bodyDigest: bodyDigestOf(call),
    method: method.toUpperCase(),
    modelVersionId,
    quoteId: null,
    target,
  });
}

/**
 * {@link boundParts} of a request that is about to be paid: a target that does not fit the evidence would only be noticed
 * after the money moved.
 *
 * @throws AppError `validation-failed`
 */
export function requireBoundParts(modelVersionId: string, call: BoundCall): RequestParts {
  const parts = boundParts(modelVersionId, call);
  if (parts.success) return parts.data;
  const details = findingsOf(parts.error);
  const member = details[0]?.pointer.split('/')[1] ?? '';
  throw new AppError('validation-failed', `The ${member} of the request cannot be recorded in evidence.`, {
    status: 400,
    details,
  });
}
