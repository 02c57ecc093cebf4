/** Chains as the seed API names them. */
const names: ReadonlyMap<string, string> = new Map([
  ['eip155:8453', 'Base'],
  ['eip155:84532', 'Base Sepolia'],
]);

/** The name of a chain; of one without a name its CAIP-2 form. */
export function networkName(caip2: string): string {
  return names.get(caip2) ?? caip2;
}

/** The number of an EVM chain. */
export function chainIdOf(caip2: string): number {
  return Number(caip2.slice('eip155:'.length));
}
