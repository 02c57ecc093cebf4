/** USDC has six decimals on every chain that payments are made on. */
const USDC_DECIMALS = 6;
const CENT_DECIMALS = 2;

/** Atomic units as dollars: as many decimals as there are, at least those of cents. */
export function dollars(atomic: bigint): string {
  const digits = atomic.toString().padStart(USDC_DECIMALS + 1, '0');
  const [whole, part] = [digits.slice(0, -USDC_DECIMALS), digits.slice(-USDC_DECIMALS)];
  return `${whole}.${part.replace(/0+$/, '').padEnd(CENT_DECIMALS, '0')}`;
}

/** Dollars of at most six decimals in atomic units. */
export function atomicOf(dollarsText: string): bigint {
  const [whole = '0', part = ''] = dollarsText.split('.');
  return BigInt(`${whole}${part.padEnd(USDC_DECIMALS, '0')}`);
}
