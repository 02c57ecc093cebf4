import { CommandError, exitCodes } from '../exit-codes.js';

/** Most that is paid at once where nobody has said more, in atomic units; 1 USDC. */
export const PAYMENT_ATOMIC_MAX = 1_000_000n;
/** Decimals of the token that is paid in. */
const DECIMALS = 6;

/** Atomic units of a token with six decimals, as a person writes them. */
export function formatAtomic(amount: string | bigint): string {
  const digits = amount.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)} USDC`;
}

/**
 * Reads a price as a person writes it, such as `0.01`, without going through a binary fraction.
 *
 * @throws CommandError `usage`
 */
export function parsePrice(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > DECIMALS) {
    throw new CommandError(
      exitCodes.usage,
      `A price is a number of USDC with at most ${DECIMALS} decimals, such as 0.01; got ${JSON.stringify(text)}.`,
    );
  }
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'));
}
