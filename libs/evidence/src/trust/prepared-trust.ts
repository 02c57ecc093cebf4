import { TokenVerifier } from '@touchstone/chain-proofs';
import {
  base64ToBytes,
  createEcdsaVerifier,
  hexToBytes,
  parseUtcTime,
  readKeys,
  type EcdsaVerifier,
  type Key,
} from '@touchstone/crypto';
import {
  prepareKey as prepareVerificationKey,
  type PreparedKey as PreparedVerificationKey,
  type Reading,
} from '@touchstone/groth16';
import type { NoteVerifier } from '@touchstone/merkle';
import { logVerifier, witnessVerifiers } from '../log/note-keys.js';
import type { TrustedChain, TrustedTsa, TrustFile } from './schema.js';

type TrustedKey = TrustFile['keys'][number];

/** A key of the trust file, read. */
export interface PreparedKey {
  readonly entry: TrustedKey;
  /** `undefined` when the public key is not 33 bytes. */
  readonly verify: EcdsaVerifier | undefined;
  /** `undefined` when the stated status contradicts the key's times at the trust file's own time. */
  readonly key: Key | undefined;
}

/** What a trust file says of a circuit that it lists. */
export interface TrustedCircuit {
  /** No single party could forge proofs for it. */
  readonly isSetUpByMany: boolean;
}

/** An authority of the trust file with its certificates read. */
export interface PreparedTsa {
  readonly tsa: TrustedTsa;
  readonly verifier: TokenVerifier;
}

/**
 * A trust file for many verifications: what one of them looks up or derives, the next ones find. Only what the file
 * holds is kept, so that no bundle can fill the memory.
 */
export class PreparedTrust {
  readonly #keys = new Map<string, PreparedKey>();
  readonly #logs = new Map<string, readonly string[]>();
  readonly #commitments = new Map<string, readonly string[]>();
  readonly #tsas = new Map<string, PreparedTsa>();
  readonly #verificationKeys = new Map<string, Reading<PreparedVerificationKey>>();
  readonly #blocks = new Map<string, readonly string[]>();
  #logVerifiers: readonly NoteVerifier[] | undefined;
  #witnesses: readonly NoteVerifier[] | undefined;

  constructor(readonly file: TrustFile) {}

  key(kid: string): PreparedKey | undefined {
    return found(this.#keys, kid, () => {
      const entry = this.file.keys.find((candidate) => candidate.kid === kid);
      return entry && prepareKey(entry, this.file.asOf);
    });
  }

  /** The keys of a log; one that changed its key has several. */
  logs(origin: string): readonly string[] {
    const search = () => this.file.logs.flatMap((log) => (log.origin === origin ? log.vkey : []));
    return found(this.#logs, origin, () => nonEmpty(search())) ?? [];
  }

  /** Verifiers of all logs. */
  get logVerifiers(): readonly NoteVerifier[] {
    this.#logVerifiers ??= this.file.logs.flatMap(({ vkey }) => logVerifier(vkey) ?? []);
    return this.#logVerifiers;
  }

  /** Verifiers of the witnesses whose keys can cosign. */
  get witnesses(): readonly NoteVerifier[] {
    this.#witnesses ??= witnessVerifiers(this.file.witnesses.vkeys);
    return this.#witnesses;
  }

  /** Commitment hashes that are listed for a model version. */
  commitments(modelVersionId: string): readonly string[] {
    const search = () =>
      this.file.models.flatMap((model) =>
        model.modelVersionId === modelVersionId ? (model.commitmentHash ?? []) : [],
      );
    return found(this.#commitments, modelVersionId, () => nonEmpty(search())) ?? [];
  }

  /** What the file says of a circuit of a model version; undefined where it does not list it for that version. */
  circuit(modelVersionId: string, digest: string): TrustedCircuit | undefined {
    const listed = this.file.models.filter(
      (model) => model.modelVersionId === modelVersionId && model.vkDigest === digest,
    );
    if (listed.length === 0) return undefined;
    return { isSetUpByMany: listed.some(({ setup }) => setup !== undefined && setup !== 'single-party') };
  }

  /** The key of a listed circuit, read once. */
  verificationKey(digest: string, key: unknown): Reading<PreparedVerificationKey> {
    const known = this.#verificationKeys.get(digest) ?? prepareVerificationKey(key);
    this.#verificationKeys.set(digest, known);
    return known;
  }

  /** The time-stamping authority of a network; it remembers what leads to its roots, within bounds. */
  tsa(network: string): PreparedTsa | undefined {
    return found(this.#tsas, network, () => {
      const tsa = this.file.tsas.find((candidate) => candidate.network === network);
      return tsa && { tsa, verifier: tokenVerifier(tsa) };
    });
  }

  /** Hashes that are listed for a block. */
  blockHashes({ network, blocks = [] }: TrustedChain, number: string): readonly string[] {
    const search = () => blocks.flatMap((block) => (block.number === number ? block.hash : []));
    return found(this.#blocks, `${network} ${number}`, () => nonEmpty(search())) ?? [];
  }
}

/**
 * Prepares a trust file for many verifications.
 *
 * @param trust must not be changed afterwards
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { prepareTrust, readTrustFile, verifyEvidence } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/evidence.json', 'utf8'));
 * const { bundle, trust } = cases[0].input;
 * const prepared = prepareTrust(readTrustFile(JSON.stringify(trust)));
 * const labels = [bundle, { ...bundle, anchors: [] }].map(
 *   (one) =>
 *     verifyEvidence(JSON.stringify(one), { trust: prepared, nowMs: Date.parse('2026-06-02T00:00:00Z') })
 *       .label,
 * );
 * assert.deepEqual(labels, ['L2', 'L1']);
 * ```
 */
export function prepareTrust(trust: TrustFile): PreparedTrust {
  return new PreparedTrust(trust);
}

function prepareKey(entry: TrustedKey, asOf: string): PreparedKey {
  const { domains: _domains, ...keystoreEntry } = entry;
  const reading = readKeys([keystoreEntry], parseUtcTime(asOf) ?? Number.NaN);
  const publicKey = hexToBytes(entry.public_key, 33);
  return {
    entry,
    verify: publicKey && createEcdsaVerifier(publicKey),
    key: reading.ok ? reading.keys[0] : undefined,
  };
}

function tokenVerifier({ roots, policies, accuracyMaxMs, serials }: TrustedTsa): TokenVerifier {
  return new TokenVerifier({
    roots: roots.flatMap((root) => base64ToBytes(root) ?? []),
    policies,
    accuracyMaxMs,
    serials: serials?.map(BigInt),
  });
}

function found<Value>(
  known: Map<string, Value>,
  name: string,
  search: () => Value | undefined,
): Value | undefined {
  const value = known.get(name) ?? search();
  if (value !== undefined) known.set(name, value);
  return value;
}

function nonEmpty<Value>(values: readonly Value[]): readonly Value[] | undefined {
  return values.length > 0 ? values : undefined;
}
