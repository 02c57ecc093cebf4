import { DataSource } from 'typeorm';
import { hexToBytes } from '@touchstone/crypto';
import { anchorRegistry, eip3009 } from '@touchstone/evm-contracts';
import { RpcClient } from '@touchstone/nats';
import { BearerTokens } from '@touchstone/platform/http';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { provide, type ServiceContext } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { toFunctionSelector, type AbiFunction } from 'viem';
import { createTransactionSigner } from './adapters/ethereum/transaction-signer.js';
import type { Config } from './config.js';
import { BatchPolicy } from './domain/batch/batch-policy.js';
import { BatchSigning } from './domain/batch/sign-batch.js';
import { CallerPolicy } from './domain/caller-policy.js';
import { CurrentKeySet } from './domain/current-key-set.js';
import { createKeyRing, type KeyRing } from './domain/key-ring.js';
import { PublishedKeys } from './domain/key-set.js';
import type { AuditLog } from './domain/ports.js';
import { CheckpointSigning } from './domain/sign-checkpoint.js';
import { NodeStanding } from './domain/node-standing.js';
import { OutputSigning } from './domain/sign-output.js';
import { TransactionSigning } from './domain/sign-transaction.js';
import type { AllowedCall, TransactionPolicy } from './domain/transaction-policy.js';
import { Verbs } from './domain/verbs.js';
import { askHub, NodeNews } from './node-news.js';
import { PostgresAuditLog } from './persistence/postgres-audit-log.js';
import { PostgresBatchStore } from './persistence/postgres-batch-store.js';
import { PostgresCheckpointStore } from './persistence/postgres-checkpoint-store.js';
import { PostgresKeySetStore } from './persistence/postgres-key-set-store.js';
import { SignerGrpc } from './transport/grpc/signer.grpc.js';
import { SignerController } from './transport/http/signer.controller.js';
import { SignerRpc } from './transport/nats/signer.rpc.js';
import { AUDIT_LOG, BATCH_STORE, CHECKPOINT_STORE, KEY_SET_STORE } from './tokens.js';

/** Wires the signer. */
export function appParts(config: Config, context: ServiceContext<Config>): ServiceParts {
  return {
    controllers: [SignerController, SignerRpc, SignerGrpc],
    providers: [...stores(context), ...nodePolicy(config, context), ...useCases(config, context)],
  };
}

/** What lies in the database. */
function stores({ clock }: ServiceContext<Config>) {
  const store = { dataSource: DataSource };
  return [
    provide(AUDIT_LOG, { ...store, shutdown: SHUTDOWN }, ({ dataSource, shutdown }) => {
      const log = new PostgresAuditLog(dataSource);
      shutdown.add('outbox', 'signing audit', () => log.close());
      return log;
    }),
    provide(CHECKPOINT_STORE, store, ({ dataSource }) => new PostgresCheckpointStore(dataSource)),
    provide(
      BATCH_STORE,
      { ...store, outbox: Outbox },
      ({ dataSource, outbox }) => new PostgresBatchStore(dataSource, outbox),
    ),
    provide(
      KEY_SET_STORE,
      { ...store, outbox: Outbox },
      ({ dataSource, outbox }) => new PostgresKeySetStore(dataSource, outbox, clock),
    ),
  ];
}

/** For which nodes nothing is signed. */
function nodePolicy({ TOUCHSTONE_NODE_POLICY_FAIL: withoutNews }: Config, { clock }: ServiceContext<Config>) {
  return [
    provide(
      NodeStanding,
      { rpc: RpcClient },
      ({ rpc }) => new NodeStanding({ blocked: () => askHub(rpc) }, withoutNews, () => clock.nowMs()),
    ),
    NodeNews,
  ];
}

/** What callers may ask for, with the keys. */
function useCases(config: Config, { clock }: ServiceContext<Config>) {
  const ring = keyRing(config);
  const batchPolicy = new BatchPolicy(new Map(Object.entries(config.TOUCHSTONE_BATCH_CALLERS)));
  return [
    provide(
      CallerPolicy,
      {},
      () => new CallerPolicy(BearerTokens.of(config.TOUCHSTONE_SIGNER_TOKENS ?? {}), batchPolicy.names),
    ),
    provide(
      OutputSigning,
      { audit: AUDIT_LOG, keySet: CurrentKeySet, nodes: NodeStanding },
      ({ audit, keySet, nodes }) =>
        new OutputSigning(ring, audit, {
          domain: config.SIGNING_DOMAIN,
          format: config.SIGNATURE_FORMAT,
          nowMs: () => clock.nowMs(),
          keyTimes: () => keySet.outputKeyTimes(),
          nodes,
        }),
    ),
    provide(
      BatchSigning,
      { store: BATCH_STORE, audit: AUDIT_LOG, keySet: CurrentKeySet },
      ({ store, audit, keySet }) =>
        new BatchSigning({
          key: ring.eventBatch,
          policy: batchPolicy,
          store,
          audit,
          nowMs: () => clock.nowMs(),
          newId: uuidV7,
          keyTimes: (keyId) => keySet.timesOf(keyId),
        }),
    ),
    provide(
      CheckpointSigning,
      { store: CHECKPOINT_STORE, audit: AUDIT_LOG },
      ({ store, audit }) => new CheckpointSigning(ring, store, audit, config.TOUCHSTONE_LOG_ORIGIN),
    ),
    provide(TransactionSigning, { audit: AUDIT_LOG }, ({ audit }) => transactionSigning(config, ring, audit)),
    provide(CurrentKeySet, { store: KEY_SET_STORE }, ({ store }) => new CurrentKeySet(ring, store, clock)),
    provide(
      PublishedKeys,
      { keySet: CurrentKeySet, checkpoints: CheckpointSigning, transactions: TransactionSigning },
      ({ keySet, checkpoints, transactions }) =>
        new PublishedKeys(ring, keySet, checkpoints, transactions, config.SIGNING_DOMAIN),
    ),
    provide(
      Verbs,
      {
        ...{ outputs: OutputSigning, batches: BatchSigning, checkpoints: CheckpointSigning },
        ...{ transactions: TransactionSigning, keys: PublishedKeys },
      },
      (parts) => new Verbs(parts),
    ),
  ];
}

/** The keys of a configuration. */
export function keyRing(config: Config): KeyRing {
  return createKeyRing({
    output: { kid: config.MODEL_SIGNING_KEY_ID, privateKey: bytesOf(config.MODEL_SIGNING_KEY_HEX) },
    checkpointSeed: bytesOf(config.TOUCHSTONE_CHECKPOINT_SEED_HEX),
    anchorTransactions: bytesOf(config.TOUCHSTONE_ANCHOR_TX_KEY_HEX),
    settlementTransactions: bytesOf(config.TOUCHSTONE_SETTLEMENT_TX_KEY_HEX),
    ...(config.ORACLE_ED25519_SEED
      ? {
          eventBatch: {
            seed: bytesOf(config.ORACLE_ED25519_SEED),
            name: config.TOUCHSTONE_EVENT_BATCH_NAME ?? `${config.TOUCHSTONE_LOG_ORIGIN}/events`,
            kid: config.ORACLE_ED25519_KEY_ID,
          },
        }
      : {}),
  });
}

function transactionSigning(config: Config, keys: KeyRing, audit: AuditLog): TransactionSigning {
  const limits = {
    gasMax: BigInt(config.TOUCHSTONE_TX_GAS_MAX),
    feePerGasMax: BigInt(config.TOUCHSTONE_TX_FEE_PER_GAS_MAX_WEI),
  };
  const anchor: TransactionPolicy = {
    ...limits,
    calls: Object.entries(config.TOUCHSTONE_ANCHOR_CONTRACTS).map(([network, to]) => callOn(network, to)),
    selectors: selectorsOf(anchorRegistry.abi, 'anchor'),
    caller: 'anchor-worker',
  };
  const settlement: TransactionPolicy = {
    ...limits,
    calls: [callOn(config.TOUCHSTONE_SETTLEMENT_NETWORK, config.TOUCHSTONE_SETTLEMENT_ASSET)],
    selectors: selectorsOf(eip3009.abi, 'transferWithAuthorization'),
    caller: 'payment-verifier',
  };
  const kidOf = (name: string): string => keys.entries.find((entry) => entry.name === name)?.kid ?? name;
  const signers = {
    anchor: createTransactionSigner(kidOf('anchor'), keys.transactions.anchor),
    settlement: createTransactionSigner(kidOf('settlement'), keys.transactions.settlement),
  };
  return new TransactionSigning(signers, { anchor, settlement }, audit);
}

/** A contract on a chain in CAIP-2 form. */
function callOn(network: string, to: string): AllowedCall {
  return { chainId: Number(network.slice('eip155:'.length)), to };
}

/** Selectors of every overload of a function. */
function selectorsOf(
  abi: readonly { readonly type: string; readonly name?: string }[],
  name: string,
): string[] {
  return abi
    .filter((item): item is AbiFunction => item.type === 'function' && item.name === name)
    .map((item) => toFunctionSelector(item));
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex, 32) ?? new Uint8Array();
}
