import { canonicalJson, type JsonValue } from '@touchstone/canonical-json';
import {
  AppError,
  LOG_INDEX_MAX,
  type AnchorFinal,
  type BatchSealed,
  type BatchSigned,
  type CheckpointPublished,
  type ExecutionProved,
  type OutputRecorded,
} from '@touchstone/contracts';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { BatchError, eventLeaf, readParsedEvent, rootOfLeaves } from '@touchstone/event-batch';
import {
  anchoredCommitment,
  commitmentHash,
  outputLeaf,
  parseBatchEntry,
  type BatchEntry,
  readCheckpoint,
} from '@touchstone/evidence';
import { storedProfiles, type TreeProfile } from '../batch/stored-tree.js';
import type {
  AcceptedOutput,
  PlacedEntry,
  ReceivedAnchor,
  ReceivedCheckpoint,
  ReceivedProof,
  SealedBatch,
  SignedEvents,
} from './intake.js';

/** A value, or why it is refused. */
export type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

/** @throws AppError `leaf-field-not-fixed-width` when the proof has no leaf */
export function readOutput(body: OutputRecorded): AcceptedOutput {
  return {
    verificationId: body.verificationId,
    leaf: outputLeaf(body.proof),
    commitmentHash: commitmentHash(body.commitment),
    record: canonicalJson(body),
    recordedAt: body.recordedAt,
  };
}

/** A proof of an execution. Its output may not have come yet, so nothing is compared here. */
export function readProof({ verificationId, zk, provedAt }: ExecutionProved): ReceivedProof {
  return { verificationId, zk: canonicalJson(zk), provedAt };
}

/**
 * The entry of a message with its place. What an entry means is judged elsewhere: the log commits to its bytes,
 * whatever they say.
 *
 * @throws AppError `validation-failed` for a place or a text that no log can have
 */
export function readEntry(
  { logIndex, entry }: { logIndex: string; entry: string },
  isObject: boolean,
): PlacedEntry {
  const index = BigInt(logIndex);
  if (index > LOG_INDEX_MAX) {
    throw new AppError('validation-failed', `The log index ${logIndex} is above ${LOG_INDEX_MAX}.`);
  }
  if (entry.includes('\0')) {
    throw new AppError(
      'validation-failed',
      `The entry at ${logIndex} holds a NUL, which canonical JSON has not.`,
    );
  }
  return { logIndex: index, text: entry, isObject };
}

/** The tree that the leaves of a format stand in; no entry may say another one. */
const PROFILES: Readonly<Record<BatchEntry['leafFormat'], { kind: BatchEntry['kind']; tree: TreeProfile }>> =
  {
    'model-output-v1': { kind: 'output', tree: 'rfc9162-sha256' },
    'event-v1': { kind: 'event', tree: 'event-batch-v1' },
    'event-v2': { kind: 'event', tree: 'rfc9162-sha256' },
  };

/**
 * The batch of a message. It is refused when the message contradicts the entry, because the log commits to the entry
 * alone.
 */
export function readBatch(body: BatchSealed): Reading<SealedBatch> {
  const parsed = parseBatchEntry(body.entry);
  if (!parsed.ok)
    return { ok: false, detail: `the entry of batch ${body.batchId} cannot be read: ${parsed.detail}` };
  const { entry } = parsed;
  const { kind, tree: treeProfile } = PROFILES[entry.leafFormat];
  const { store, hash } = storedProfiles[treeProfile];
  const leaves = body.leaves.map((leaf) => hexToBytes(leaf, 32) ?? new Uint8Array());
  const { root, nodes } = store(leaves.map(hash));
  const stated = `${entry.batchId}, ${entry.kind}, ${entry.leafFormat}, ${entry.treeProfile}, ${entry.leafCount} leaves, root ${entry.root}`;
  const found = `${body.batchId}, ${kind}, ${entry.leafFormat}, ${treeProfile}, ${leaves.length} leaves, root ${bytesToHex(root)}`;
  if (stated !== found)
    return { ok: false, detail: `the entry states ${stated}; the message gives ${found}` };
  const { batchId, logIndex, sealedAt } = body;
  return { ok: true, value: { batchId, logIndex: BigInt(logIndex), treeProfile, leaves, nodes, sealedAt } };
}

/** A signed batch of events; its leaves have to give the root that is signed, and its events the leaves. */
export function readSignedEvents({
  leaves,
  events,
  signedAt,
  ...signed
}: BatchSigned): Reading<SignedEvents> {
  const refused = (detail: string) =>
    ({ ok: false, detail: `event batch ${signed.batchId}: ${detail}` }) as const;
  try {
    const root = bytesToHex(
      rootOfLeaves(
        signed.format,
        leaves.map((leaf) => hexToBytes(leaf, 32) ?? new Uint8Array()),
      ),
    );
    if (root !== signed.root || leaves.length !== signed.leafCount)
      return refused(
        `its ${leaves.length} leaves have root ${root}, ${signed.leafCount} with ${signed.root} are signed`,
      );
    const read = events?.map((event) => readParsedEvent(event as JsonValue)) ?? null;
    const hashes = read?.map(({ canonical }) => bytesToHex(eventLeaf(signed.format, canonical)));
    if (hashes && (hashes.length !== leaves.length || hashes.some((hash, place) => hash !== leaves[place])))
      return refused('its events have other leaves');
    return { ok: true, value: { signed, events: read, signedAt } };
  } catch (error) {
    if (error instanceof BatchError) return refused(error.message);
    throw error;
  }
}

/** The checkpoint of a message. Its signature and its root are judged later, against the keys and the own log. */
export function readCheckpointMessage(
  body: CheckpointPublished,
  origin: string,
): Reading<ReceivedCheckpoint> {
  const checkpoint = readCheckpoint(body.note);
  const commitment = anchoredCommitment(body.note);
  if (!checkpoint || !commitment || body.note.includes('\0')) {
    return {
      ok: false,
      detail: `the checkpoint of size ${body.size} is no note with one signature of its log`,
    };
  }
  const { size, root } = checkpoint;
  const stated = `${body.origin} ${body.size} ${body.root}`;
  const found = `${checkpoint.origin} ${size} ${bytesToHex(root)}`;
  if (stated !== found) return { ok: false, detail: `the message says ${stated}; the note says ${found}` };
  if (checkpoint.origin !== origin) {
    return { ok: false, detail: `the checkpoint is of log ${checkpoint.origin}, not of ${origin}` };
  }
  if (size === 0n || size > LOG_INDEX_MAX)
    return { ok: false, detail: `no checkpoint of size ${size} is served` };
  return { ok: true, value: { commitment, size, root, note: body.note, publishedAt: body.publishedAt } };
}

/** The anchor of a message; only one at a finalized block may enter a bundle. */
export function readAnchor(body: AnchorFinal): Reading<ReceivedAnchor> {
  if (body.level !== 'finalized') {
    return { ok: false, detail: `anchor ${body.anchorId} is ${body.level}, not finalized` };
  }
  const { anchorId, kind, network, commitment, transaction, blockNumber, finalAt } = body;
  return {
    ok: true,
    value: {
      anchorId,
      kind,
      network,
      commitment,
      proof: canonicalJson(body.proof),
      transaction,
      blockNumber,
      finalAt,
    },
  };
}
