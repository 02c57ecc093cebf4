import { bytesToHex, hexToBytes, keccak256 } from '@touchstone/crypto';

type RlpItem = Uint8Array | readonly RlpItem[];

/** A chain that holds one account with one record, so that every hash of its proof links. */
export interface SyntheticBlock {
  readonly proof: {
    readonly header: string;
    readonly accountProof: string[];
    readonly storageProof: string[];
  };
  readonly number: bigint;
  readonly hash: string;
}

/** A genuine proof that `contract` stores the commitment of `submitter`, on a chain of one block. */
export function anchorOnChain(
  where: { readonly contract: string; readonly submitter: string },
  commitment: Uint8Array,
  { number, seconds }: { readonly number: bigint; readonly seconds: bigint },
): SyntheticBlock {
  const submitter = bytesOf(where.submitter.slice(2));
  const key = keccak256(Uint8Array.of(...new Uint8Array(12), ...submitter, ...commitment));
  const slot = keccak256(Uint8Array.of(...key, ...new Uint8Array(32)));
  const storage = singleEntryTrie(slot, rlp(integer((number << 64n) | seconds)));
  const account = rlp([integer(1n), integer(0n), storage.root, filled(32, 0xcd)]);
  const state = singleEntryTrie(bytesOf(where.contract.slice(2)), account);
  const header = rlp([
    ...[
      filled(32, 1),
      filled(32, 2),
      filled(20, 3),
      state.root,
      filled(32, 4),
      filled(32, 5),
      filled(256, 0),
    ],
    ...[integer(0n), integer(number + 2n), integer(30_000_000n), integer(0n), integer(seconds + 4n)],
    ...[new Uint8Array(), filled(32, 6), filled(8, 0)],
  ]);
  return {
    proof: {
      header: bytesToHex(header),
      accountProof: [bytesToHex(state.node)],
      storageProof: [bytesToHex(storage.node)],
    },
    number: number + 2n,
    hash: bytesToHex(keccak256(header)),
  };
}

function singleEntryTrie(key: Uint8Array, value: Uint8Array): { root: Uint8Array; node: Uint8Array } {
  // One leaf: the hex prefix of an even path, then all 64 nibbles of the hashed key.
  const node = rlp([Uint8Array.of(0x20, ...keccak256(key)), value]);
  return { root: keccak256(node), node };
}

/** RLP (yellow paper, appendix B), written out here so that the verifier is not tested against itself. */
function rlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] ?? 0) < 0x80) return item;
    return Uint8Array.of(...lengthPrefix(item.length, 0x80), ...item);
  }
  const body = item.flatMap((part) => [...rlp(part)]);
  return Uint8Array.of(...lengthPrefix(body.length, 0xc0), ...body);
}

function lengthPrefix(length: number, base: number): number[] {
  if (length < 56) return [base + length];
  const bytes = [...integer(BigInt(length))];
  return [base + 55 + bytes.length, ...bytes];
}

function integer(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const hex = value.toString(16);
  return bytesOf(hex.length % 2 ? `0${hex}` : hex);
}

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array();
