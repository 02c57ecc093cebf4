import { createMerkleProof, createMPT } from '@ethereumjs/mpt';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { filled, singleEntryTrie } from '../../test/synthetic-state.js';
import { encodeRlp, type RlpItem } from './rlp.js';
import {
  EMPTY_TRIE_ROOT,
  TRIE_KEY_BYTES_MAX,
  TRIE_NODE_BYTES_MAX,
  TRIE_PROOF_NODES_MAX,
  verifyTrieProof,
} from './trie-proof.js';

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

/** A reference trie of another library, over entries with keys in hex. */
async function referenceTrie(entries: ReadonlyMap<string, Uint8Array>) {
  const trie = await createMPT({});
  for (const [key, value] of entries) await trie.put(Buffer.from(key, 'hex'), value);
  return trie;
}

/** That library lists nodes which stand inside their parent once more; `eth_getProof` and we do not. */
async function proofFor(
  trie: Awaited<ReturnType<typeof referenceTrie>>,
  key: Uint8Array,
): Promise<Uint8Array[]> {
  const nodes = await createMerkleProof(trie, key);
  return nodes.filter((node, index) => index === 0 || node.length >= 32);
}

const anyValue = fc.uint8Array({ minLength: 1, maxLength: 70 });
/** Two alphabets of nibbles make deep tries with long common prefixes; the sizes mix prefixes of one another. */
const anyKey = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xff), { minLength: 1, maxLength: 4 })
  .map((bytes) => hex(Uint8Array.from(bytes)));
const anyEntries = fc
  .array(fc.tuple(anyKey, anyValue), { minLength: 1, maxLength: 24 })
  .map((list) => new Map(list));

describe('verifyTrieProof against @ethereumjs/mpt', () => {
  it('proves every entry of random tries, and the absence of every other key', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.array(anyKey, { maxLength: 6 }), async (entries, otherKeys) => {
        const trie = await referenceTrie(entries);
        const root = trie.root();
        for (const text of [...entries.keys(), ...otherKeys]) {
          const key = Uint8Array.from(Buffer.from(text, 'hex'));
          const result = verifyTrieProof({ root, key, proof: await proofFor(trie, key) });
          const value = entries.get(text);
          expect(result.ok && result.value && hex(result.value)).toBe(value ? hex(value) : null);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a key that leaves an extension', '2111', null],
    ['a key that leaves an extension in its last nibble', '1211', null],
    ['a key that ends inside an extension', '', null],
    ['a key that ends at a branch without a value', '11', null],
    ['a key for which a branch has no child', '1133', null],
    ['a key that leaves a leaf', '1112', null],
    ['a key longer than that of a leaf', '111111', null],
    ['a key that ends at a leaf', '1122', Uint8Array.of(2)],
    ['a key that ends at a branch with a value', '33', Uint8Array.of(3)],
    ['a key that goes on from a branch with a value', '3344', Uint8Array.of(4)],
  ])('tells what stands under %s', async (_, text, value) => {
    const prefixed = new Map([
      ['1111', Uint8Array.of(1)],
      ['1122', Uint8Array.of(2)],
    ]);
    // With entries below 33, too, the root is a branch and no extension: the paths of 11 and of 33 part at once.
    const both = new Map([
      ...prefixed,
      ['33', Uint8Array.of(3)],
      ['3344', Uint8Array.of(4)],
      ['3355', Uint8Array.of(5)],
    ]);
    const key = Uint8Array.from(Buffer.from(text, 'hex'));
    const tries = text.startsWith('33') ? [both] : [prefixed, both];
    for (const entries of tries) {
      const trie = await referenceTrie(entries);
      const result = verifyTrieProof({ root: trie.root(), key, proof: await proofFor(trie, key) });
      expect(result).toEqual({ ok: true, value });
    }
  });

  it('proves every entry of a trie with hashed keys, as the state has it', async () => {
    const keys = Array.from({ length: 300 }, (_, index) =>
      keccak_256(Uint8Array.of(index >> 8, index & 0xff)),
    );
    const [absent, ...present] = keys as [Uint8Array, ...Uint8Array[]];
    const trie = await referenceTrie(new Map(present.map((key) => [hex(key), key.subarray(0, 8)])));
    const root = trie.root();
    for (const key of present) {
      expect(verifyTrieProof({ root, key, proof: await proofFor(trie, key) })).toEqual({
        ok: true,
        value: key.subarray(0, 8),
      });
    }
    const proof = await proofFor(trie, absent);
    expect(verifyTrieProof({ root, key: absent, proof })).toEqual({ ok: true, value: null });
  });

  it('refuses every proof with a changed byte, a missing, a foreign or a repeated node', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEntries,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (entries, a, b, bits) => {
          const trie = await referenceTrie(entries);
          const key = Uint8Array.from(Buffer.from([...entries.keys()][a % entries.size] as string, 'hex'));
          const proof = await proofFor(trie, key);
          const index = b % proof.length;
          const changed = (proof[index] as Uint8Array).slice();
          changed[a % changed.length] = (changed[a % changed.length] as number) ^ bits;
          const lists = [
            proof.with(index, changed),
            proof.toSpliced(index, 1),
            proof.toSpliced(index, 0, proof[index] as Uint8Array),
            [...proof, Uint8Array.of(0x80)],
            [],
          ];
          for (const list of lists)
            expect(verifyTrieProof({ root: trie.root(), key, proof: list }).ok).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('verifyTrieProof', () => {
  const key = filled(32, 0x11);
  const value = Uint8Array.of(1, 2, 3);
  let root: Uint8Array;
  let proof: Uint8Array[];

  beforeAll(() => {
    ({ root, proof } = singleEntryTrie(key, value));
  });

  it('tells an entry from a proof that there is none', () => {
    expect(verifyTrieProof({ root, key, proof })).toEqual({ ok: true, value });
    expect(verifyTrieProof({ root, key: filled(32, 0x12), proof })).toEqual({ ok: true, value: null });
  });

  it('tells a proof that there is none from one that ends too early', () => {
    expect(verifyTrieProof({ root, key, proof: [] })).toEqual({ ok: false, reason: 'missing-node', node: 0 });
  });

  it('takes an empty trie with no node or with the empty node, and with nothing else', () => {
    const empty = { root: EMPTY_TRIE_ROOT, key };
    expect(EMPTY_TRIE_ROOT).toEqual(keccak_256(Uint8Array.of(0x80)));
    expect(verifyTrieProof({ ...empty, proof: [] })).toEqual({ ok: true, value: null });
    expect(verifyTrieProof({ ...empty, proof: [Uint8Array.of(0x80)] })).toEqual({ ok: true, value: null });
    const failure = { ok: false, reason: 'unused-node', node: 0 };
    expect(verifyTrieProof({ ...empty, proof })).toEqual(failure);
    expect(verifyTrieProof({ ...empty, proof: [Uint8Array.of(0x80), Uint8Array.of(0x80)] })).toEqual(failure);
  });

  it('refuses a root node that is not a node', () => {
    const node = encodeRlp([value, value, value]);
    const result = verifyTrieProof({ root: keccak_256(node), key, proof: [node] });
    expect(result).toEqual({ ok: false, reason: 'malformed-node', node: 0 });
  });

  it('refuses a root node that is not canonical RLP', () => {
    const node = Uint8Array.of(0xc2, 0x81, 0x00);
    const result = verifyTrieProof({ root: keccak_256(node), key, proof: [node] });
    expect(result).toEqual({ ok: false, reason: 'malformed-node', node: 0 });
  });

  it('refuses a node given by hash that is short enough to stand in its parent', () => {
    const child = encodeRlp([Uint8Array.of(0x20), value]);
    const items: RlpItem[] = Array.from({ length: 17 }, () => new Uint8Array());
    items[1] = keccak_256(child);
    items[2] = filled(32, 1);
    const parent = encodeRlp(items);
    const result = verifyTrieProof({ root: keccak_256(parent), key, proof: [parent, child] });
    expect(result).toEqual({ ok: false, reason: 'malformed-node', node: 1 });
  });

  it('refuses an extension that leads to anything but a branch', () => {
    const child = encodeRlp([Uint8Array.of(0x31, ...key.subarray(1)), value]);
    const parent = encodeRlp([Uint8Array.of(0x11), keccak_256(child)]);
    const result = verifyTrieProof({ root: keccak_256(parent), key, proof: [parent, child] });
    expect(result).toEqual({ ok: false, reason: 'malformed-node', node: 1 });
  });

  it('reads nodes to the size limit and no larger', () => {
    // The node around the value: three bytes for the list, 34 for the path, three for the value's length.
    const largest = singleEntryTrie(key, filled(TRIE_NODE_BYTES_MAX - 40, 1));
    expect(largest.proof[0]).toHaveLength(TRIE_NODE_BYTES_MAX);
    expect(verifyTrieProof({ ...largest, key }).ok).toBe(true);
    const larger = singleEntryTrie(key, filled(TRIE_NODE_BYTES_MAX - 39, 1));
    expect(verifyTrieProof({ ...larger, key })).toEqual({ ok: false, reason: 'limit', node: 0 });
  });

  it('reads as many nodes as the longest key has nibbles, and the leaf, and no more', () => {
    const longest = filled(TRIE_KEY_BYTES_MAX, 0);
    let node = encodeRlp([Uint8Array.of(0x20), filled(40, 1)]);
    const nodes = [node];
    for (let depth = 0; depth < TRIE_KEY_BYTES_MAX * 2; depth += 1) {
      const items: RlpItem[] = Array.from({ length: 17 }, () => new Uint8Array());
      items[0] = keccak_256(node);
      items[1] = filled(32, 1);
      node = encodeRlp(items);
      nodes.unshift(node);
    }
    expect(nodes).toHaveLength(TRIE_PROOF_NODES_MAX);
    const input = { root: keccak_256(node), key: longest };
    expect(verifyTrieProof({ ...input, proof: nodes })).toEqual({ ok: true, value: filled(40, 1) });
    const failure = { ok: false, reason: 'limit', node: TRIE_PROOF_NODES_MAX };
    expect(verifyTrieProof({ ...input, proof: [...nodes, node] })).toEqual(failure);
  });

  it('takes keys to the length limit and no longer, and roots of 32 bytes', () => {
    const failure = { ok: false, reason: 'limit', node: 0 };
    expect(verifyTrieProof({ root, key: filled(TRIE_KEY_BYTES_MAX + 1, 0), proof })).toEqual(failure);
    expect(verifyTrieProof({ root: root.subarray(1), key, proof })).toEqual(failure);
  });
});
