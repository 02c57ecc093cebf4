import { describe, expect, it } from '@jest/globals';
import type { PublicClient } from 'viem';
import { finalizedBlocks, TRUST_BLOCKS_MAX } from './chain.js';

/** A chain of so many final blocks. */
const chainOf = (blocks: number) =>
  ({
    getBlock: ({ blockNumber = BigInt(blocks - 1) }: { blockNumber?: bigint }) =>
      Promise.resolve({ number: blockNumber, hash: `0x${blockNumber.toString(16).padStart(64, '0')}` }),
  }) as unknown as PublicClient;

describe('the final blocks of a trust file', () => {
  it.each([
    [1, 0],
    [TRUST_BLOCKS_MAX, 0],
    [TRUST_BLOCKS_MAX + 1, 1],
  ])('of a chain of %d begin with number %d', async (blocks, first) => {
    const listed = await finalizedBlocks(chainOf(blocks));
    expect(listed[0]?.number).toBe(`${first}`);
    expect(listed.at(-1)?.number).toBe(`${blocks - 1}`);
    expect(listed).toHaveLength(blocks - first);
  });
});
