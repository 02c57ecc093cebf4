import { bytesToHex, hexToBytes, type ParsedSignature } from '@touchstone/crypto';
import {
  leafHash,
  leafHashOfText,
  verifyInclusion,
  verifyPositionedPath,
  type Checkpoint,
} from '@touchstone/merkle';
import type { EvidenceBundle, LogProof } from '../bundle/schema.js';
import { parseBatchEntry, type BatchEntry } from '../log/batch-entry.js';
import { fixedWidthLeaf } from '../output/payload.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { JudgedCheckpoint } from './judged-checkpoint.js';
import { absent, ARITHMETIC, fail, failOptional, notChecked, pass, type Step } from './step.js';

/** Whom a verifier without a trust file believes about witnesses. */
const NOBODY = { k: 0, vkeys: [] };

/**
 * Steps from the leaf to the signed checkpoints.
 *
 * @param signature that of the output, which is part of the leaf
 * @param checkpoints those of the log proofs
 */
export function logSteps(
  bundle: EvidenceBundle,
  signature: ParsedSignature,
  checkpoints: readonly JudgedCheckpoint[],
  trust: PreparedTrust | undefined,
): Step[] {
  return [
    inclusionStep(bundle, signature),
    entryMatchStep(bundle),
    ...checkpoints.flatMap((judged, index) => [
      logInclusionStep(bundle.entry, bundle.logProofs[index] as LogProof, judged.written?.checkpoint, index),
      checkpointStep(judged, index),
    ]),
    uniquenessStep(checkpoints, trust),
  ];
}

function inclusionStep({ subject, inclusion }: EvidenceBundle, signature: ParsedSignature): Step {
  const leaf = fixedWidthLeaf(subject.proof, signature);
  if (!leaf) {
    return fail('inclusion', {
      restsOn: ARITHMETIC,
      detail: 'leaf-field-not-fixed-width: the output proof has no leaf',
    });
  }
  const result = verifyPositionedPath({
    leafHash: leafHash(leaf),
    leafIndex: BigInt(inclusion.leafIndex),
    treeSize: BigInt(inclusion.treeSize),
    path: inclusion.path,
    root: hashOf(inclusion.rootHex),
  });
  const shown = {
    expected: `root ${inclusion.rootHex}`,
    actual: `leaf ${bytesToHex(leaf)} at ${inclusion.leafIndex} of ${inclusion.treeSize}`,
    restsOn: ARITHMETIC,
  };
  return result.ok
    ? pass('inclusion', shown)
    : fail('inclusion', { ...shown, detail: `the path does not lead to the root (${result.reason})` });
}

/** Hex of 32 bytes that the schema has read already. */
const hashOf = (hex: string): Uint8Array => hexToBytes(hex, 32) as Uint8Array;

/** Everything that a proof says about its batch must stand in the log entry, and is believed only from there. */
function entryMatchStep({ subject, inclusion, entry }: EvidenceBundle): Step {
  const parsed = parseBatchEntry(entry);
  if (!parsed.ok)
    return fail('entry-match', {
      restsOn: ARITHMETIC,
      detail: `the log entry cannot be read: ${parsed.detail}`,
    });
  const expected = entryFacts({
    kind: 'output',
    leafFormat: 'model-output-v1',
    treeProfile: 'rfc9162-sha256',
    leafCount: inclusion.treeSize,
    root: inclusion.rootHex,
    scope: { modelVersionId: subject.proof.modelVersionId },
    signature: null,
  });
  const actual = entryFacts(parsed.entry);
  const shown = { expected, actual, restsOn: ARITHMETIC };
  return expected === actual
    ? pass('entry-match', shown)
    : fail('entry-match', { ...shown, detail: 'the log entry describes another batch' });
}

function entryFacts(
  entry: Pick<
    BatchEntry,
    'kind' | 'leafFormat' | 'treeProfile' | 'leafCount' | 'root' | 'scope' | 'signature'
  >,
): string {
  const scope =
    'modelVersionId' in entry.scope ? `model ${entry.scope.modelVersionId}` : `tenant ${entry.scope.tenant}`;
  return [
    entry.kind,
    entry.leafFormat,
    entry.treeProfile,
    `${entry.leafCount} leaves`,
    entry.root,
    scope,
    entry.signature ?? 'no signature',
  ].join(', ');
}

function logInclusionStep(
  entry: string,
  proof: LogProof,
  checkpoint: Checkpoint | undefined,
  index: number,
): Step {
  if (!checkpoint)
    return fail('log-inclusion', { index, restsOn: ARITHMETIC, detail: 'the checkpoint cannot be read' });
  const shown = {
    index,
    expected: `size ${checkpoint.size}, root ${bytesToHex(checkpoint.root)}`,
    actual: `entry ${proof.leafIndex} of ${proof.treeSize}`,
    restsOn: ARITHMETIC,
  };
  if (checkpoint.size.toString() !== proof.treeSize) {
    return fail('log-inclusion', { ...shown, detail: 'the proof is for another size than the checkpoint' });
  }
  const result = verifyInclusion({
    leafHash: leafHashOfText(entry),
    leafIndex: BigInt(proof.leafIndex),
    treeSize: checkpoint.size,
    path: proof.path.map(hashOf),
    root: checkpoint.root,
  });
  return result.ok
    ? pass('log-inclusion', shown)
    : fail('log-inclusion', { ...shown, detail: `the path does not lead to the root (${result.reason})` });
}

/** Whether the log signed the checkpoint, by any of its keys. */
function checkpointStep({ written, vkeys, isLogSigned }: JudgedCheckpoint, index: number): Step {
  const origin = written?.checkpoint.origin ?? '';
  const restsOn = `trust file: log ${origin}`;
  if (vkeys.length === 0) {
    const detail = 'the trust file does not hold this log';
    return notChecked('checkpoint-signature', { index, actual: origin, restsOn, detail });
  }
  const shown = { index, expected: vkeys.join(' or '), restsOn };
  return isLogSigned
    ? pass('checkpoint-signature', { ...shown, actual: `signed by ${origin}` })
    : failOptional('checkpoint-signature', {
        ...shown,
        detail: 'no line of a trusted key of this log verifies',
      });
}

/** Only witnesses exclude that the log shows different histories to different readers; one with two keys is one. */
function uniquenessStep(checkpoints: readonly JudgedCheckpoint[], trust: PreparedTrust | undefined): Step {
  const { k, vkeys } = trust?.file.witnesses ?? NOBODY;
  const restsOn = `trust file: ${k} of ${vkeys.length} witnesses`;
  if (k === 0) return notChecked('log-uniqueness', { restsOn, detail: 'the trust file asks for no witness' });
  const counts = checkpoints.map(({ isLogSigned, cosignatures }) =>
    isLogSigned ? new Set(cosignatures.map(({ name }) => name)).size : 0,
  );
  const seen = Math.max(...counts);
  if (seen === 0) return absent('log-uniqueness', { expected: `${k} witnesses`, actual: '0', restsOn });
  const shown = { expected: `${k} witnesses`, actual: String(seen), restsOn };
  return seen >= k
    ? pass('log-uniqueness', shown)
    : notChecked('log-uniqueness', {
        ...shown,
        detail: 'fewer witnesses than asked for cosigned a checkpoint',
      });
}
