import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { AppError, type CanonicalTensor, type KeystoreEntry, type OutputProof } from '@touchstone/contracts';
import {
  bytesToHex,
  checkEvidenceTime,
  ecdsaVerify,
  hexToBytes,
  keyState,
  parseSignature,
  parseUtcTime,
  readKeys,
  sha256,
} from '@touchstone/crypto';
import {
  leafHash,
  verifyEventBatchPath,
  verifyPositionedPath,
  type PositionedHash,
} from '@touchstone/merkle';
import {
  anchoredCommitment,
  capabilityHash,
  commitmentHash,
  contextNonce,
  encodeTensor,
  modelVersionIdOf,
  openWithKeys,
  outputDigest,
  outputLeaf,
  parseBatchEntry,
  payloadText,
  requestDigest,
  tensorsHash,
  verifyEvidence,
  type JsonTensor,
  type TrustFile,
  type VerificationReport,
} from '../../src/index.js';
import { NOW_MS } from '../fixture.js';

const TEXT_BYTES_MAX = 1_048_576;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array();

interface PathInput {
  readonly leaf: string;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly path: readonly PositionedHash[];
  readonly root: string;
}

interface EvidenceInput {
  readonly bundle: unknown;
  readonly trust: TrustFile | null;
}

function judged({ bundle, trust }: EvidenceInput): VerificationReport {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle);
  return verifyEvidence(text, { ...(trust ? { trust } : {}), nowMs: NOW_MS });
}

function summary({ result, label, remarks, steps }: VerificationReport) {
  const stepsWith = (status: string) =>
    steps.filter((step) => step.status === status).map((step) => step.name);
  return {
    result,
    label,
    remarks: [...remarks],
    fail: stepsWith('fail'),
    optional: steps.filter((step) => step.optional).map((step) => step.name),
    notChecked: stepsWith('not-checked'),
  };
}

/** Runs one rule of the protocol on the input of a vector; the answer is plain JSON. */
export const runs = {
  'canonical-json': ({ text }: { text: string }) => {
    const parsed = parseStrictJson(text, { maxBytes: TEXT_BYTES_MAX });
    if (!parsed.ok) return { ok: false, reason: parsed.error.reason, pointer: parsed.error.pointer };
    const canonical = canonicalJson(parsed.value);
    const written = utf8(canonical);
    return { ok: true, canonical, bytes: bytesToHex(written), sha256: bytesToHex(sha256(written)) };
  },
  'output-digest': ({ payload, domain }: { payload: OutputProof; domain: string }) => ({
    text: payloadText(payload),
    digest: bytesToHex(outputDigest(payload, domain)),
  }),
  'output-signature': (input: { publicKey: string; digest: string; signature: string }) => {
    const signature = parseSignature(input.signature);
    if (!('compact' in signature)) return { ok: false, reason: signature.error };
    const result = ecdsaVerify(bytes(input.digest), signature.compact, bytes(input.publicKey));
    return result === 'ok'
      ? { ok: true, compact: bytesToHex(signature.compact) }
      : { ok: false, reason: result };
  },
  'output-leaf': (proof: OutputProof) => {
    try {
      return { ok: true, leaf: bytesToHex(outputLeaf(proof)) };
    } catch (error) {
      if (error instanceof AppError) return { ok: false, reason: error.code };
      throw error;
    }
  },
  identifiers: (input: { of: string; value: never }) => {
    const by: Record<string, (value: never) => string> = {
      context: contextNonce,
      model: modelVersionIdOf,
      commitment: commitmentHash,
      request: requestDigest,
      capabilities: capabilityHash,
    };
    return { hash: by[input.of]?.(input.value) };
  },
  'merkle-rfc9162': (input: PathInput) =>
    verifyPositionedPath({
      leafHash: leafHash(bytes(input.leaf)),
      leafIndex: BigInt(input.leafIndex),
      treeSize: BigInt(input.treeSize),
      path: input.path,
      root: bytes(input.root),
    }),
  'merkle-event-batch-v1': (input: PathInput) =>
    verifyEventBatchPath({
      leafHash: bytes(input.leaf),
      leafIndex: BigInt(input.leafIndex),
      leafCount: BigInt(input.treeSize),
      path: input.path,
      root: bytes(input.root),
    }),
  tensors: ({ tensors }: { tensors: JsonTensor[] }) => {
    const canonical: CanonicalTensor[] = [];
    for (const tensor of tensors) {
      const result = encodeTensor(tensor);
      if (!result.ok) return { ok: false, pointer: result.error.pointer };
      canonical.push(result.value);
    }
    const hash = tensorsHash(canonical);
    return hash.ok ? { ok: true, canonical, hash: hash.value } : { ok: false, pointer: hash.error.pointer };
  },
  'log-entry': ({ text }: { text: string }) =>
    parseBatchEntry(text).ok ? { ok: true, leafHash: bytesToHex(leafHash(utf8(text))) } : { ok: false },
  checkpoint: ({ note, vkey, witnesses }: { note: string; vkey: string; witnesses: string[] }) => {
    const opened = openWithKeys(note, vkey, witnesses);
    if (!opened.ok) return opened;
    const { origin, size, root } = opened.checkpoint;
    const commitment = anchoredCommitment(note);
    return {
      ok: true,
      origin,
      size: String(size),
      root: bytesToHex(root),
      commitment: commitment ? bytesToHex(commitment) : null,
      witnesses: [...opened.witnesses],
    };
  },
  'key-state': (input: {
    key: KeystoreEntry;
    at: string;
    declared: string;
    trusted: string;
    now: string;
  }) => {
    const at = parseUtcTime(input.at) ?? Number.NaN;
    const reading = readKeys([input.key], at);
    const key = reading.ok ? reading.keys[0] : undefined;
    if (!key) return { ok: false, reason: 'refused' };
    const declaredTime = parseUtcTime(input.declared) ?? Number.NaN;
    const trustedTime = parseUtcTime(input.trusted) ?? Number.NaN;
    return {
      ok: true,
      state: keyState(key, at),
      evidence: checkEvidenceTime({
        key,
        declaredTime,
        trustedTime,
        now: parseUtcTime(input.now) ?? Number.NaN,
      }),
    };
  },
  evidence: (input: EvidenceInput) => summary(judged(input)),
  'event-evidence': (input: EvidenceInput) => {
    const report = judged(input);
    const failed = report.steps.filter(({ status }) => status === 'fail');
    const reasons = failed.map(({ name, detail }) => [name, reasonOf(detail)]);
    return { ...summary(report), reasons: Object.fromEntries(reasons), subject: report.subject };
  },
  rfc3161: (input: EvidenceInput) => {
    const report = judged(input);
    const details = report.steps.flatMap(({ name, detail }) => (name === 'anchor' ? (detail ?? []) : []));
    const [, check = null] = /^the token fails at (.*)$/m.exec(details.join('\n')) ?? [];
    return { check, ...summary(report), report: { ...report, remarks: [...report.remarks] } };
  },
} as const;

/** The reason that a detail begins with, `null` where it begins with none. */
export const reasonOf = (detail = ''): string | null => /^([a-z][a-z0-9-]*): /.exec(detail)?.[1] ?? null;

export type Section = keyof typeof runs;

/** Runs a vector whose input came from JSON. */
export function run(section: Section, input: unknown): unknown {
  const answer = (runs[section] as (value: unknown) => unknown)(input);
  return JSON.parse(JSON.stringify(answer)) as unknown;
}
