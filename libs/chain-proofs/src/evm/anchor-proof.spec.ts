import { describe, expect, it } from '@jest/globals';
import { EVM_PROOF_NODES_MAX, evmAnchorProof } from '@touchstone/contracts';
import { parseEvmAnchorProof } from './anchor-proof.js';
import { EVM_HEADER_BYTES_MAX } from './header.js';
import { TRIE_NODE_BYTES_MAX, TRIE_PROOF_NODES_MAX } from './trie-proof.js';

const proof = { header: 'c0', accountProof: ['80', '0102'], storageProof: ['81'] };
const hexOf = (bytes: number) => 'ab'.repeat(bytes);
const nodes = (count: number) => Array.from({ length: count }, () => '80');

describe('parseEvmAnchorProof', () => {
  it('reads the bytes of a proof', () => {
    const accountProof = [Uint8Array.of(0x80), Uint8Array.of(1, 2)];
    const expected = { headerRlp: Uint8Array.of(0xc0), accountProof, storageProof: [Uint8Array.of(0x81)] };
    expect(parseEvmAnchorProof(proof)).toEqual({ ok: true, proof: expected });
  });

  it.each([
    ['header', { header: hexOf(EVM_HEADER_BYTES_MAX) }, { header: hexOf(EVM_HEADER_BYTES_MAX + 1) }],
    [
      'node',
      { accountProof: [hexOf(TRIE_NODE_BYTES_MAX)] },
      { accountProof: [hexOf(TRIE_NODE_BYTES_MAX + 1)] },
    ],
    ['list', { storageProof: nodes(EVM_PROOF_NODES_MAX) }, { storageProof: nodes(EVM_PROOF_NODES_MAX + 1) }],
  ])('reads a %s to the limit and no larger', (_name, largest, larger) => {
    expect(parseEvmAnchorProof({ ...proof, ...largest }).ok).toBe(true);
    expect(parseEvmAnchorProof({ ...proof, ...larger })).toMatchObject({ ok: false, check: 'input' });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'c0'],
    ['nothing', undefined],
    ['a list', [proof]],
    ['a missing member', { header: 'c0', accountProof: ['80'] }],
    ['an unknown member', { ...proof, level: 'finalized' }],
    ['a header in upper case', { ...proof, header: 'C0' }],
    ['a header with a prefix', { ...proof, header: '0xc0' }],
    ['an empty header', { ...proof, header: '' }],
    ['a header of half a byte', { ...proof, header: 'c' }],
    ['a header that is a number', { ...proof, header: 192 }],
    ['an account proof that is a string', { ...proof, accountProof: '80' }],
    ['a node that is a number', { ...proof, accountProof: [128] }],
    ['an empty node', { ...proof, storageProof: [''] }],
    ['a node in upper case', { ...proof, storageProof: ['AB'] }],
  ])('refuses %s', (_name, value) => {
    expect(parseEvmAnchorProof(value)).toMatchObject({ ok: false, check: 'input' });
  });

  it('takes the lists that the schema of bundles takes, and empty ones, which show that nothing is there', () => {
    for (const count of [1, EVM_PROOF_NODES_MAX, EVM_PROOF_NODES_MAX + 1, TRIE_PROOF_NODES_MAX]) {
      const listed = { ...proof, accountProof: nodes(count) };
      expect(parseEvmAnchorProof(listed).ok).toBe(evmAnchorProof.safeParse(listed).success);
    }
    expect(parseEvmAnchorProof({ ...proof, accountProof: [], storageProof: [] }).ok).toBe(true);
    expect(evmAnchorProof.safeParse({ ...proof, storageProof: [] }).success).toBe(false);
  });

  it('names the member that is wrong', () => {
    expect(parseEvmAnchorProof({ ...proof, accountProof: 1 })).toMatchObject({
      expected: expect.stringContaining('accountProof'),
    });
    expect(parseEvmAnchorProof({ ...proof, storageProof: 1 })).toMatchObject({
      expected: expect.stringContaining('storageProof'),
    });
  });
});
