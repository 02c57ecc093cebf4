import { deployDevelopmentChain, developmentNetwork } from '@touchstone/embedded';
import { SignerDouble, startTestAnvil, waitUntil } from '@touchstone/testing';
import type { AnchorFinal } from '@touchstone/contracts';
import { parseEvmAnchorProof, verifyEvmAnchor } from '@touchstone/chain-proofs';
import { hexToBytes } from '@touchstone/crypto';
import { anchoredCommitment } from '@touchstone/evidence';
import {
  EvmLaneChain,
  EvmNode,
  PostgresLaneStore,
  RpcLaneSigner,
  type UnsignedTransaction,
} from '@touchstone/evm';
import type { Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { custom, keccak256, type Hex } from 'viem';
import { EvmChain } from '../../src/adapters/evm/evm-chain.js';
import { ANCHOR_DRAIN_MS, type EvmTargetPorts } from '../../src/domain/anchor/evm/create-evm-target.js';
import { PostgresAnchorStore } from '../../src/persistence/postgres-anchor-store.js';
import { PostgresKeptProofStore } from '../../src/persistence/postgres-kept-proof-store.js';
import { ANCHOR_SCHEMA } from '../../src/persistence/schema.js';
import { leavesOf } from './leaves.js';
import { LogFixture, type Replica, type ReplicaOptions } from './log-fixture.js';

const NETWORK = developmentNetwork;

/** Sends one JSON-RPC request and gives its raw result. */
export type EvmRpc = (method: string, params?: readonly unknown[]) => Promise<unknown>;

/** The JSON-RPC of a node. */
export function rpcOf(url: string, network: string = NETWORK): EvmRpc {
  const node = EvmNode.overHttp(url, network, 10_000);
  return (method, params = []) => node.request(method, params);
}

/** A development chain with the registry on it. */
export interface TestChain {
  readonly anvil: Awaited<ReturnType<typeof startTestAnvil>>;
  readonly contract: string;
}

/** Where a target anchors, and who signs for it. */
export interface AnchorPlace {
  readonly network: string;
  readonly contract: string;
  readonly signer: SignerDouble;
  readonly rpc: EvmRpc;
}

/** Puts something around an outside port of the target. */
export type AroundPort = <T extends object>(port: string, target: T) => T;

/** How a replica that anchors differs from the usual. */
export interface AnchoringOptions extends ReplicaOptions {
  readonly beside?: AnchorPlace;
  readonly around?: AroundPort;
}

interface Foundations {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly around: AroundPort;
}

/** A log on a real development chain. */
export class AnchorFixture {
  /** Signs the anchors; replaced by a test whose signer holds another key. */
  signer: SignerDouble;
  /** Replaced by a test that wants the node away. */
  rpc: EvmRpc;
  /** Added to the clock of the lane. */
  clockAheadMs = 0;

  private constructor(
    readonly log: LogFixture,
    readonly anvil: TestChain['anvil'],
    readonly contract: string,
  ) {
    this.rpc = rpcOf(anvil.rpcUrl);
    this.signer = this.signerWith();
  }

  static async startChain(options: Parameters<typeof startTestAnvil>[0] = {}): Promise<TestChain> {
    const anvil = await startTestAnvil(options);
    const payer = new SignerDouble().address('anchor');
    const funded = { anchorSubmitter: payer, settlementSubmitter: payer, payer };
    const { anchorRegistry } = await deployDevelopmentChain(anvil.rpcUrl, funded);
    return { anvil, contract: anchorRegistry };
  }

  static async create(chain: TestChain): Promise<AnchorFixture> {
    return new AnchorFixture(await LogFixture.create(), chain.anvil, chain.contract);
  }

  /** A signer of anchors in the contract, with another key than usual if one is given. */
  signerWith(seeds: { readonly anchor?: string } = {}): SignerDouble {
    return new SignerDouble({ seeds, contracts: { anchor: this.contract } });
  }

  /** Signs a transaction with the key of the anchors, of which neither signer nor database know. */
  async signBeside(transaction: UnsignedTransaction): Promise<{ raw: string; hash: string }> {
    const { chainId, nonce, gas, maxFeePerGas, maxPriorityFeePerGas } = transaction;
    const raw = await this.signer.account('anchor').signTransaction({
      type: 'eip1559',
      ...{ chainId, nonce, gas, maxFeePerGas, maxPriorityFeePerGas },
      to: transaction.to as Hex,
      data: transaction.data as Hex,
    });
    return { raw, hash: keccak256(raw) };
  }

  /** A replica in the mode advanced, which anchors here and, if given, on a second network. */
  replica(options: AnchoringOptions = {}): Promise<Replica> {
    const { beside, around = (_port, target) => target, ...others } = options;
    const here: AnchorPlace = {
      network: NETWORK,
      contract: this.contract,
      signer: this.signer,
      rpc: (method, params) => this.rpc(method, params),
    };
    return this.log.replica({
      ...others,
      settings: { intervalMs: 0, stuckBlocks: 3n, ...options.settings },
      targets: (dataSource, outbox) =>
        [here, ...(beside ? [beside] : [])].map((place) =>
          this.portsOf(place, { dataSource, outbox, around }),
        ),
    });
  }

  private portsOf(
    { network, contract, signer, rpc }: AnchorPlace,
    { dataSource, outbox, around }: Foundations,
  ): EvmTargetPorts {
    const wire = around('node', { request: rpc });
    const transport = custom(
      {
        request: ({ method, params }: { method: string; params?: readonly unknown[] }) =>
          wire.request(method, params),
      },
      { retryCount: 0 },
    );
    const node = new EvmNode(transport, network);
    const chain = new EvmLaneChain(node);
    const owner = new PostgresAnchorStore(dataSource, outbox, network);
    return {
      chain: new EvmChain(node, chain, contract),
      store: around('anchors', owner),
      keptProofs: around('proofs', new PostgresKeptProofStore(dataSource)),
      lane: {
        chain,
        store: around(
          'lane',
          new PostgresLaneStore(dataSource, {
            schema: ANCHOR_SCHEMA,
            network,
            owner,
            drainMs: ANCHOR_DRAIN_MS,
            nowMs: () => Date.now() + this.clockAheadMs,
          }),
        ),
        signer: around('signer', new RpcLaneSigner(signer.client('anchor-worker'), 'anchor')),
      },
    };
  }

  /** Appends a batch and publishes a checkpoint over it. */
  async publish(replica: Replica, label: string, count = 1): Promise<void> {
    await replica.intake.accept({ leaves: leavesOf(label, count), entries: [], batches: [] });
    while ((await replica.sealing.run()) === 0);
    while ((await replica.checkpointing.run()) === 0);
  }

  /** Runs the stage until the anchors stand in these states. */
  runUntil(replica: Replica, ...states: string[]): Promise<unknown> {
    return waitUntil(
      async () => {
        await replica.anchoring?.run();
        const found = await this.states();
        return found.join() === states.join() || Promise.reject(new Error(`the states are ${found.join()}`));
      },
      15_000,
      `anchors to be ${states.join()}`,
    );
  }

  /** Lets the chain mine again and ends the log; the chain stays for the next test. */
  async close(): Promise<void> {
    await this.call('evm_setAutomine', [true]);
    await this.call('anvil_mine', ['0x1']);
    await this.log.close();
  }

  async states(): Promise<string[]> {
    const rows = await this.log.rows<{ state: string }>(
      'SELECT state FROM anchors.chain_anchor ORDER BY checkpoint_size, created_at',
    );
    return rows.map(({ state }) => state);
  }

  call<T>(method: string, params: unknown[] = []): Promise<T> {
    return rpcOf(this.anvil.rpcUrl)(method, params) as Promise<T>;
  }

  /** Bytes that were signed, in their order. */
  async attempts(): Promise<{ raw: string; hash: string }[]> {
    return this.log.rows(
      `SELECT attempt ->> 'raw' AS raw, attempt ->> 'hash' AS hash
       FROM anchors.lane_transaction, jsonb_array_elements(attempts) WITH ORDINALITY AS made (attempt, place)
       ORDER BY nonce, place`,
    );
  }

  finals(): Promise<AnchorFinal[]> {
    return this.log.events<AnchorFinal>('evt.v1.anchor.anchor.final');
  }

  /** Verifies a final anchor as somebody who has only the event, the checkpoint's note and a trust file. */
  async verify(final: AnchorFinal, note: string) {
    const bytes = (hex: string): Uint8Array => hexToBytes(hex) as Uint8Array;
    const commitment = anchoredCommitment(note);
    const parsed = parseEvmAnchorProof(final.proof);
    if (!parsed.ok || commitment === undefined) return { ok: false } as const;
    return verifyEvmAnchor({
      ...parsed.proof,
      commitment,
      contract: bytes(this.contract.slice(2)),
      submitter: bytes(this.signer.address('anchor').slice(2)),
    });
  }
}
