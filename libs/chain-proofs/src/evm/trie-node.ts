import { encodeRlp, type RlpItem } from './rlp.js';

const HASH_BYTES = 32;
const BRANCH_ITEMS = 17;

/** What a node says about a child: nothing there, the hash of its node, or the node itself when it is short. */
export type TrieChild = null | Uint8Array | TrieNode;

/** A node of a Merkle-Patricia trie; paths are nibbles, one per byte. Source: yellow paper, appendix D. */
export type TrieNode =
  | { readonly kind: 'branch'; readonly children: readonly TrieChild[]; readonly value: Uint8Array }
  | { readonly kind: 'extension'; readonly path: Uint8Array; readonly child: Uint8Array | TrieNode }
  | { readonly kind: 'leaf'; readonly path: Uint8Array; readonly value: Uint8Array };

/** Splits bytes into nibbles, high half first. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  bytes.forEach((byte, index) => {
    nibbles[index * 2] = byte >> 4;
    nibbles[index * 2 + 1] = byte & 0x0f;
  });
  return nibbles;
}

/** Reads a hex-prefix path: flag 0 or 1 extension, 2 or 3 leaf; the low bit says odd; even paths pad with zero. */
function parsePath(encoded: Uint8Array): { isLeaf: boolean; path: Uint8Array } | undefined {
  const nibbles = toNibbles(encoded);
  const flag = nibbles[0];
  if (flag === undefined || flag > 3) return undefined;
  const isOdd = (flag & 1) === 1;
  if (!isOdd && nibbles[1] !== 0) return undefined;
  return { isLeaf: flag >= 2, path: nibbles.subarray(isOdd ? 1 : 2) };
}

function parseChild(item: RlpItem): TrieChild | undefined {
  if (item instanceof Uint8Array) {
    if (item.length === 0) return null;
    return item.length === HASH_BYTES ? item : undefined;
  }
  // A node of 32 bytes or more is referred to by its hash; standing here it would be a second spelling.
  return encodeRlp(item).length < HASH_BYTES ? parseTrieNode(item) : undefined;
}

function parseBranch(items: readonly RlpItem[]): TrieNode | undefined {
  const children: TrieChild[] = [];
  for (const item of items.slice(0, 16)) {
    const child = parseChild(item);
    if (child === undefined) return undefined;
    children.push(child);
  }
  const value = items[16];
  if (!(value instanceof Uint8Array)) return undefined;
  // With fewer than two ways to go on, a trie has a leaf or an extension instead.
  const ways = children.filter((child) => child !== null).length + (value.length > 0 ? 1 : 0);
  return ways < 2 ? undefined : { kind: 'branch', children, value };
}

function parseShort(items: readonly RlpItem[]): TrieNode | undefined {
  const [encodedPath, target] = items as [RlpItem, RlpItem];
  const parsed = encodedPath instanceof Uint8Array ? parsePath(encodedPath) : undefined;
  if (parsed === undefined) return undefined;
  if (parsed.isLeaf) {
    if (!(target instanceof Uint8Array) || target.length === 0) return undefined;
    return { kind: 'leaf', path: parsed.path, value: target };
  }
  const child = parseChild(target);
  if (child === undefined || child === null || parsed.path.length === 0) return undefined;
  // An extension leads to a branch; anything else would have been merged into one node.
  if (!(child instanceof Uint8Array) && child.kind !== 'branch') return undefined;
  return { kind: 'extension', path: parsed.path, child };
}

/**
 * Reads a decoded RLP value as a trie node, in the only form that a correct trie gives it.
 *
 * @returns the node, or `undefined` when an item has the wrong type, length, prefix or number
 */
export function parseTrieNode(item: RlpItem): TrieNode | undefined {
  if (item instanceof Uint8Array) return undefined;
  if (item.length === BRANCH_ITEMS) return parseBranch(item);
  return item.length === 2 ? parseShort(item) : undefined;
}
