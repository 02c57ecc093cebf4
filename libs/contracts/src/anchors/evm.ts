import { z } from 'zod';
import { caip2, evmAddress, evmNetwork, hexBytes } from '../schemas/primitives.js';

/** Most nodes of each trie proof of an anchor (protocol section 12). */
export const EVM_PROOF_NODES_MAX = 64;

const proofNodes = z.array(hexBytes).max(EVM_PROOF_NODES_MAX);

/**
 * What a chain node shows of an account and one of its slots: RLP of the block header, nodes from the state root to the account,
 * nodes from its storage root to the slot; lower-case hex without prefix. Lists without nodes show that nothing is there. The
 * schema is closed: an unknown member fails, because nothing would cover it.
 */
export const evmStateProof = z.strictObject({
  header: hexBytes,
  accountProof: proofNodes,
  storageProof: proofNodes,
});
export type EvmStateProof = z.infer<typeof evmStateProof>;

/** The proof that an EVM chain stores a commitment, so that no list is empty. */
export const evmAnchorProof = evmStateProof.extend({
  accountProof: proofNodes.min(1),
  storageProof: proofNodes.min(1),
});
export type EvmAnchorProofMessage = z.infer<typeof evmAnchorProof>;

/** A record in the contract `AnchorRegistry` of an EVM chain. */
export const evmAnchor = z.strictObject({
  kind: z.literal('evm'),
  network: caip2,
  proof: evmAnchorProof,
});

/** Most chains with an `AnchorRegistry` that one installation knows. */
export const ANCHOR_CONTRACTS_MAX = 16;

/** The `AnchorRegistry` of each chain, as configurations have it: `{"eip155:8453": "0x…"}`. */
export const anchorContracts = z
  .record(evmNetwork, evmAddress, {
    error: ({ code }) => (code === 'invalid_key' ? 'expected eip155:<chain id>' : undefined),
  })
  .refine(
    (contracts) => {
      const { length } = Object.keys(contracts);
      return length >= 1 && length <= ANCHOR_CONTRACTS_MAX;
    },
    { message: `expected 1 to ${ANCHOR_CONTRACTS_MAX} chains` },
  );
