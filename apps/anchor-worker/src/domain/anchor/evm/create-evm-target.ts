import {
  newestAttempt,
  TransactionLane,
  type LaneChain,
  type LaneEvent,
  type LaneSigner,
  type LaneStore,
} from '@touchstone/evm';
import type { AnchorPolicy } from '../policy.js';
import { EvmTarget, type EvmTargetOptions } from './evm-target.js';
import type { AnchorChain, AnchorDraft, AnchorStore } from './ports.js';
import type { AnchorEvent } from '../anchor-event.js';
import type { TargetObserver } from '../target-observer.js';
import { AnchorProgress } from './progress.js';
import { ProofTaking, type KeptProofStore, type ProofSource } from './proving.js';

/** The outside of a target of the kind evm. */
export interface EvmTargetPorts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly keptProofs: KeptProofStore;
  /** What the sender of transactions stands on. */
  readonly lane: {
    readonly chain: LaneChain;
    readonly store: LaneStore<AnchorDraft>;
    readonly signer: LaneSigner;
  };
}

/** What an operator sets for a target of the kind evm. */
export interface EvmTargetSettings
  extends AnchorPolicy, Pick<EvmTargetOptions, 'gasMax' | 'feePerGasMax' | 'pollMs'> {
  readonly stuckBlocks: bigint;
}

/** Who is told what happens to the anchors of an EVM network. */
export interface EvmTargetObserver extends TargetObserver {
  proofHad(source: ProofSource): void;
  /** The node's reason when it begins to refuse every proof, `undefined` when it gives one again. */
  proofsRefused(reason: string | undefined, network: string): void;
}

/**
 * Milliseconds that a transaction of a key which was replaced is waited for; then its anchor fails, and a later one
 * covers the same batches.
 */
export const ANCHOR_DRAIN_MS = 600_000;

/** Connects what anchors on one EVM network. */
export function createEvmTarget(
  { chain, store, keptProofs, lane: sender }: EvmTargetPorts,
  settings: EvmTargetSettings,
  observer: EvmTargetObserver,
  { nowMs, newId, random = Math.random }: Pick<EvmTargetOptions, 'nowMs' | 'newId' | 'random'>,
): EvmTarget {
  const { network } = chain;
  const proofs = new ProofTaking(chain, keptProofs, {
    nowMs,
    onProof: (source) => observer.proofHad(source),
    onRefusing: (reason) => observer.proofsRefused(reason, network),
  });
  const tell = (event: AnchorEvent) => observer.anchorChanged(event, { kind: 'evm', network });
  const lane = new TransactionLane<AnchorDraft>({
    ...sender,
    feePerGasMax: settings.feePerGasMax,
    stuckBlocks: settings.stuckBlocks,
    // An anchor counts when its block is final; until then it is followed, however shallow.
    confirmations: 1n,
    drainMs: ANCHOR_DRAIN_MS,
    nowMs,
    onEvent: (event) => tellLaneEvent(event, tell),
  });
  const progress = new AnchorProgress(store, chain, proofs, { nowMs, onEvent: tell });
  return new EvmTarget(
    { chain, store, lane, account: () => sender.signer.account(), progress, proofs },
    { ...settings, nowMs, newId, random, around: observer.around, onEvent: tell },
  );
}

/** Of what happens to a transaction, what an anchor's own states do not tell. */
function tellLaneEvent({ kind, transaction }: LaneEvent, tell: (event: AnchorEvent) => void): void {
  if (kind === 'mined' || kind === 'dropped') return;
  // Bytes that were never sent are sent for the first time, and nobody counts that as a second attempt.
  if (kind === 'resent' && newestAttempt(transaction).sentAtBlock === null) return;
  tell({ kind: kind === 'resent' ? 'rebroadcast' : kind });
}
