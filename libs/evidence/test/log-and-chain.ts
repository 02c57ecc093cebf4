import type { EvmAnchorProofMessage } from '@touchstone/contracts';
import { anchorStorageSlot, encodeRlp, type RlpItem } from '@touchstone/chain-proofs';
import { bytesToHex, createEd25519Signer, hexToBytes, keccak256 } from '@touchstone/crypto';
import {
  buildTree,
  ed25519NoteSigner,
  formatCheckpointText,
  formatVerifierKey,
  leafHash,
  noteKey,
  signNote,
} from '@touchstone/merkle';
import { anchoredCommitment, type Anchor, type LogProof, type TrustFile } from '../src/index.js';

export const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0);
export const SIGNED_AT_SECONDS = NOW_MS / 1_000 - 3_600;
export const ORIGIN = 'log.example/touchstone';
export const NETWORK = 'eip155:8453';
const CONTRACT = `0x${'c0'.repeat(20)}`;
const SUBMITTER = `0x${'50'.repeat(20)}`;

const logKey = createEd25519Signer(new Uint8Array(32).fill(9));

/** What follows an entry: its place in a log, and an anchor of the checkpoint on a chain that this file makes up. */
export interface LoggedEntry {
  readonly logProofs: LogProof[];
  readonly anchors: Anchor[];
  /** What a trust file has to hold of the chain. */
  readonly blockHash: string;
}

/** Puts an entry into a log after `entriesBefore` others, and anchors the checkpoint. */
export async function logged(entry: string, entriesBefore = 6): Promise<LoggedEntry> {
  const logProof = await logProofOf(entry, entriesBefore);
  const committed = anchoredCommitment(logProof.checkpoint) ?? new Uint8Array();
  const { proof, blockHash } = syntheticChain(committed);
  const commitment = bytesToHex(committed);
  return {
    logProofs: [logProof],
    anchors: [{ kind: 'evm', network: NETWORK, logProof: 0, commitment, proof, level: 'finalized' }],
    blockHash,
  };
}

/** Trust in the log and in the chain, beside keys and models. */
export function trustIn(
  { blockHash }: LoggedEntry,
  test: boolean,
  { keys, models }: Pick<TrustFile, 'keys' | 'models'>,
): TrustFile {
  return {
    version: 1,
    asOf: '2026-06-01T12:00:00Z',
    keys,
    models,
    logs: [{ origin: ORIGIN, vkey: formatVerifierKey(noteKey(ORIGIN, 'ed25519', logKey.publicKey)) }],
    witnesses: { k: 0, vkeys: [] },
    chains: [
      {
        network: NETWORK,
        test,
        contract: CONTRACT,
        submitters: [SUBMITTER],
        blocks: [{ number: '102', hash: blockHash }],
      },
    ],
    tsas: [],
    independent: test ? [] : [NETWORK],
  };
}

async function logProofOf(entry: string, entriesBefore: number) {
  const encoder = new TextEncoder();
  const entries = [
    ...Array.from({ length: entriesBefore }, (_, index) => `earlier ${index}`),
    entry,
    'later',
  ];
  const tree = buildTree(entries.map((text) => leafHash(encoder.encode(text))));
  const text = formatCheckpointText({
    origin: ORIGIN,
    size: BigInt(entries.length),
    root: tree.root,
    extensions: [],
  });
  const key = noteKey(ORIGIN, 'ed25519', logKey.publicKey);
  return {
    checkpoint: await signNote(text, [ed25519NoteSigner(key, (message) => logKey.sign(message))]),
    leafIndex: String(entriesBefore),
    treeSize: String(entries.length),
    path: tree.path(entriesBefore).map(bytesToHex),
  };
}

/** A state with one account and one record under a header, so that every hash links. */
function syntheticChain(commitment: Uint8Array): { proof: EvmAnchorProofMessage; blockHash: string } {
  const submitter = hexToBytes(SUBMITTER.slice(2)) ?? new Uint8Array();
  const anchoredAt = (100n << 64n) | BigInt(SIGNED_AT_SECONDS + 60);
  const storage = singleEntryTrie(anchorStorageSlot(submitter, commitment), encodeRlp(integer(anchoredAt)));
  const account: RlpItem = [integer(1n), integer(0n), storage.root, new Uint8Array(32).fill(0xcd)];
  const state = singleEntryTrie(hexToBytes(CONTRACT.slice(2)) ?? new Uint8Array(), encodeRlp(account));
  const fill = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
  const header = encodeRlp([
    ...[fill(32, 1), fill(32, 2), fill(20, 3), state.root, fill(32, 4), fill(32, 5), fill(256, 0)],
    ...[
      integer(0n),
      integer(102n),
      integer(30_000_000n),
      integer(0n),
      integer(BigInt(SIGNED_AT_SECONDS + 64)),
    ],
    ...[new Uint8Array(), fill(32, 6), fill(8, 0)],
  ]);
  return {
    proof: {
      header: bytesToHex(header),
      accountProof: [bytesToHex(state.node)],
      storageProof: [bytesToHex(storage.node)],
    },
    blockHash: bytesToHex(keccak256(header)),
  };
}

function singleEntryTrie(key: Uint8Array, value: Uint8Array): { root: Uint8Array; node: Uint8Array } {
  const node = encodeRlp([Uint8Array.of(0x20, ...keccak256(key)), value]);
  return { root: keccak256(node), node };
}

function integer(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const hex = value.toString(16);
  return hexToBytes(hex.length % 2 ? `0${hex}` : hex) ?? new Uint8Array();
}
