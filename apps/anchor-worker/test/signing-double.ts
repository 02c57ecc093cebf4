import { AppError } from '@touchstone/contracts';
import { bytesToHex, ed25519PublicKey, ed25519Sign } from '@touchstone/crypto';
import {
  ed25519NoteSigner,
  emptyRoot,
  formatCheckpointText,
  formatVerifierKey,
  noteKey,
  signNote,
  verifyConsistency,
} from '@touchstone/merkle';
import { keccak256, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { LaneSigner, UnsignedTransaction } from '@touchstone/evm';
import type {
  CheckpointRequest,
  CheckpointSigner,
  LogIdentity,
  TreeHead,
} from '../src/domain/checkpoint/checkpoint-ports.js';

/** The log of the tests. */
export const ORIGIN = 'localhost/touchstone/anchor-test';

/** A signer of checkpoints in this process that really signs, and refuses what the real one refuses. */
export class CheckpointSigningDouble implements CheckpointSigner {
  readonly signed: (TreeHead & { readonly note: string })[] = [];
  private readonly seed: Uint8Array;
  private readonly key;

  constructor(seedByte = 7) {
    this.seed = new Uint8Array(32).fill(seedByte);
    this.key = noteKey(ORIGIN, 'ed25519', ed25519PublicKey(this.seed));
  }

  get vkey(): string {
    return formatVerifierKey(this.key);
  }

  async identity(): Promise<LogIdentity> {
    return { origin: ORIGIN, vkey: this.vkey };
  }

  async sign({ origin, size, root, fromSize, proof }: CheckpointRequest): Promise<string> {
    const last = this.signed[this.signed.length - 1];
    const lastSize = last?.size ?? 0n;
    if (last && size === lastSize && bytesToHex(root) === bytesToHex(last.root)) return last.note;
    if (size <= lastSize) throw refused(`size ${size} after ${lastSize}`);
    if (fromSize !== lastSize) throw refused(`the proof starts at ${fromSize}, the last size is ${lastSize}`);
    if (lastSize === 0n ? proof.length > 0 : !this.extends(last ?? emptyHead, { size, root }, proof))
      throw refused('the consistency proof is invalid');
    const text = formatCheckpointText({ origin, size, root, extensions: [] });
    const note = await signNote(text, [
      ed25519NoteSigner(this.key, (bytes) => ed25519Sign(bytes, this.seed)),
    ]);
    this.signed.push({ size, root, note });
    return note;
  }

  private extends(last: TreeHead, next: TreeHead, proof: readonly Uint8Array[]): boolean {
    return verifyConsistency({
      size1: last.size,
      size2: next.size,
      root1: last.root,
      root2: next.root,
      proof,
    }).ok;
  }
}

const emptyHead: TreeHead = { size: 0n, root: emptyRoot() };

function refused(detail: string): AppError {
  return new AppError('checkpoint-refused', `The checkpoint is not signed: ${detail}.`);
}

/** Signs anchor transactions with a key of its own, and only for the account of that key. */
export class TransactionSigningDouble implements LaneSigner {
  private readonly key;
  readonly signed: UnsignedTransaction[] = [];

  constructor(privateKey: Hex = `0x${'5c'.repeat(32)}`) {
    this.key = privateKeyToAccount(privateKey);
  }

  async account(): Promise<string> {
    return this.key.address.toLowerCase();
  }

  async sign(transaction: UnsignedTransaction, account: string): Promise<{ raw: string; hash: string }> {
    if (account !== (await this.account())) throw new AppError('dependency-unavailable', 'Another key.');
    this.signed.push(transaction);
    const { to, data, ...fields } = transaction;
    const raw = await this.key.signTransaction({
      type: 'eip1559',
      ...fields,
      to: to as Hex,
      data: data as Hex,
    });
    return { raw, hash: keccak256(raw) };
  }
}
