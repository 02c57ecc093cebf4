import { describe, expect, it } from '@jest/globals';
import type { RlpItem } from './rlp.js';
import { parseTrieNode, toNibbles } from './trie-node.js';

const hash = new Uint8Array(32).fill(7);
const nothing = new Uint8Array();
const value = Uint8Array.of(9);
const path = (...bytes: number[]) => Uint8Array.from(bytes);
const branch = (children: readonly RlpItem[], last: RlpItem = nothing): RlpItem => [
  ...Array.from({ length: 16 }, (_, index) => children[index] ?? nothing),
  last,
];
const shortLeaf: RlpItem = [path(0x31), value];

describe('parseTrieNode', () => {
  it.each([
    ['even leaf', [path(0x20, 0xab), value], { kind: 'leaf', path: path(0xa, 0xb), value }],
    ['odd leaf', [path(0x3c), value], { kind: 'leaf', path: path(0xc), value }],
    ['leaf without a path', [path(0x20), value], { kind: 'leaf', path: path(), value }],
    ['even extension', [path(0x00, 0xab), hash], { kind: 'extension', path: path(0xa, 0xb), child: hash }],
    ['odd extension', [path(0x1c), hash], { kind: 'extension', path: path(0xc), child: hash }],
  ] as const)('reads an %s', (_name, item, node) => {
    expect(parseTrieNode(item)).toEqual(node);
  });

  it('reads a branch with hashes, a node in place and a value', () => {
    const node = parseTrieNode(branch([hash, shortLeaf], value));
    expect(node).toMatchObject({ kind: 'branch', value });
    expect(node?.kind === 'branch' && node.children.slice(0, 3)).toEqual([
      hash,
      { kind: 'leaf', path: path(1), value },
      null,
    ]);
  });

  it('reads an extension with its branch in place', () => {
    const child = branch([shortLeaf, shortLeaf]);
    expect(parseTrieNode([path(0x1c), child])).toMatchObject({
      kind: 'extension',
      child: { kind: 'branch' },
    });
  });

  it.each<[string, RlpItem]>([
    ['a string', value],
    ['an empty list', []],
    ['one item', [path(0x20)]],
    ['three items', [path(0x20), value, value]],
    ['sixteen items', branch([hash, hash]).slice(1) as RlpItem],
    ['eighteen items', [...(branch([hash, hash]) as RlpItem[]), nothing]],
    ['a path that is a list', [[path(0x20)], value]],
    ['an empty path string', [nothing, value]],
    ['flag 4', [path(0x40, 0xab), value]],
    ['flag 15', [path(0xf0), value]],
    ['an even path with padding other than zero', [path(0x2f, 0xab), value]],
    ['an even extension with padding other than zero', [path(0x01, 0xab), hash]],
    ['a leaf without a value', [path(0x20, 0xab), nothing]],
    ['a leaf whose value is a list', [path(0x20, 0xab), [value]]],
    ['an extension without a path', [path(0x00), hash]],
    ['an extension without a child', [path(0x1c), nothing]],
    ['an extension with a child of 31 bytes', [path(0x1c), hash.subarray(1)]],
    ['an extension with a child of 33 bytes', [path(0x1c), new Uint8Array(33)]],
    ['an extension over a leaf', [path(0x1c), shortLeaf]],
    ['an extension over an extension', [path(0x1c), [path(0x1c), branch([shortLeaf, shortLeaf])]]],
    ['a branch with no child', branch([])],
    ['a branch with one child', branch([hash])],
    ['a branch with a value only', branch([], value)],
    ['a branch with a child of the wrong size', branch([hash, value])],
    ['a branch with a malformed node in place', branch([hash, [value]])],
    ['a branch with a node in place that is long enough for a hash', branch([hash, [path(0x31), hash]])],
    ['a branch whose value is a list', branch([hash, hash], [])],
  ])('refuses %s', (_name, item) => {
    expect(parseTrieNode(item)).toBeUndefined();
  });

  it('splits bytes into nibbles, high half first', () => {
    expect(toNibbles(path(0x1f, 0x20))).toEqual(path(1, 15, 2, 0));
  });
});
