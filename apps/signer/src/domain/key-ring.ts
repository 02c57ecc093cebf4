import type { KeystoreEntry, KeyUse } from '@touchstone/contracts';
import {
  bytesToHex,
  createEcdsaSigner,
  createEd25519Signer,
  sha256,
  type EcdsaSigner,
  type Ed25519Signer,
} from '@touchstone/crypto';

/** A key that was not published is valid from no time on; its publication says from when. */
const UNPUBLISHED = '1970-01-01T00:00:00Z';
/** The configuration does not bound a key: keys are rotated, not left to run out. */
const VALID_UNTIL = '2099-12-31T23:59:59Z';

/** Private keys as the configuration gives them, 32 bytes each. */
export interface KeyMaterial {
  readonly output: { readonly kid: string; readonly privateKey: Uint8Array };
  readonly checkpointSeed: Uint8Array;
  readonly anchorTransactions: Uint8Array;
  readonly settlementTransactions: Uint8Array;
  /** The seed that signs batches of events, with the name in their notes; left out where none are signed. */
  readonly eventBatch?: {
    readonly seed: Uint8Array;
    readonly name: string;
    readonly kid?: string | undefined;
  };
}

/** The keys of this signer, one use each, with their public entries. */
export interface KeyRing {
  readonly outputKeyId: string;
  readonly output: EcdsaSigner;
  readonly checkpoint: Ed25519Signer;
  readonly checkpointKeyId: string;
  readonly transactions: { readonly anchor: EcdsaSigner; readonly settlement: EcdsaSigner };
  readonly eventBatch: EventBatchKey | undefined;
  readonly entries: readonly KeystoreEntry[];
}

/** The key that signs batches of events. */
export interface EventBatchKey {
  readonly kid: string;
  /** Name of the key in signed notes; never the origin of a log. */
  readonly name: string;
  readonly signer: Ed25519Signer;
}

/**
 * Builds the key ring.
 *
 * @throws RangeError when two keys are the same, since a signature for one use would then serve another
 */
export function createKeyRing(material: KeyMaterial): KeyRing {
  const output = createEcdsaSigner(material.output.privateKey);
  const checkpoint = createEd25519Signer(material.checkpointSeed);
  const anchor = createEcdsaSigner(material.anchorTransactions);
  const settlement = createEcdsaSigner(material.settlementTransactions);
  const batches = material.eventBatch && createEd25519Signer(material.eventBatch.seed);
  const checkpointEntry = entry('Ed25519', 'checkpoint', checkpoint.publicKey);
  const batchEntry =
    material.eventBatch &&
    batches &&
    entry('Ed25519', 'event-batch', batches.publicKey, material.eventBatch.kid, material.eventBatch.name);
  const entries = [
    entry('ES256K', 'output', output.publicKey, material.output.kid),
    checkpointEntry,
    entry('ES256K', 'chain-tx', anchor.publicKey, undefined, 'anchor'),
    entry('ES256K', 'chain-tx', settlement.publicKey, undefined, 'settlement'),
    ...(batchEntry ? [batchEntry] : []),
  ];
  const secrets = [
    material.output.privateKey,
    material.checkpointSeed,
    material.anchorTransactions,
    material.settlementTransactions,
    ...(material.eventBatch ? [material.eventBatch.seed] : []),
  ];
  if (new Set(secrets.map(bytesToHex)).size !== secrets.length) {
    throw new RangeError('Two of the configured keys are the same; a key has exactly one use.');
  }
  return {
    outputKeyId: material.output.kid,
    output,
    checkpoint,
    checkpointKeyId: checkpointEntry.kid,
    transactions: { anchor, settlement },
    eventBatch:
      material.eventBatch && batches && batchEntry
        ? { kid: batchEntry.kid, name: material.eventBatch.name, signer: batches }
        : undefined,
    entries,
  };
}

function entry(
  alg: KeystoreEntry['alg'],
  use: KeyUse,
  publicKey: Uint8Array,
  kid = `${use}-${bytesToHex(sha256(publicKey)).slice(0, 16)}`,
  name?: string,
): KeystoreEntry {
  return {
    kid,
    alg,
    use,
    ...(name === undefined ? {} : { name }),
    public_key: bytesToHex(publicKey),
    status: 'active',
    not_before: UNPUBLISHED,
    not_after: VALID_UNTIL,
  };
}
