import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { leafHash, verifyInclusion, verifyPositionedPath } from '@touchstone/merkle';
import type { EvidenceBundle, LogProof } from '../bundle/schema.js';
import { parseBatchEntry, type BatchEntry } from '../log/batch-entry.js';
import { openWithKeys, readCheckpoint, type OpenedCheckpoint } from '../log/checkpoint.js';
import { fixedWidthLeaf } from '../output/payload.js';
import type { TrustFile } from '../trust/schema.js';
import { absent, ARITHMETIC, fail, notChecked, pass, type Step } from './step.js';

/** Whom a verifier without a trust file believes about logs. */
const NOBODY: Pick<TrustFile, 'logs' | 'witnesses'> = { logs: [], witnesses: { k: 0, vkeys: [] } };

/** Steps from the leaf to the signed checkpoints. */
export function logSteps(bundle: EvidenceBundle, trust: TrustFile | undefined): Step[] {
  return [
    inclusionStep(bundle),
    entryMatchStep(bundle),
    ...bundle.logProofs.flatMap((proof, index) => [
      logInclusionStep(bundle.entry, proof, index),
      checkpointStep(proof, index, trust),
    ]),
    uniquenessStep(bundle, trust),
  ];
}

function inclusionStep({ subject, inclusion }: EvidenceBundle): Step {
  const leaf = fixedWidthLeaf(subject.proof);
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

function logInclusionStep(entry: string, proof: LogProof, index: number): Step {
  const checkpoint = readCheckpoint(proof.checkpoint);
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
    leafHash: leafHash(new TextEncoder().encode(entry)),
    leafIndex: BigInt(proof.leafIndex),
    treeSize: checkpoint.size,
    path: proof.path.map(hashOf),
    root: checkpoint.root,
  });
  return result.ok
    ? pass('log-inclusion', shown)
    : fail('log-inclusion', { ...shown, detail: `the path does not lead to the root (${result.reason})` });
}

function checkpointStep(proof: LogProof, index: number, trust: TrustFile | undefined): Step {
  const { origin, vkeys, opened } = openTrusted(proof, trust);
  const restsOn = `trust file: log ${origin}`;
  if (!opened)
    return notChecked('checkpoint-signature', {
      index,
      actual: origin,
      restsOn,
      detail: 'the trust file does not hold this log',
    });
  const shown = { index, expected: vkeys.join(' or '), restsOn };
  if (!opened.ok)
    return fail('checkpoint-signature', {
      ...shown,
      detail: `the checkpoint’s signature does not verify (${opened.reason})`,
    });
  return pass('checkpoint-signature', { ...shown, actual: `signed by ${origin}` });
}

/** Opens a checkpoint with the keys of its log; a log that changed its key has several. */
function openTrusted(
  { checkpoint }: LogProof,
  trust: TrustFile | undefined,
): { origin: string; vkeys: string[]; opened: OpenedCheckpoint | undefined } {
  const origin = readCheckpoint(checkpoint)?.origin ?? '';
  const { logs, witnesses } = trust ?? NOBODY;
  const vkeys = logs.filter((log) => log.origin === origin).map(({ vkey }) => vkey);
  const results = vkeys.map((vkey) => openWithKeys(checkpoint, vkey, witnesses.vkeys));
  return { origin, vkeys, opened: results.find(({ ok }) => ok) ?? results[0] };
}

/** Only witnesses exclude that the log shows different histories to different readers. */
function uniquenessStep({ logProofs }: EvidenceBundle, trust: TrustFile | undefined): Step {
  const { k, vkeys } = (trust ?? NOBODY).witnesses;
  const restsOn = `trust file: ${k} of ${vkeys.length} witnesses`;
  if (k === 0) return notChecked('log-uniqueness', { restsOn, detail: 'the trust file asks for no witness' });
  const seen = Math.max(...logProofs.map((proof) => witnessesOf(proof, trust).length));
  if (seen === 0) return absent('log-uniqueness', { expected: `${k} witnesses`, actual: '0', restsOn });
  const shown = { expected: `${k} witnesses`, actual: String(seen), restsOn };
  return seen >= k
    ? pass('log-uniqueness', shown)
    : notChecked('log-uniqueness', {
        ...shown,
        detail: 'fewer witnesses than asked for cosigned a checkpoint',
      });
}

function witnessesOf(proof: LogProof, trust: TrustFile | undefined): readonly string[] {
  const { opened } = openTrusted(proof, trust);
  return opened?.ok ? [...new Set(opened.witnesses)] : [];
}
