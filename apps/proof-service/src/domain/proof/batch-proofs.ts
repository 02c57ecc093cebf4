import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { parseBatchEntry } from '@touchstone/evidence';
import { inclusionNodes, type NodePlan, type PositionedHash } from '@touchstone/merkle';
import { storedProfiles, type TreeProfile } from '../batch/stored-tree.js';
import type { EvidenceObserver } from '../evidence/evidence-reader.js';
import type { StoredAnchor } from '../evidence/evidence-store.js';
import type { KnownKeys } from '../keys/signer-keys.js';
import { checkLogProof, logInclusion, type LogInclusion } from './log-inclusion.js';
import type { ProofStore, StoredBatch } from './proof-store.js';

/** A leaf with its path to the root of its batch. */
export interface LeafProof {
  readonly leaf: string;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly path: readonly PositionedHash[];
  readonly rootHex: string;
}

/** A batch, and as much of its proof as exists. */
export interface BatchProof {
  readonly batchId: string;
  readonly treeProfile: TreeProfile;
  readonly entry: string;
  readonly leafCount: number;
  readonly root: string;
  readonly inclusion?: LeafProof;
  readonly leaves?: { readonly offset: number; readonly items: readonly string[] };
  /** `null` until a signed checkpoint covers the batch. */
  readonly logProof: LogInclusion | null;
  readonly checkpoint: string | null;
  readonly anchors: readonly StoredAnchor[];
}

/** What a reader wants beside the batch itself. */
export interface BatchQuestion {
  readonly leaf?: Uint8Array | undefined;
  readonly page?: { readonly offset: number; readonly limit: number } | undefined;
}

const noNodes: NodePlan<Uint8Array[]> = { ids: [], fold: () => [] };

/** Proofs of batches and of single leaves (R-PROOF-1), each verified before it is answered. */
export class BatchProofs {
  constructor(
    private readonly store: ProofStore,
    private readonly keys: KnownKeys,
    private readonly observer: Pick<EvidenceObserver, 'selfCheckFailed'>,
  ) {}

  /** @throws AppError `unknown-batch`, `not-found` for a leaf that is not in it, `internal` for one that fails its check */
  async read(batchId: string, question: BatchQuestion = {}): Promise<BatchProof> {
    const { leaf } = question;
    const place = leaf && (await this.store.place(leaf, batchId));
    const batch = await this.store.batch(batchId);
    if (!batch) throw new AppError('unknown-batch', `There is no batch ${batchId}.`);
    if (leaf && !place)
      throw new AppError('not-found', `The batch ${batchId} has no leaf ${bytesToHex(leaf)}.`);
    return this.prove(batch, question, leaf && place ? { leaf, leafIndex: place.leafIndex } : undefined);
  }

  /** @throws AppError `not-found`, or `internal` for a proof that fails its check */
  async readByLeaf(leaf: Uint8Array): Promise<BatchProof> {
    const place = await this.store.place(leaf);
    if (!place) throw new AppError('not-found', `No batch has the leaf ${bytesToHex(leaf)}.`);
    return this.read(place.batchId, { leaf });
  }

  private async prove(
    batch: StoredBatch,
    { page }: BatchQuestion,
    placed: { readonly leaf: Uint8Array; readonly leafIndex: number } | undefined,
  ): Promise<BatchProof> {
    const { checkpoint, logIndex, leafCount, treeProfile } = batch;
    const inLog = checkpoint ? inclusionNodes(logIndex, checkpoint.size) : noNodes;
    const inBatch = placed
      ? storedProfiles[treeProfile].path(placed.leafIndex, leafCount)
      : { offsets: [], fold: () => [] };
    const nodes = await this.store.nodes(logIndex, inBatch.offsets, inLog.ids);
    const leaves = page && (await this.store.leaves(logIndex, page.offset, page.limit));
    const { logVerifierKey } = await this.keys.current();
    try {
      const root = checkedEntryRoot(batch);
      const logPath = inLog.fold(nodes.log);
      if (checkpoint) checkLogProof(batch.entry, logIndex, checkpoint, logPath, logVerifierKey);
      return {
        batchId: batch.batchId,
        treeProfile,
        entry: batch.entry,
        leafCount,
        root: bytesToHex(root),
        ...(placed ? { inclusion: leafProof(placed, batch, inBatch.fold(nodes.batch), root) } : {}),
        ...(page && leaves ? { leaves: { offset: page.offset, items: leaves.map(bytesToHex) } } : {}),
        logProof: checkpoint ? logInclusion(logIndex, checkpoint.size, logPath) : null,
        checkpoint: checkpoint?.note ?? null,
        anchors: checkpoint?.anchors ?? [],
      };
    } catch (cause) {
      const finding = cause instanceof Error ? cause.message : String(cause);
      this.observer.selfCheckFailed(`proof of batch ${batch.batchId}`, [finding], cause);
      throw new AppError('internal', 'The proof did not pass its own verification and was not served.', {
        cause,
      });
    }
  }
}

function checkedEntryRoot({ batchId, entry, leafCount, treeProfile }: StoredBatch): Uint8Array {
  const parsed = parseBatchEntry(entry);
  if (!parsed.ok) throw new Error(`entry: ${parsed.detail}`);
  if (
    parsed.entry.batchId !== batchId ||
    parsed.entry.leafCount !== leafCount ||
    parsed.entry.treeProfile !== treeProfile
  ) {
    throw new Error(
      `entry: it describes batch ${parsed.entry.batchId} of ${parsed.entry.leafCount} leaves under ${parsed.entry.treeProfile}`,
    );
  }
  return Buffer.from(parsed.entry.root, 'hex');
}

function leafProof(
  { leaf, leafIndex }: { readonly leaf: Uint8Array; readonly leafIndex: number },
  { leafCount, treeProfile }: StoredBatch,
  path: readonly PositionedHash[],
  root: Uint8Array,
): LeafProof {
  const result = storedProfiles[treeProfile].verify({ leaf, leafIndex, leafCount, path, root });
  if (!result.ok) throw new Error(`inclusion: ${result.reason}`);
  return { leaf: bytesToHex(leaf), leafIndex, treeSize: leafCount, path, rootHex: bytesToHex(root) };
}
