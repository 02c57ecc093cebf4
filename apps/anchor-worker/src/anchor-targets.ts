import type { RpcClient } from '@touchstone/nats';
import type { Clock } from '@touchstone/platform/wiring';
import { uuidV7, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { EvmLaneChain, EvmNode, PostgresLaneStore, RpcLaneSigner } from '@touchstone/evm';
import { EvmChain } from './adapters/evm/evm-chain.js';
import { HttpTimeStamping } from './adapters/rfc3161/http-time-stamping.js';
import type { Config } from './config.js';
import type { AnchorTarget } from './domain/anchor/anchor-target.js';
import {
  ANCHOR_DRAIN_MS,
  createEvmTarget,
  type EvmTargetObserver,
} from './domain/anchor/evm/create-evm-target.js';
import { TsaTarget } from './domain/anchor/rfc3161/tsa-target.js';
import { PostgresAnchorStore } from './persistence/postgres-anchor-store.js';
import { PostgresKeptProofStore } from './persistence/postgres-kept-proof-store.js';
import { PostgresTokenStore } from './persistence/postgres-token-store.js';
import { ANCHOR_SCHEMA } from './persistence/schema.js';

/** Milliseconds that the chain node may take for one answer. */
export const EVM_RPC_TIMEOUT_MS = 10_000;

/** What targets stand on. */
export interface TargetConnections {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

/** The targets that the configuration names; none in the mode synthetic. */
export function anchorTargets(
  config: Config,
  connections: TargetConnections,
  observer: EvmTargetObserver,
): readonly AnchorTarget[] {
  const { TOUCHSTONE_EVM_RPC_URL: url, TOUCHSTONE_ANCHOR_CONTRACT: contract } = config;
  if (config.ANCHOR_MODE !== 'advanced' || url === undefined || contract === undefined) return [];
  return [
    evmTarget(config, { url, contract }, connections, observer),
    ...(config.TOUCHSTONE_TSAS ?? []).map((authority) => tsaTarget(config, authority, connections, observer)),
  ];
}

function tsaTarget(
  config: Config,
  { network, url, policies, roots, certificates }: NonNullable<Config['TOUCHSTONE_TSAS']>[number],
  { dataSource, outbox, clock }: TargetConnections,
  observer: EvmTargetObserver,
): AnchorTarget {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const tsa = new HttpTimeStamping({
    ...{ network, url, policies },
    ...{ roots: roots.map(bytes), certificates: certificates.map(bytes) },
  });
  return new TsaTarget(tsa, new PostgresTokenStore(dataSource, outbox, network), {
    spacingMs: config.TOUCHSTONE_TSA_SPACING_MS,
    nowMs: () => clock.nowMs(),
    newId: uuidV7,
    around: observer.around,
    onFinal: (checkpointSize) => observer.anchorChanged({ kind: 'final', checkpointSize }, network),
  });
}

function evmTarget(
  config: Config,
  { url, contract }: { readonly url: string; readonly contract: string },
  { dataSource, outbox, rpc, clock }: TargetConnections,
  observer: EvmTargetObserver,
): AnchorTarget {
  const nowMs = () => clock.nowMs();
  const node = EvmNode.overHttp(url, config.TOUCHSTONE_EVM_NETWORK, EVM_RPC_TIMEOUT_MS);
  const { network } = node;
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
  const settings = {
    gasMax: BigInt(config.TOUCHSTONE_EVM_GAS_MAX),
    feePerGasMax: BigInt(config.TOUCHSTONE_EVM_FEE_PER_GAS_MAX_WEI),
    stuckBlocks: BigInt(config.TOUCHSTONE_EVM_STUCK_BLOCKS),
    spacingMs: config.TOUCHSTONE_ANCHOR_SPACING_MS,
    pollMs: config.TOUCHSTONE_EVM_POLL_MS,
  };
  return createEvmTarget(ports, settings, observer, { nowMs, newId: uuidV7 });
}
