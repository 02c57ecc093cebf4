import { canonicalBytes, type JsonValue } from '@touchstone/canonical-json';
import { bytesToHex, createEd25519Signer, sha256 } from '@touchstone/crypto';
import {
  buildEventBatchTree,
  buildTree,
  cosignatureSigner,
  cosignNote,
  eventLeafHash,
  formatVerifierKey,
  leafHash,
  noteKey,
  toPositionedPath,
} from '@touchstone/merkle';
import { batchEntry, outputLeaf, type OutputBundle, type TrustFile } from '../../src/index.js';
import { flipLast, type GoldenCase } from './golden-case.js';

/** Paths in a tree of RFC 9162. */
export function rfc9162Cases({ inclusion, subject }: OutputBundle): GoldenCase[] {
  const { leafIndex, treeSize, path, rootHex } = inclusion;
  const proof = { leaf: bytesToHex(outputLeaf(subject.proof)), leafIndex, treeSize, path, root: rootHex };
  const single = bytesToHex(sha256(Uint8Array.of(0)));
  const tree = buildTree(['01', '02', '03'].map((byte) => leafHash(Uint8Array.of(Number(byte)))));
  const [one, two] = [1, 2].map((byte) => bytesToHex(leafHash(Uint8Array.of(byte))));
  const last = {
    leaf: '03',
    leafIndex: 2,
    treeSize: 3,
    path: toPositionedPath(tree.path(2), 2n, 3n),
    root: bytesToHex(tree.root),
  };
  const [first, ...rest] = path;
  return [
    { name: 'leaf 3 of 5', input: proof },
    { name: 'the last of 3 has one step', input: last },
    {
      name: 'one leaf has an empty path',
      input: {
        leaf: single,
        leafIndex: 0,
        treeSize: 1,
        path: [],
        root: bytesToHex(leafHash(sha256(Uint8Array.of(0)))),
      },
    },
    { name: 'another leaf', input: { ...proof, leaf: flipLast(proof.leaf) } },
    { name: 'another root', input: { ...proof, root: flipLast(rootHex) } },
    {
      name: 'a sibling changed',
      input: { ...proof, path: [{ ...first, hash: flipLast(first?.hash ?? '') }, ...rest] },
    },
    {
      name: 'a side changed',
      input: { ...proof, path: [{ ...first, pos: first?.pos === 'L' ? 'R' : 'L' }, ...rest] },
    },
    { name: 'a step left out', input: { ...proof, path: rest } },
    { name: 'a step added', input: { ...proof, path: [...path, { hash: rootHex, pos: 'R' }] } },
    { name: 'another index', input: { ...proof, leafIndex: 2 } },
    { name: 'an index beyond the tree', input: { ...proof, leafIndex: 5 } },
    { name: 'another tree size', input: { ...proof, treeSize: 4 } },
    {
      name: 'an inner node given for a leaf (second pre-image)',
      input: {
        leaf: `${one}${two}`,
        leafIndex: 0,
        treeSize: 2,
        path: [{ hash: bytesToHex(leafHash(Uint8Array.of(3))), pos: 'R' }],
        root: last.root,
      },
    },
  ];
}

/** Paths in a tree without prefixes that pairs a lone node with itself. */
export function eventBatchCases(): GoldenCase[] {
  const events: JsonValue[] = ['a', 'b', 'c'].map((id) => ({ id, salt: '00'.repeat(16), value: 1 }));
  const leaves = events.map((event) => eventLeafHash(canonicalBytes(event)));
  const tree = buildEventBatchTree(leaves);
  const at = (index: number) => ({
    leaf: bytesToHex(leaves[index] ?? new Uint8Array()),
    leafIndex: index,
    treeSize: 3,
    path: tree.path(index),
    root: bytesToHex(tree.root),
  });
  const alone = at(2);
  return [
    { name: 'the first of three', input: at(0) },
    { name: 'the last of three is paired with itself', input: alone },
    {
      name: 'one event is the root',
      input: { leaf: alone.leaf, leafIndex: 0, treeSize: 1, path: [], root: alone.leaf },
    },
    {
      name: 'the last event claimed as a fourth (CVE-2012-2459)',
      input: {
        ...alone,
        leafIndex: 3,
        treeSize: 4,
        path: alone.path.map((step, index) => (index === 0 ? { ...step, pos: 'L' } : step)),
      },
    },
    {
      name: 'a lone node with another sibling',
      input: { ...alone, path: [{ ...alone.path[0], hash: flipLast(alone.leaf) }, ...alone.path.slice(1)] },
    },
    { name: 'another root', input: { ...at(0), root: flipLast(at(0).root) } },
  ];
}

/** Texts of batch entries. */
export function entryCases({ entry }: OutputBundle): GoldenCase[] {
  const inSchemaOrder = batchEntry.parse(JSON.parse(entry));
  return [
    { name: 'an output batch', input: { text: entry } },
    { name: 'white space', input: { text: entry.replace(',', ', ') } },
    { name: 'an unknown member', input: { text: entry.replace('}', ',"z":1}') } },
    { name: 'members in another order', input: { text: JSON.stringify(inSchemaOrder) } },
    { name: 'no leaf', input: { text: entry.replace('"leafCount":5', '"leafCount":0') } },
  ];
}

/** Signed checkpoints. */
export async function checkpointCases(
  { logProofs }: OutputBundle,
  { logs }: TrustFile,
): Promise<GoldenCase[]> {
  const note = logProofs[0]?.checkpoint ?? '';
  const vkey = logs[0]?.vkey ?? '';
  const witness = createEd25519Signer(new Uint8Array(32).fill(11));
  const key = noteKey('witness.example', 'cosignatureV1', witness.publicKey);
  const cosigned = await cosignNote(note, [
    cosignatureSigner(key, (message) => witness.sign(message), 1_780_311_660n),
  ]);
  const witnesses = [formatVerifierKey(key)];
  const other = createEd25519Signer(new Uint8Array(32).fill(12));
  return [
    { name: 'signed by the log', input: { note, vkey, witnesses: [] } },
    { name: 'cosigned: the commitment stays the same', input: { note: cosigned, vkey, witnesses } },
    { name: 'a witness that is not trusted does not count', input: { note: cosigned, vkey, witnesses: [] } },
    { name: 'another size', input: { note: note.replace('\n8\n', '\n9\n'), vkey, witnesses: [] } },
    {
      name: 'another key of the same name',
      input: {
        note,
        vkey: formatVerifierKey(noteKey('log.example/touchstone', 'ed25519', other.publicKey)),
        witnesses: [],
      },
    },
    {
      name: 'a key of another name',
      input: {
        note,
        vkey: formatVerifierKey(noteKey('log.example/other', 'ed25519', other.publicKey)),
        witnesses: [],
      },
    },
    { name: 'no final newline', input: { note: note.slice(0, -1), vkey, witnesses: [] } },
    {
      name: 'a size with a leading zero',
      input: { note: note.replace('\n8\n', '\n08\n'), vkey, witnesses: [] },
    },
  ];
}
