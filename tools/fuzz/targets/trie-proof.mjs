import { strict as assert } from 'node:assert';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { decodeRlp, encodeRlp, TRIE_NODE_BYTES_MAX, verifyTrieProof } from '@touchstone/chain-proofs';
import { keccak256 } from '@touchstone/crypto';

const SEPARATOR = [0xfe, 0xed, 0xfa, 0xce];
const KEY_BYTES = 4;
/** Stands for the hash of the next node: a fuzzer finds no preimages, so the harness puts the hashes in. */
const NEXT = Uint8Array.from({ length: 32 }, (_, index) => 0xd0 ^ index);
const leaf = (path, value) => encodeRlp([Uint8Array.from(path), Uint8Array.from(value)]);
const branch = (at, child, value = []) =>
  encodeRlp([
    ...Array.from({ length: 16 }, (_, index) =>
      index === at ? child : index === 15 ? NEXT.slice().reverse() : new Uint8Array(),
    ),
    Uint8Array.from(value),
  ]);
const joined = (key, ...nodes) =>
  Uint8Array.from([...key, ...nodes.flatMap((node) => [...node, ...SEPARATOR])]);

/** Key of four bytes, then nodes, each with {@link SEPARATOR} behind it; the root is the hash of the first. */
function split(bytes) {
  const key = bytes.slice(0, KEY_BYTES);
  const nodes = [];
  let node = [];
  for (const byte of bytes.slice(KEY_BYTES)) {
    node.push(byte);
    if (SEPARATOR.every((mark, index) => node[node.length - SEPARATOR.length + index] === mark)) {
      nodes.push(Uint8Array.from(node.slice(0, -SEPARATOR.length)));
      node = [];
    }
  }
  for (let index = nodes.length - 2; index >= 0; index -= 1)
    nodes[index] = linked(nodes[index], keccak256(nodes[index + 1]));
  return { key, nodes };
}

function linked(node, hash) {
  const at = Buffer.from(node).indexOf(NEXT);
  if (at < 0) return node;
  const copy = node.slice();
  copy.set(hash, at);
  return copy;
}

/** What a proof proves to us, inclusion and exclusion alike, it proves to @ethereumjs/mpt. */
export const trieProof = {
  name: 'trie-proof',
  covers: ['/libs/chain-proofs/dist/evm/'],
  dictionary: [SEPARATOR, [...NEXT], [0xa0, ...NEXT], [0x20], [0x00], [0x16], [0x36], [0x80], [0xc0]],
  bytesMax: 4_096,
  seeds: () => {
    const key = [0x12, 0x34, 0x56, 0x78];
    const extension = encodeRlp([Uint8Array.of(0x00, 0x12, 0x34), NEXT]);
    return [
      joined(key, leaf([0x20, ...key], [1, 2, 3])),
      joined(key, leaf([0x20, 0x12, 0x34, 0x56, 0x79], [1])),
      joined(key, branch(1, NEXT), leaf([0x32, 0x34, 0x56, 0x78], Array(40).fill(7))),
      joined(key, extension, branch(5, NEXT), leaf([0x36, 0x78], Array(40).fill(9))),
      joined(key, branch(1, [Uint8Array.of(0x32, 0x34, 0x56, 0x78), Uint8Array.of(5)])),
      joined(key, branch(2, NEXT, [9])),
      joined([], Uint8Array.of(0x80)),
    ];
  },
  run(bytes) {
    const { key, nodes } = split(bytes);
    const [first] = nodes;
    const root = first ? keccak256(first) : keccak256(Uint8Array.of(0x80));
    const result = verifyTrieProof({ root, key, proof: nodes });
    if (!result.ok) {
      assert.ok(result.node >= 0 && result.node <= nodes.length);
      return undefined;
    }
    assert.ok(nodes.every((node) => node.length <= TRIE_NODE_BYTES_MAX && decodeRlp(node) !== undefined));
    if (!first || (nodes.length === 1 && first.length === 1)) return undefined;
    return verifyMerkleProof(key, nodes).then((value) => {
      assert.deepEqual(
        value && Buffer.from(value).toString('hex'),
        result.value && Buffer.from(result.value).toString('hex'),
      );
    });
  },
};
