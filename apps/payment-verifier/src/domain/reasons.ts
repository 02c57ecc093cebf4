import type { Charged } from '@touchstone/contracts';
import { TRANSFER_DROPPED } from '@touchstone/contracts/transfer';

/**
 * Why a payment is refused. The `invalid_exact_evm_*` codes are those of the official packages, spelt as they spell
 * them; the others come from section 9 of the x402 specification or are ours.
 */
export const reasons = {
  signature: 'invalid_exact_evm_signature',
  nonceAlreadyUsed: 'invalid_exact_evm_nonce_already_used',
  validBefore: 'invalid_exact_evm_payload_authorization_valid_before',
  insufficientBalance: 'invalid_exact_evm_insufficient_balance',
  simulationFailed: 'invalid_exact_evm_transaction_simulation_failed',
  transactionFailed: 'invalid_exact_evm_transaction_failed',
  settlementPending: 'settlement_pending',
  payload: 'invalid_payload',
  requirements: 'invalid_payment_requirements',
  version: 'invalid_x402_version',
  network: 'invalid_network',
  scheme: 'unsupported_scheme',
  payloadType: 'unsupported_payload_type',
  /** The payer cancelled the authorisation on chain. */
  canceled: 'authorization_canceled',
  /** The nonce was used on chain for a transfer that is not this payment. */
  usedOtherwise: 'authorization_used_for_other_transfer',
  tokenName: 'invalid_exact_evm_token_name_mismatch',
  tokenVersion: 'invalid_exact_evm_token_version_mismatch',
  boundToOtherRequest: 'payment_bound_to_other_request',
  recipientNotAllowed: 'recipient_not_allowed',
  /** A reorganisation dropped a direct transfer. */
  transferDropped: TRANSFER_DROPPED,
} as const;

/** Reasons that a metric may carry; anything else is counted as `other`, so that labels stay bounded. */
export const countedReasons: ReadonlySet<string> = new Set<string>([
  ...Object.values(reasons),
  'invalid_exact_evm_scheme',
  'invalid_exact_evm_network_mismatch',
  'invalid_exact_evm_missing_eip712_domain',
  'invalid_exact_evm_recipient_mismatch',
  'invalid_exact_evm_payload_authorization_valid_after',
  'invalid_exact_evm_payload_authorization_value_mismatch',
  'invalid_exact_evm_eip3009_not_supported',
  'invalid_exact_evm_transfer_event_mismatch',
  'asset_not_deployed_contract',
  'eip6492_factory_not_allowed',
]);

/** Failures that the chain may undo: somebody else sends the transfer, or a block takes a dropped one up. */
export const undoableReasons: readonly string[] = [reasons.transactionFailed, reasons.transferDropped];

/** Refusals that rest on the state of the chain: only the chain can tell what became of the authorisation meanwhile. */
export const chainReasons: ReadonlySet<string> = new Set<string>([
  reasons.nonceAlreadyUsed,
  reasons.validBefore,
  reasons.insufficientBalance,
  reasons.simulationFailed,
  reasons.transactionFailed,
]);

/**
 * What is known about the money of a payment that failed for a reason. After a transaction that reverted the
 * authorisation still holds, and its bytes are public: anybody may send it again.
 */
export function chargedBy(reason: string): Charged {
  if (reason === reasons.usedOtherwise) return 'elsewhere';
  return reason === reasons.canceled || reason === reasons.validBefore ? 'no' : 'unknown';
}
