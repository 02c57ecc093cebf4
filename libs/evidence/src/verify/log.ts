import { bytesToHex, hexToBytes, type ParsedSignature } from '@touchstone/crypto';
import {
  leafHash,
  leafHashOfText,
  verifyInclusion,
  verifyPositionedPath,
  type Checkpoint,
  type WrittenCheckpoint,
} from '@touchstone/merkle';
import type { EvidenceBundle, LogProof } from '../bundle/schema.js';
import { parseBatchEntry, type BatchEntry } from '../log/batch-entry.js';
import { openWithVerifiers, type OpenedCheckpoint } from '../log/checkpoint.js';
import { fixedWidthLeaf } from '../output/payload.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import { absent, ARITHMETIC, fail, notChecked, pass, type Step } from './step.js';

/** Whom a verifier without a trust file believes about witnesses. */
const NOBODY = { k: 0, vkeys: [] };

/**
 * Steps from the leaf to the signed checkpoints.
 *
 * @param signature that of the output, which is part of the leaf
 * @param checkpoints those of the log proofs, `undefined` where one cannot be read
 */
export function logSteps(
  bundle: EvidenceBundle,
  signature: ParsedSignature,
  checkpoints: readonly (WrittenCheckpoint | undefined)[],
  trust: PreparedTrust | undefined,
): Step[] {
  const opened = checkpoints.map((checkpoint, index) => checkpointStep(checkpoint, index, trust));
  return [
    inclusionStep(bundle, signature),
    entryMatchStep(bundle),
    ...opened.flatMap(({ step }, index) => [
      logInclusionStep(
        bundle.entry,
        bundle.logProofs[index] as LogProof,
        checkpoints[index]?.checkpoint,
        index,
      ),
      step,
    ]),
    uniquenessStep(
      opened.map(({ witnesses }) => witnesses),
      trust,
    ),
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

/** Who signed the checkpoint; the witnesses are those that the trust file names. */
function checkpointStep(
  written: WrittenCheckpoint | undefined,
  index: number,
  trust: PreparedTrust | undefined,
): { step: Step; witnesses: readonly string[] } {
  const origin = written?.checkpoint.origin ?? '';
  const { vkeys, opened } = openTrusted(written, trust);
  const restsOn = `trust file: log ${origin}`;
  if (!opened) {
    const detail = 'the trust file does not hold this log';
    return {
      step: notChecked('checkpoint-signature', { index, actual: origin, restsOn, detail }),
      witnesses: [],
    };
  }
  const shown = { index, expected: vkeys.join(' or '), restsOn };
  if (!opened.ok) {
    const detail = `the checkpoint’s signature does not verify (${opened.reason})`;
    return { step: fail('checkpoint-signature', { ...shown, detail }), witnesses: [] };
  }
  return {
    step: pass('checkpoint-signature', { ...shown, actual: `signed by ${origin}` }),
    witnesses: opened.witnesses,
  };
}

/** Opens a checkpoint with the keys of its log; a log that changed its key has several. */
function openTrusted(
  written: WrittenCheckpoint | undefined,
  trust: PreparedTrust | undefined,
): { vkeys: string[]; opened: OpenedCheckpoint | undefined } {
  if (!written || !trust) return { vkeys: [], opened: undefined };
  const logs = trust.logs(written.checkpoint.origin);
  const results = logs.map(({ verifier }) => openWithVerifiers(written, verifier, trust.witnesses));
  return { vkeys: logs.map(({ vkey }) => vkey), opened: results.find(({ ok }) => ok) ?? results[0] };
}

/** Only witnesses exclude that the log shows different histories to different readers. */
function uniquenessStep(witnesses: readonly (readonly string[])[], trust: PreparedTrust | undefined): Step {
  const { k, vkeys } = trust?.file.witnesses ?? NOBODY;
  const restsOn = `trust file: ${k} of ${vkeys.length} witnesses`;
  if (k === 0) return notChecked('log-uniqueness', { restsOn, detail: 'the trust file asks for no witness' });
  const seen = Math.max(...witnesses.map((names) => new Set(names).size));
  if (seen === 0) return absent('log-uniqueness', { expected: `${k} witnesses`, actual: '0', restsOn });
  const shown = { expected: `${k} witnesses`, actual: String(seen), restsOn };
  return seen >= k
    ? pass('log-uniqueness', shown)
    : notChecked('log-uniqueness', {
        ...shown,
        detail: 'fewer witnesses than asked for cosigned a checkpoint',
      });
}
