/** How a node says no. */
export interface NodeRefusal {
  readonly code: number;
  /** `<root>`, `<head>` and `<range>` stand for the state root of the block, the newest block and the asked blocks. */
  readonly message: string;
  /** 200 when left out: most nodes put their errors into a good answer, some providers do not. */
  readonly httpStatus?: number;
}

/**
 * What tells a chain node from the development chain behind the proxy. Every member is optional and independent, so
 * that personalities are composed by spreading one over another.
 */
export interface ChainNodePersonality {
  /** States that the node keeps below its newest block, and what it says to a question about an older one. */
  readonly states?: {
    readonly blocks: bigint;
    readonly methods: readonly string[];
    readonly refusal: NodeRefusal;
  };
  /** Most blocks of one `eth_getLogs`; the refusals are given in turn. */
  readonly logs?: { readonly blocksMax: bigint; readonly refusals: readonly NodeRefusal[] };
  /** Questions that are refused whatever they ask. */
  readonly refuses?: Readonly<Record<string, NodeRefusal>>;
  /** `finalized` and `safe` are this many blocks below the newest. */
  readonly finalizedBehindBlocks?: bigint;
  /** The node has not seen the newest blocks: the slower one of two behind a balancer. */
  readonly lagsBlocks?: bigint;
  /** Empty nodes (`0x`) that stand among those of a proof. */
  readonly strayEmptyProofNodes?: number;
  /** Stored values have 32 bytes with zeros in front. */
  readonly paddedProofValues?: boolean;
  /** Slots of a proof are named as a quantity (`0x0`) instead of by 32 bytes. */
  readonly shortProofKeys?: boolean;
  /** Hex of results has capital letters. */
  readonly upperCaseHex?: boolean;
  /** The result of these methods is `null`. */
  readonly nullFor?: readonly string[];
  /** These methods never get an answer. */
  readonly hangsOn?: readonly string[];
  /** Base fee of every block in wei; `absent` for a chain from before EIP-1559. */
  readonly baseFeePerGas?: bigint | 'absent';
  /** Answer to `eth_maxPriorityFeePerGas` in wei. */
  readonly priorityFeePerGas?: bigint;
  /** Members that a later fork adds to every block, as they stand in JSON. */
  readonly blockMembers?: Readonly<Record<string, unknown>>;
}

/** Methods that read the state of a block, with the position of the block among their parameters. */
export const stateMethods: Readonly<Record<string, number>> = {
  eth_getProof: 2,
  eth_call: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
};

const stateOf = Object.keys(stateMethods);
const proofOnly = ['eth_getProof'];
const missingTrieNode: NodeRefusal = {
  code: -32_000,
  message: 'missing trie node <root> (path ) state 0x<root> is not available, not found',
};
const beyondWindow: NodeRefusal = {
  code: -32_602,
  message: 'distance to target block exceeds maximum proof window',
};
const tooOld: NodeRefusal = {
  code: -32_000,
  message:
    'requested block is too old, block must be within 100000 blocks of the head block number (currently <head>)',
};
const latestOnly: NodeRefusal = {
  code: -32_000,
  message: "proofs are available only for the 'latest' block",
};
const alchemy: NodeRefusal = {
  code: -32_600,
  httpStatus: 400,
  message: 'You can make eth_getLogs requests with up to a 500 block range.',
};
const quicknode: NodeRefusal = {
  code: -32_614,
  httpStatus: 413,
  message: 'eth_getLogs is limited to a 500 range',
};
/** The hint repeats the range that was refused, as base-reth did in April 2026. */
const uselessHint: NodeRefusal = {
  code: -32_602,
  message: 'query exceeds max results 20000, retry with the range <range>',
};

/** Chain nodes and providers as their users met them; the sources are public reports about each. */
export const chainNodes = {
  /** Anvil as it is. */
  plain: {},
  /** A full node keeps 128 states (ethereum/go-ethereum#20874). */
  geth: { states: { blocks: 128n, methods: stateOf, refusal: missingTrieNode } },
  /** The default window is the newest block alone (paradigmxyz/reth#14897). */
  reth: { states: { blocks: 0n, methods: proofOnly, refusal: beyondWindow } },
  rethWindow128: { states: { blocks: 128n, methods: proofOnly, refusal: beyondWindow } },
  /** Erigon 2 rewinds at most so many blocks for a proof. */
  erigon: { states: { blocks: 100_000n, methods: proofOnly, refusal: tooOld } },
  /** Erigon 3 without the history of commitments. */
  erigonLatest: { states: { blocks: 0n, methods: proofOnly, refusal: latestOnly } },
  /** NethermindEth/nethermind#7759 and #6391. */
  nethermind: { strayEmptyProofNodes: 2, paddedProofValues: true, shortProofKeys: true },
  /** Finality of Base comes from its layer one and is far behind. */
  base: { finalizedBehindBlocks: 600n },
  /** Three ways in which a provider refuses more than 500 blocks. */
  logs500: { logs: { blocksMax: 500n, refusals: [alchemy, quicknode, uselessHint] } },
  /** A free plan. */
  logs10: {
    logs: {
      blocksMax: 10n,
      refusals: [
        {
          ...alchemy,
          message: 'Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.',
        },
      ],
    },
  },
  /** Proofs are not served at all. */
  withoutProofs: {
    refuses: {
      eth_getProof: { code: -32_601, message: 'the method eth_getProof does not exist/is not available' },
    },
  },
  capitals: { upperCaseHex: true },
} as const satisfies Readonly<Record<string, ChainNodePersonality>>;
