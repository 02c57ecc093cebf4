import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { AppError, findingsOf, type ErrorDetail } from '@touchstone/contracts';
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

/** Largest header of a transfer in characters; one of an ordinary wallet has about 800. */
export const TRANSFER_HEADER_CHARACTERS_MAX = 8_192;

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
    if (header.length > TRANSFER_HEADER_CHARACTERS_MAX)
      throw malformed(`has ${header.length} characters, at most ${TRANSFER_HEADER_CHARACTERS_MAX} are read`);
    if (BARE_HASH.test(header)) {
      if (this.mode !== 'bare')
        throw malformed('is a hash alone, which anybody can read on the chain; send the claim of its payer');
      return { txHash: header.slice(2) };
    }
    const bytes = Buffer.from(header, 'base64');
    if (bytes.toString('base64') !== header) throw malformed('is not padded base64');
    const json = parseStrictJson(bytes, { maxBytes: TRANSFER_HEADER_CHARACTERS_MAX });
    if (!json.ok) throw malformed('is not JSON in base64');
    const parsed = signedTransferClaim.safeParse(json.value);
    if (!parsed.success) {
      const details = findingsOf(parsed.error);
      const [first] = details;
      throw malformed(`does not fit at "${first?.pointer ?? ''}": ${first?.detail ?? ''}`, details);
    }
    // One claim has one header, or two of them could not be told to be the same.
    if (canonicalJson(parsed.data) !== bytes.toString('utf8'))
      throw malformed('is not canonical JSON (RFC 8785)');
    return parsed.data;
  }
}

function malformed(problem: string, details: ErrorDetail[] = []): AppError {
  return new AppError('payment-malformed', `The header ${TRANSFER_HEADER} ${problem}; nothing was taken.`, {
    details,
    legacyCode: 'VERIFICATION_ERROR',
  });
}
