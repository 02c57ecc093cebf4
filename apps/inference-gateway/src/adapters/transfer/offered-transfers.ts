import { AppError, type ErrorDetail } from '@touchstone/contracts';
import {
  signedTransferClaim,
  transferTerms,
  type PresentedTransfer,
  type TransferTerms,
} from '@touchstone/contracts/transfer';
import {
  TRANSFER_HEADER,
  type TransferMode,
  type TransferOffer,
  type Transfers,
} from '../../domain/payment/transfers.js';
import { readSignedHeader } from '../../domain/payment/signed-header.js';

const BARE_HASH = /^0x[0-9a-f]{64}$/;

/** Reads the header of a transfer, and knows what a transfer has to meet once the payment-verifier said so. */
export class OfferedTransfers implements Transfers {
  private terms: TransferTerms | undefined;

  constructor(private readonly mode: TransferMode) {}

  /** Takes over what the payment-verifier says of itself; one of the version before says nothing about transfers. */
  learn(supported: Readonly<Record<string, unknown>>): void {
    this.terms = transferTerms.safeParse(supported['transfers']).data;
  }

  offer(requestDigest: string): TransferOffer | undefined {
    if (this.mode === 'off' || this.terms === undefined) return undefined;
    return { ...this.terms, requestDigest, isBareTaken: this.mode === 'bare' };
  }

  read(header: string): PresentedTransfer {
    if (this.mode === 'off') throw malformed('is not taken here; pay as x402 has it');
    if (BARE_HASH.test(header)) {
      if (this.mode !== 'bare')
        throw malformed('is a hash alone, which anybody can read on the chain; send the claim of its payer');
      return { txHash: header.slice(2) };
    }
    return readSignedHeader(header, signedTransferClaim, malformed);
  }
}

function malformed(problem: string, details: ErrorDetail[] = []): AppError {
  return new AppError('payment-malformed', `The header ${TRANSFER_HEADER} ${problem}; nothing was taken.`, {
    details,
    legacyCode: 'VERIFICATION_ERROR',
  });
}
