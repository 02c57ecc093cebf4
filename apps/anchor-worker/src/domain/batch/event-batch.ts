import { AppError, type BatchSigned } from '@touchstone/contracts';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { batchSignatureHash, BatchError, formatRules, rootOfLeaves } from '@touchstone/event-batch';
import { batchEntryText } from '@touchstone/evidence';

/** A signed batch of events that waits for its place in the log. */
export interface EventBatch {
  /** UUIDv7; a batch takes one place, however often it comes. */
  readonly batchId: string;
  readonly tenant: string;
  /** Lower-case hex of 32 bytes each, in the order of the tree. */
  readonly leaves: readonly string[];
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Exact text of the log entry (protocol section 6). */
  readonly text: string;
  /** RFC 3339 with milliseconds. */
  readonly sealedAt: string;
}

/**
 * Makes the log entry of a signed batch. Its leaves have to give the root that is signed, in the tree of its format.
 *
 * @throws AppError `validation-failed`
 */
export function eventBatch(
  signed: BatchSigned,
  { sealedAtMs, nodeId }: { readonly sealedAtMs: number; readonly nodeId: string },
): EventBatch {
  const { batchId, tenant, format, leafCount, leaves } = signed;
  const root = rootOf(signed);
  if (bytesToHex(root) !== signed.root || leaves.length !== leafCount)
    throw new AppError(
      'validation-failed',
      `Event batch ${batchId} has ${leaves.length} leaves with root ${bytesToHex(root)}; ${leafCount} with root ${signed.root} were signed.`,
    );
  const { leafFormat, treeProfile } = formatRules[format];
  const sealedAt = new Date(sealedAtMs).toISOString();
  const text = batchEntryText({
    type: 'touchstone.batch.v1',
    batchId,
    kind: 'event',
    leafFormat,
    treeProfile,
    leafCount,
    root: signed.root,
    scope: { tenant },
    sealedAt,
    nodeId,
    signature: batchSignatureHash({
      ...{ format, batch_ts: signed.batchTs, merkle_root: signed.root, signature: signed.signature },
    }),
  });
  return { batchId, tenant, leaves, root, text, sealedAt };
}

function rootOf({ batchId, format, leaves }: BatchSigned): Uint8Array {
  try {
    return rootOfLeaves(
      format,
      leaves.map((leaf) => hexToBytes(leaf, 32) ?? new Uint8Array()),
    );
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    throw new AppError('validation-failed', `Event batch ${batchId}: ${error.message}`, { cause: error });
  }
}
