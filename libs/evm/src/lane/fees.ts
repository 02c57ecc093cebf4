import { AppError } from '@touchstone/contracts';

/** Fees of an EIP-1559 transaction in wei. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the chain asks for now, in wei. */
export interface FeeMarket {
  readonly baseFeePerGas: bigint;
  readonly priorityFeePerGas: bigint;
}

/** A replacement costs an eighth more than before: clients take one only for a tenth more. */
const RAISE_NUMERATOR = 9n;
const RAISE_DENOMINATOR = 8n;
/** The least that clients ask of a replacement, in percent of the fees before. */
const REPLACEMENT_PERCENT_MIN = 110n;
/** The base fee may double before a transaction with these fees has to wait: about six full blocks in a row. */
const BASE_FEE_HEADROOM = 2n;
/** Gas above an estimate, because the state may differ when the transaction runs. */
const GAS_NUMERATOR = 5n;
const GAS_DENOMINATOR = 4n;

const smaller = (left: bigint, right: bigint): bigint => (left < right ? left : right);
const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);

/**
 * Fees of a new transaction, never above the cap.
 *
 * @throws AppError `dependency-unavailable` while the base fee itself is above the cap: waiting costs nothing
 */
export function chooseFees({ baseFeePerGas, priorityFeePerGas }: FeeMarket, capPerGas: bigint): Fees {
  if (baseFeePerGas >= capPerGas) {
    throw new AppError(
      'dependency-unavailable',
      `The chain asks ${baseFeePerGas} wei per gas, above the cap of ${capPerGas}; nothing is sent until it falls.`,
    );
  }
  const maxFeePerGas = smaller(baseFeePerGas * BASE_FEE_HEADROOM + priorityFeePerGas, capPerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(priorityFeePerGas, maxFeePerGas) };
}

/**
 * Fees of a replacement for a transaction that waits: an eighth more, or what the market asks.
 *
 * @returns `undefined` when the cap leaves no room for fees that a node would take
 */
export function raiseFees(before: Fees, market: FeeMarket, capPerGas: bigint): Fees | undefined {
  const raise = (fee: bigint): bigint => (fee * RAISE_NUMERATOR) / RAISE_DENOMINATOR + 1n;
  const wantedMax = larger(
    raise(before.maxFeePerGas),
    market.baseFeePerGas * BASE_FEE_HEADROOM + market.priorityFeePerGas,
  );
  const maxFeePerGas = smaller(wantedMax, capPerGas);
  const maxPriorityFeePerGas = smaller(
    larger(raise(before.maxPriorityFeePerGas), market.priorityFeePerGas),
    maxFeePerGas,
  );
  const isEnough = (after: bigint, fee: bigint): boolean => after * 100n >= fee * REPLACEMENT_PERCENT_MIN;
  return isEnough(maxFeePerGas, before.maxFeePerGas) &&
    isEnough(maxPriorityFeePerGas, before.maxPriorityFeePerGas)
    ? { maxFeePerGas, maxPriorityFeePerGas }
    : undefined;
}

/**
 * Gas limit of a transaction: the estimate and a quarter.
 *
 * @throws AppError `dependency-unavailable` for an estimate above the limit
 */
export function gasLimit(estimate: bigint, gasMax: bigint): bigint {
  if (estimate > gasMax) {
    throw new AppError(
      'dependency-unavailable',
      `The transaction needs ${estimate} gas, the limit is ${gasMax}; look at the contract's address.`,
    );
  }
  return smaller((estimate * GAS_NUMERATOR) / GAS_DENOMINATOR, gasMax);
}
