import { createPublicClient, erc20Abi, http, type Hex, type PublicClient } from 'viem';
import type { StackDescription } from '@touchstone/embedded';

/** Most blocks whose hashes go into an exported trust file. */
export const TRUST_BLOCKS_MAX = 10_000;

/** The stack's chain, read directly and not through a service. */
export function chainOf(stack: StackDescription): PublicClient {
  return createPublicClient({
    transport: http(stack.chain.rpcUrl, { batch: { batchSize: 500 } }),
    pollingInterval: 200,
  });
}

/** The payer's token balance in atomic units. */
export function balanceOf(chain: PublicClient, stack: StackDescription, owner: Hex): Promise<bigint> {
  return chain.readContract({
    address: stack.chain.usdc as Hex,
    abi: erc20Abi,
    functionName: 'balanceOf',
    args: [owner],
  });
}

/** Numbers and hashes of the finalized blocks, the newest {@link TRUST_BLOCKS_MAX} of them. */
export async function finalizedBlocks(chain: PublicClient): Promise<{ number: string; hash: string }[]> {
  const { number: last } = await chain.getBlock({ blockTag: 'finalized' });
  const first = last >= BigInt(TRUST_BLOCKS_MAX) ? last - BigInt(TRUST_BLOCKS_MAX) + 1n : 0n;
  const numbers = Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index));
  const blocks: { number: string; hash: string }[] = [];
  // In slices, so that a long chain does not open thousands of requests at once.
  for (let start = 0; start < numbers.length; start += 500) {
    const slice = numbers.slice(start, start + 500);
    const read = await Promise.all(slice.map((blockNumber) => chain.getBlock({ blockNumber })));
    blocks.push(...read.map(({ number, hash }) => ({ number: number.toString(), hash: hash.slice(2) })));
  }
  return blocks;
}
