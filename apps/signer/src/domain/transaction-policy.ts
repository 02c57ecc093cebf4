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

/** What one transaction key may sign, and nothing else. */
export interface TransactionPolicy {
  readonly chainId: number;
  /** The only contract that may be called. */
  readonly to: string;
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
 * than gas: no value, one contract, known functions, bounded fees.
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
    [transaction.chainId === policy.chainId, `chain ${transaction.chainId} is not ${policy.chainId}`],
    [transaction.to === policy.to, `address ${transaction.to} is not ${policy.to}`],
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
