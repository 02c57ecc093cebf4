import { DataSource } from 'typeorm';
import { hexToBytes } from '@touchstone/crypto';
import { anchorRegistry, eip3009 } from '@touchstone/evm-contracts';
import { BearerTokens, SHUTDOWN, type ServiceContext, type Shutdown } from '@touchstone/platform';
import { Outbox } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { toFunctionSelector, type AbiFunction } from 'viem';
import { createTransactionSigner } from './adapters/ethereum/transaction-signer.js';
import type { Config } from './config.js';
import { CallerPolicy } from './domain/caller-policy.js';
import { CurrentKeySet } from './domain/current-key-set.js';
import { createKeyRing, type KeyRing } from './domain/key-ring.js';
import { PublishedKeys } from './domain/key-set.js';
import {
  AUDIT_LOG,
  CHECKPOINT_STORE,
  KEY_SET_STORE,
  type AuditLog,
  type CheckpointStore,
  type KeySetStore,
} from './domain/ports.js';
import { CheckpointSigning } from './domain/sign-checkpoint.js';
import { OutputSigning } from './domain/sign-output.js';
import { TransactionSigning } from './domain/sign-transaction.js';
import type { TransactionPolicy } from './domain/transaction-policy.js';
import { Verbs } from './domain/verbs.js';
import { PostgresAuditLog } from './persistence/audit-log.js';
import { PostgresCheckpointStore } from './persistence/checkpoint-store.js';
import { PostgresKeySetStore } from './persistence/key-set-store.js';
import { SignerGrpc } from './transport/grpc/signer.grpc.js';
import { SignerController } from './transport/http/signer.controller.js';
import { SignerRpc } from './transport/nats/signer.rpc.js';

/** Wires the signer. */
export function appParts(config: Config, context: ServiceContext<Config>): ServiceParts {
  return {
    controllers: [SignerController, SignerRpc, SignerGrpc],
    providers: [...stores(context), ...useCases(config, context)],
  };
}

/** What lies in the database. */
function stores({ clock }: ServiceContext<Config>) {
  return [
    { provide: AUDIT_LOG, inject: [DataSource, SHUTDOWN], useFactory: auditLog },
    {
      provide: CHECKPOINT_STORE,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new PostgresCheckpointStore(dataSource),
    },
    {
      provide: KEY_SET_STORE,
      inject: [DataSource, Outbox],
      useFactory: (dataSource: DataSource, outbox: Outbox) =>
        new PostgresKeySetStore(dataSource, outbox, clock),
    },
  ];
}

/** What callers may ask for, with the keys. */
function useCases(config: Config, { clock }: ServiceContext<Config>) {
  const keys = keyRing(config);
  return [
    {
      provide: CallerPolicy,
      useFactory: () => new CallerPolicy(BearerTokens.of(config.TOUCHSTONE_SIGNER_TOKENS ?? {})),
    },
    {
      provide: OutputSigning,
      inject: [AUDIT_LOG, CurrentKeySet],
      useFactory: (audit: AuditLog, keySet: CurrentKeySet) =>
        new OutputSigning(keys, audit, {
          domain: config.SIGNING_DOMAIN,
          format: config.SIGNATURE_FORMAT,
          nowMs: () => clock.nowMs(),
          keyTimes: () => keySet.outputKeyTimes(),
        }),
    },
    {
      provide: CheckpointSigning,
      inject: [CHECKPOINT_STORE, AUDIT_LOG],
      useFactory: (store: CheckpointStore, audit: AuditLog) =>
        new CheckpointSigning(keys, store, audit, config.TOUCHSTONE_LOG_ORIGIN),
    },
    {
      provide: TransactionSigning,
      inject: [AUDIT_LOG],
      useFactory: (audit: AuditLog) => transactionSigning(config, keys, audit),
    },
    {
      provide: CurrentKeySet,
      inject: [KEY_SET_STORE],
      useFactory: (store: KeySetStore) => new CurrentKeySet(keys, store, clock),
    },
    {
      provide: PublishedKeys,
      inject: [CurrentKeySet, CheckpointSigning, TransactionSigning],
      useFactory: (keySet: CurrentKeySet, checkpoints: CheckpointSigning, transactions: TransactionSigning) =>
        new PublishedKeys(keys, keySet, checkpoints, transactions, config.SIGNING_DOMAIN),
    },
    {
      provide: Verbs,
      inject: [OutputSigning, CheckpointSigning, TransactionSigning, PublishedKeys],
      useFactory: (
        outputs: OutputSigning,
        checkpoints: CheckpointSigning,
        transactions: TransactionSigning,
        keys: PublishedKeys,
      ) => new Verbs({ outputs, checkpoints, transactions, keys }),
    },
  ];
}

function auditLog(dataSource: DataSource, shutdown: Shutdown): AuditLog {
  const log = new PostgresAuditLog(dataSource);
  shutdown.add('outbox', 'signing audit', () => log.close());
  return log;
}

function keyRing(config: Config): KeyRing {
  return createKeyRing({
    output: { kid: config.MODEL_SIGNING_KEY_ID, privateKey: bytesOf(config.MODEL_SIGNING_KEY_HEX) },
    checkpointSeed: bytesOf(config.TOUCHSTONE_CHECKPOINT_SEED_HEX),
    anchorTransactions: bytesOf(config.TOUCHSTONE_ANCHOR_TX_KEY_HEX),
    settlementTransactions: bytesOf(config.TOUCHSTONE_SETTLEMENT_TX_KEY_HEX),
  });
}

function transactionSigning(config: Config, keys: KeyRing, audit: AuditLog): TransactionSigning {
  const limits = {
    chainId: config.TOUCHSTONE_CHAIN_ID,
    gasMax: BigInt(config.TOUCHSTONE_TX_GAS_MAX),
    feePerGasMax: BigInt(config.TOUCHSTONE_TX_FEE_PER_GAS_MAX_WEI),
  };
  const anchor: TransactionPolicy = {
    ...limits,
    to: config.TOUCHSTONE_ANCHOR_CONTRACT,
    selectors: selectorsOf(anchorRegistry.abi, 'anchor'),
    caller: 'anchor-worker',
  };
  const settlement: TransactionPolicy = {
    ...limits,
    to: config.TOUCHSTONE_SETTLEMENT_ASSET,
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
