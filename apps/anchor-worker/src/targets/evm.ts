import { evmAddress, evmNetwork } from '@touchstone/contracts';
import { EvmLaneChain, EvmNode, PostgresLaneStore, RpcLaneSigner } from '@touchstone/evm';
import { integerMember } from '@touchstone/platform/config';
import { uuidV7 } from '@touchstone/postgres';
import { z } from 'zod';
import { EvmChain } from '../adapters/evm/evm-chain.js';
import { ANCHOR_DRAIN_MS, createEvmTarget } from '../domain/anchor/evm/create-evm-target.js';
import { PostgresAnchorStore } from '../persistence/postgres-anchor-store.js';
import { PostgresKeptProofStore } from '../persistence/postgres-kept-proof-store.js';
import { ANCHOR_SCHEMA } from '../persistence/schema.js';
import { httpUrl, policyMembers, policyOf, spacingMs } from './members.js';
import { targetKind } from './target-kind.js';

/** Milliseconds that the chain node may take for one answer. */
export const EVM_RPC_TIMEOUT_MS = 10_000;

const schema = z.strictObject({
  kind: z.literal('evm').describe('An EVM chain.'),
  network: evmNetwork
    .meta({ type: 'eip155:number' })
    .describe('The chain; the signer needs it in its TOUCHSTONE_ANCHOR_CONTRACTS too.'),
  url: httpUrl().describe('JSON-RPC of a node of the chain that serves eth_getProof.'),
  contract: evmAddress.meta({ type: 'address' }).describe('The AnchorRegistry there, in lower case.'),
  spacingMs: spacingMs().describe(
    'Fewest milliseconds between two anchors; each covers all batches since the last.',
  ),
  ...policyMembers('wei'),
  pollMs: integerMember(50, 600_000)
    .default(2_000)
    .describe('Milliseconds between two looks at the chain while an anchor is not final.'),
  stuckBlocks: integerMember(1, 10_000)
    .default(20)
    .describe('Blocks after which a transaction that waits is replaced by one with higher fees.'),
  gasMax: integerMember(21_000, 30_000_000).default(200_000).describe('Largest gas limit of an anchor.'),
  feePerGasMaxWei: integerMember(1, 999_999_999_999_999)
    .default(100_000_000_000)
    .describe('Largest fee per gas in wei; the signer has a limit of its own.'),
});

/** Targets that are EVM chains. */
export const evm = targetKind({
  schema,
  create(settings, { dataSource, outbox, rpc, clock }, observer) {
    const nowMs = () => clock.nowMs();
    const { network, contract, pollMs } = settings;
    const node = EvmNode.overHttp(settings.url, network, EVM_RPC_TIMEOUT_MS);
    const chain = new EvmLaneChain(node, 'anchor');
    const owner = new PostgresAnchorStore(dataSource, outbox, network);
    const ports = {
      chain: new EvmChain(node, chain, contract),
      store: owner,
      keptProofs: new PostgresKeptProofStore(dataSource),
      lane: {
        chain,
        store: new PostgresLaneStore(dataSource, {
          ...{ schema: ANCHOR_SCHEMA, network, owner, drainMs: ANCHOR_DRAIN_MS, nowMs },
        }),
        signer: new RpcLaneSigner(rpc, 'anchor'),
      },
    };
    const limits = {
      gasMax: BigInt(settings.gasMax),
      feePerGasMax: BigInt(settings.feePerGasMaxWei),
      stuckBlocks: BigInt(settings.stuckBlocks),
      pollMs,
      ...policyOf(settings),
    };
    return createEvmTarget(ports, limits, observer, { nowMs, newId: uuidV7 });
  },
});
