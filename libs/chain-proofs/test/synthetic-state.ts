import { keccak_256 } from '@noble/hashes/sha3.js';
import { anchorStorageSlot, encodeRlp, type EvmAnchorInput, type RlpItem } from '@touchstone/chain-proofs';

/** A trie with one entry: its leaf, which is also its only node, and its root. */
export function singleEntryTrie(
  key: Uint8Array,
  value: Uint8Array,
): { root: Uint8Array; proof: Uint8Array[] } {
  const leaf = encodeRlp([Uint8Array.of(0x20, ...key), value]);
  return { root: keccak_256(leaf), proof: [leaf] };
}

/** Bytes of one value, to stand for a hash or an address. */
export function filled(size: number, byte: number): Uint8Array {
  return new Uint8Array(size).fill(byte);
}

/** The fields of a header of block 100 at Unix second 1000, as a chain before the first appended field has them. */
export function headerFields(stateRoot: Uint8Array): RlpItem[] {
  const empty = new Uint8Array();
  const roots = [stateRoot, filled(32, 4), filled(32, 5), filled(256, 0)];
  const numbers = [empty, Uint8Array.of(100), Uint8Array.of(1, 0), empty, Uint8Array.of(3, 232)];
  return [
    filled(32, 1),
    filled(32, 2),
    filled(20, 3),
    ...roots,
    ...numbers,
    empty,
    filled(32, 6),
    filled(8, 0),
  ];
}

export const contract = filled(20, 0xc0);
export const submitter = filled(20, 0x50);
export const commitment = filled(32, 0xab);

/** The bytes that a test may choose freely; the rest of the state is built around them, so that every hash links. */
export interface SyntheticState {
  /** RLP of the record as it stands in the storage trie. */
  readonly storedValue: Uint8Array;
  /** Changes the items of the account before they are encoded. */
  readonly account?: (items: RlpItem[]) => RlpItem;
}

/** Builds a state with one contract and one record, and a header over it. */
export function syntheticAnchor({ storedValue, account = (items) => items }: SyntheticState): EvmAnchorInput {
  const storage = singleEntryTrie(keccak_256(anchorStorageSlot(submitter, commitment)), storedValue);
  const items = account([Uint8Array.of(1), new Uint8Array(), storage.root, filled(32, 0xcd)]);
  const state = singleEntryTrie(keccak_256(contract), encodeRlp(items));
  const headerRlp = encodeRlp(headerFields(state.root));
  return {
    headerRlp,
    accountProof: state.proof,
    storageProof: storage.proof,
    contract,
    submitter,
    commitment,
  };
}

/** RLP of a record as the contract stores it. */
export function storedRecord(blockNumber: bigint, timestamp: bigint): Uint8Array {
  const hex = ((blockNumber << 64n) | timestamp).toString(16);
  return encodeRlp(Uint8Array.from(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')));
}
