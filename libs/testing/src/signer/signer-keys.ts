import { canonicalBytes } from '@touchstone/canonical-json';
import type { KeySet, KeystoreEntry, OutputProof } from '@touchstone/contracts';
import {
  bytesToHex,
  createEcdsaSigner,
  createEd25519Signer,
  ecdsaVerify,
  evmAddress,
  hexToBytes,
  parseSignature,
  sha256,
  type Ed25519Signer,
} from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import { ed25519NoteSigner, formatVerifierKey, noteKey, type NoteSigner } from '@touchstone/merkle';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';

/** A key that pays for transactions. */
export type TransactionKey = 'anchor' | 'settlement';

/** What a key of the signer is for. */
export type SignerKey = TransactionKey | 'output' | 'checkpoint' | 'eventBatch';

/** The private keys of {@link SignerDouble} unless a test gives others: 32 bytes in hex, known to everybody. */
export const signerSeeds: Readonly<Record<SignerKey, string>> = {
  output: '11'.repeat(32),
  checkpoint: '22'.repeat(32),
  anchor: '5c'.repeat(32),
  settlement: '44'.repeat(32),
  eventBatch: '66'.repeat(32),
};

/** The name of the key of event batches, whatever its seed. */
export const eventBatchKeyId = 'event-batch-1';

const VALID = { not_before: '2026-01-01T00:00:00Z', not_after: '2036-01-01T00:00:00Z' };

/** The keys of a double, each of which a test may replace. */
export class SignerKeys {
  private readonly seeds: Record<SignerKey, string>;
  /** Seeds of all output keys; the last one signs. */
  private readonly outputs: string[];
  private readonly versions: KeySet[] = [];

  constructor(
    seeds: Partial<Record<SignerKey, string>>,
    private readonly origin: string,
  ) {
    this.seeds = { ...signerSeeds, ...seeds };
    this.outputs = [this.seeds.output];
    this.publish();
  }

  /** The newest version of the key set. */
  get keySet(): KeySet {
    return this.versions.at(-1) as KeySet;
  }

  /** Replaces a key; an output key that is replaced stays listed, so that what it signed remains verifiable. */
  replace(key: SignerKey, seed: string): void {
    this.seeds[key] = seed;
    if (key === 'output') this.outputs.push(seed);
    this.publish();
  }

  get outputKeyId(): string {
    return `output-${this.outputs.length}`;
  }

  /** A compact signature, 64 bytes. */
  signDigest(digest: Uint8Array): Uint8Array {
    return createEcdsaSigner(bytesOf(this.seeds.output)).sign(digest);
  }

  /** Whether one of the output keys, present or replaced, signed a proof. */
  verifies(proof: OutputProof): boolean {
    const key = this.keySet.keys.find(({ kid }) => kid === proof.keyId);
    const signature = parseSignature(proof.signature);
    if (key?.use !== 'output' || !('compact' in signature)) return false;
    const digest = outputDigest(proof, proof.domain);
    return ecdsaVerify(digest, signature.compact, bytesOf(key.public_key)) === 'ok';
  }

  get noteSigner(): NoteSigner {
    const { publicKey, sign } = createEd25519Signer(bytesOf(this.seeds.checkpoint));
    return ed25519NoteSigner(noteKey(this.origin, 'ed25519', publicKey), sign);
  }

  /** The key of event batches. */
  get eventBatch(): { readonly kid: string; readonly name: string; readonly signer: Ed25519Signer } {
    const signer = createEd25519Signer(bytesOf(this.seeds.eventBatch));
    return { kid: eventBatchKeyId, name: `${this.origin}/events`, signer };
  }

  /** Verifier key of the log (C2SP signed-note). */
  get vkey(): string {
    const { publicKey } = createEd25519Signer(bytesOf(this.seeds.checkpoint));
    return formatVerifierKey(noteKey(this.origin, 'ed25519', publicKey));
  }

  account(key: TransactionKey): PrivateKeyAccount {
    return privateKeyToAccount(`0x${this.seeds[key]}`);
  }

  /** In lower case, as the mesh has addresses. */
  address(key: TransactionKey): string {
    return evmAddress(createEcdsaSigner(bytesOf(this.seeds[key])).publicKey);
  }

  private publish(): void {
    const { seeds } = this;
    const previous = this.versions.at(-1);
    const outputs = this.outputs.map((seed, index) => ({
      ...ecdsaEntry('output', seed, `output-${index + 1}`),
      status: index === this.outputs.length - 1 ? ('active' as const) : ('retiring' as const),
    }));
    const checkpointKey = bytesToHex(createEd25519Signer(bytesOf(seeds.checkpoint)).publicKey);
    this.versions.push({
      type: 'touchstone.key-set.v1',
      sequence: this.versions.length,
      keys: [
        ...outputs,
        entry('Ed25519', 'checkpoint', checkpointKey),
        { ...ecdsaEntry('chain-tx', seeds.anchor), name: 'anchor' },
        { ...ecdsaEntry('chain-tx', seeds.settlement), name: 'settlement' },
        {
          ...entry('Ed25519', 'event-batch', bytesToHex(this.eventBatch.signer.publicKey), eventBatchKeyId),
          name: this.eventBatch.name,
        },
      ],
      previous: previous === undefined ? null : bytesToHex(sha256(canonicalBytes(previous))),
    });
  }
}

function ecdsaEntry(use: KeystoreEntry['use'], seed: string, kid?: string): KeystoreEntry {
  return entry('ES256K', use, bytesToHex(createEcdsaSigner(bytesOf(seed)).publicKey), kid);
}

function entry(
  alg: KeystoreEntry['alg'],
  use: KeystoreEntry['use'],
  publicKey: string,
  kid = `${use}-${publicKey.slice(-16)}`,
): KeystoreEntry {
  return { kid, alg, use, public_key: publicKey, status: 'active', ...VALID };
}

function bytesOf(hex: string): Uint8Array {
  const bytes = hexToBytes(hex);
  if (bytes === undefined) throw new Error(`${hex} is not hex.`);
  return bytes;
}
