import { AppError } from '@touchstone/contracts';

/** A transaction as the policy sees it; addresses and data in lower-case hex with `0x`. */
export interface PolicyTransaction {
  readonly chainId: number;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
}

/** A contract on the chain where it may be called. */
export type AllowedCall = Pick<PolicyTransaction, 'chainId' | 'to'>;

/** What one transaction key may sign, and nothing else. */
export interface TransactionPolicy {
  /** The only contracts that may be called. Another chain may have anything at the address of one. */
  readonly calls: readonly AllowedCall[];
  /** Function selectors that may be called, `0x` and 8 hex characters. */
  readonly selectors: readonly string[];
  readonly gasMax: bigint;
  readonly feePerGasMax: bigint;
  /** The service that may ask for this key. */
  readonly caller: string;
}

const SELECTOR_LENGTH = 10;

/**
 * Refuses every transaction that the policy of its key does not allow, so that a captured caller cannot spend more
 * than gas: no value, known contracts and functions, bounded fees.
 *
 * @throws AppError `signing-refused`
 */
export function checkTransaction(
  transaction: PolicyTransaction,
  policy: TransactionPolicy,
  caller: string,
): void {
  const findings = [
    [caller === policy.caller, `caller ${caller} may not use this key`],
    [
      policy.calls.some(({ chainId }) => chainId === transaction.chainId),
      `chain ${transaction.chainId} is not one of ${policy.calls.map(({ chainId }) => chainId).join(', ')}`,
    ],
    [
      policy.calls.some(({ chainId, to }) => chainId === transaction.chainId && to === transaction.to),
      `address ${transaction.to} may not be called on chain ${transaction.chainId}`,
    ],
    [transaction.value === 0n, 'the transaction carries value'],
    [
      policy.selectors.includes(transaction.data.slice(0, SELECTOR_LENGTH)),
      `function ${transaction.data.slice(0, SELECTOR_LENGTH)} is not one of ${policy.selectors.join(', ')}`,
    ],
    [transaction.gas <= policy.gasMax, `gas ${transaction.gas} is above ${policy.gasMax}`],
    [
      transaction.maxFeePerGas <= policy.feePerGasMax,
      `fee ${transaction.maxFeePerGas} is above ${policy.feePerGasMax}`,
    ],
  ] as const;
  const finding = findings.find(([allowed]) => !allowed);
  if (finding) throw new AppError('signing-refused', `The transaction is not signed: ${finding[1]}.`);
}
