import type { AskedTransfer, PresentedTransfer } from '@touchstone/contracts/transfer';
import type { CheckSignature } from './check-signature.js';
import { isClaimed, presentationDigest, transactionOf, type TransferPayment } from './direct-transfer.js';
import {
  judgeTransfer,
  nonceOf,
  type SeenTransaction,
  type TokenTransfer,
  type TransferLimits,
  type TransferRefusal,
} from './judge-transfer.js';
import type { AuthorizeOutcome, KnownPayments } from './known-payments.js';
import type { PaymentPolicy } from './read-payment.js';
import type {
  PaymentMetrics,
  ReservationStore,
  SettlementChain,
  TransferReader,
  TransferStore,
} from './ports.js';
import { reasons } from './reasons.js';
import { decideClaim, type ClaimDecision, type Reservation } from './reservation.js';

/** What a request gets for a transfer. */
export type TransferOutcome = AuthorizeOutcome | ({ readonly outcome: 'refused' } & TransferRefusal);

/** What {@link AuthorizeTransfer} uses. */
export interface AuthorizeTransferParts {
  readonly store: Pick<ReservationStore, 'claim' | 'reject'>;
  readonly transfers: Pick<TransferStore, 'ofTransaction'>;
  readonly reader: Pick<TransferReader, 'look'>;
  readonly chain: Pick<SettlementChain, 'fateOf'>;
  readonly signatures: Pick<CheckSignature, 'signedBy'>;
  readonly known: KnownPayments;
  readonly policy: PaymentPolicy;
  readonly limits: TransferLimits;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly leaseMs: number;
}

const refused = (
  code: TransferRefusal['code'],
  reason: string,
  message: string,
): { readonly outcome: 'refused' } & TransferRefusal => ({ outcome: 'refused', code, reason, message });

const NOT_THERE = refused(
  'TX_NOT_FOUND',
  reasons.transferDropped,
  'The transfer stands in no block that holds; should one take it up, this request gets its answer.',
);

/**
 * Reserves a transfer that its payer made for one request. The hash of a transaction is public, so whoever brings one
 * shows by his signature that he is the payer and that this request is what he pays for. Unlike an authorisation, a
 * transfer can be verified whole before anything is stored: nothing can use it up meanwhile but another reservation,
 * and of those the unique key lets one in.
 */
export class AuthorizeTransfer {
  constructor(private readonly parts: AuthorizeTransferParts) {}

  /** @throws AppError `dependency-unavailable`, `rate-limited` */
  async authorize(
    presented: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome> {
    const startedAt = performance.now();
    let outcome = 'error';
    try {
      const result = await this.judged(presented, asked, requestDigest);
      outcome = result.outcome === 'refused' || result.outcome === 'invalid' ? 'invalid' : 'valid';
      if (result.outcome === 'refused') this.parts.metrics.payment('invalid', result.reason);
      return result;
    } finally {
      this.parts.metrics.verified((performance.now() - startedAt) / 1_000, outcome);
    }
  }

  private async judged(
    presented: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome> {
    const { transfers, reader, limits, nowMs } = this.parts;
    const wrong = this.notOffered(asked) ?? (await this.notClaimed(presented, asked, requestDigest));
    if (wrong !== undefined) return wrong;
    const transaction = transactionOf(presented);
    const known = await transfers.ofTransaction(asked.network, asked.asset, transaction);
    const earlier = known.find((row) => isPresentedAgain(row, presented, requestDigest));
    // What was taken once is told by its reservation: neither its age nor the deadline of the claim matter any more.
    if (earlier !== undefined)
      return this.reserve(presented, paymentOfRow(earlier, presented), requestDigest);
    const nowSeconds = BigInt(Math.floor(nowMs() / 1_000));
    if (isClaimed(presented) && BigInt(presented.claim.deadline) < nowSeconds)
      return refused('VERIFICATION_ERROR', 'claim_expired', 'The deadline of the claim has passed.');
    const seen = await reader.look(asked.asset, transaction);
    const verdict = judgeTransfer(seen, presented, asked, limits, nowSeconds);
    if (!verdict.ok) return { outcome: 'refused', ...verdict.refusal };
    // A claim names its transfer; with a hash alone one is looked for that paid for nothing yet.
    const candidates = isClaimed(presented)
      ? verdict.candidates
      : verdict.candidates.filter(({ position }) =>
          known.every(({ transfer }) => transfer?.position !== position),
        );
    return this.firstFree(presented, asked, requestDigest, seen as SeenTransaction, candidates);
  }

  private notOffered({ network, asset, payTo }: AskedTransfer): TransferOutcome | undefined {
    const { policy } = this.parts;
    if (network !== policy.network || asset !== policy.asset)
      return refused(
        'VERIFICATION_ERROR',
        reasons.requirements,
        `Only ${policy.asset} on ${policy.network} is taken.`,
      );
    if (policy.recipients.length > 0 && !policy.recipients.includes(payTo))
      return refused('WRONG_RECIPIENT', reasons.recipientNotAllowed, 'Nothing is taken for that recipient.');
    return undefined;
  }

  private async notClaimed(
    presented: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome | undefined> {
    if (!isClaimed(presented)) return undefined;
    const { claim, signature } = presented;
    if (claim.requestDigest !== requestDigest)
      return refused(
        'VERIFICATION_ERROR',
        'claim_for_other_request',
        `The claim is for the request ${claim.requestDigest}, this one is ${requestDigest}.`,
      );
    if (claim.payTo !== asked.payTo)
      return refused(
        'WRONG_RECIPIENT',
        'claim_recipient_mismatch',
        `The claim names ${claim.payTo}, asked for is ${asked.payTo}.`,
      );
    const signed = { claim, signature, network: asked.network, payer: claim.payer };
    if ((await this.parts.signatures.signedBy(signed)) !== 'nobody') return undefined;
    return refused('VERIFICATION_ERROR', 'claim_signature', `${claim.payer} did not sign this claim.`);
  }

  /** With a hash alone any transfer of the transaction may pay; each pays once. */
  private async firstFree(
    presented: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
    seen: SeenTransaction,
    candidates: readonly TokenTransfer[],
  ): Promise<TransferOutcome> {
    let result: TransferOutcome = { outcome: 'bound-to-other-request' };
    for (const candidate of candidates) {
      result = await this.reserve(presented, paymentFor(candidate, presented, asked, seen), requestDigest);
      if (result.outcome !== 'bound-to-other-request') break;
    }
    return result;
  }

  private async reserve(
    presented: PresentedTransfer,
    payment: TransferPayment,
    requestDigest: string,
  ): Promise<TransferOutcome> {
    const { store, known, nowMs, leaseMs, newId, metrics } = this.parts;
    const now = nowMs();
    const draft = { id: newId(), payment, requestDigest, leaseUntilMs: now + leaseMs, nowMs: now };
    const claim = await store.claim(
      { ...draft, verified: true, fromBlock: payment.transfer.block.number },
      (existing) => decideTransfer(existing, presented, { requestDigest, nowMs: now }),
    );
    if (!claim.taken) {
      const told = await known.tell(claim.reservation, claim.decision);
      return told.outcome === 'invalid' && told.reason === reasons.transferDropped ? NOT_THERE : told;
    }
    const { reservation } = claim;
    // Verified moments ago, or reserved earlier: then a reorganisation may have dropped it since.
    if (reservation.id !== draft.id && (await this.parts.chain.fateOf(reservation)).kind !== 'paid') {
      await store.reject(reservation.id, reservation.leaseUntilMs, reasons.transferDropped, nowMs());
      return NOT_THERE;
    }
    metrics.payment('reserved', 'none');
    return { outcome: 'reserved', reservation };
  }
}

/** Who brings the hash alone gets nothing of what somebody paid for by a claim or by an authorisation. */
function decideTransfer(
  existing: Reservation,
  presented: PresentedTransfer,
  claimant: Parameters<typeof decideClaim>[1],
): ClaimDecision {
  if (!isClaimed(presented) && existing.transfer?.isPayerProven !== false) return { kind: 'bound' };
  return decideClaim(existing, claimant);
}

function isPresentedAgain(
  { transfer, payer, requestDigest }: Reservation,
  presented: PresentedTransfer,
  digest: string,
): boolean {
  if (isClaimed(presented))
    return transfer?.logIndex === presented.claim.logIndex && payer === presented.claim.payer;
  return requestDigest === digest && transfer?.isPayerProven === false;
}

function paymentFor(
  candidate: TokenTransfer,
  presented: PresentedTransfer,
  { network, asset }: AskedTransfer,
  { block }: SeenTransaction,
): TransferPayment {
  const transaction = transactionOf(presented);
  const { from: payer, to: payTo, amount, logIndex, position } = candidate;
  return {
    ...{ network, asset, payer, payTo, amount },
    nonce: nonceOf(candidate, transaction),
    ...presentedAs(presented),
    transfer: { transaction, logIndex, position, isPayerProven: isClaimed(presented), block },
  };
}

/** A transfer that was reserved before, as it is brought now. */
function paymentOfRow(row: Reservation, presented: PresentedTransfer): TransferPayment {
  const { network, asset, payer, payTo, amount, nonce, transfer } = row;
  if (transfer === null) throw new Error('The reservation is not of a direct transfer.');
  return {
    ...{ network, asset, payer, payTo, amount, nonce },
    ...presentedAs(presented),
    transfer: { ...transfer, isPayerProven: transfer.isPayerProven || isClaimed(presented) },
  };
}

function presentedAs(presented: PresentedTransfer) {
  return {
    validBefore: isClaimed(presented) ? BigInt(presented.claim.deadline) : 0n,
    authorizationDigest: presentationDigest(presented),
  };
}
