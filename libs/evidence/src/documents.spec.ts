import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const read = (relative: string): string => readFileSync(at(relative), 'utf8');
const page = (name: string): string => read(`../../../docs/${name}`);
const vectors = readdirSync(at('../vectors')).map((file) => read(`../vectors/${file}`));

/** Every string in the vectors, so that a page can be held to it whatever its JSON escapes look like. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
const known = vectors.flatMap((text) => strings(JSON.parse(text)));
const hashesIn = (text: string): string[] => text.match(/\b[0-9a-f]{64}\b/g) ?? [];
const knownHashes = new Set(known.flatMap(hashesIn));
const fences = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, body = '']) => body);

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('the protocol page', () => {
  const text = page('reference/protocol.md');

  it('shows no hash that is not in the vectors', () => {
    expect(hashesIn(text).length).toBeGreaterThan(10);
    expect(hashesIn(text).filter((hash) => !knownHashes.has(hash))).toEqual([]);
  });

  it('shows payload, log entry and checkpoint letter by letter', () => {
    const payload = known.find(
      (value) => value.startsWith('{"modelVersionId"') && value.includes('1780311600'),
    );
    const of = (section: string): string[] =>
      strings(JSON.parse(read(`../vectors/${section}.json`)) as unknown);
    const entry = of('log-entry').find((value) => value.startsWith('{"batchId"'));
    const note = of('checkpoint').find((value) => value.startsWith('log.example/touchstone\n8\n'));
    for (const shown of [payload, entry, note]) {
      expect(shown).toBeDefined();
      expect(text).toContain(shown);
    }
  });

  it('gives a digest that its own payload and domain lead to', () => {
    const [payload = '', digest = ''] = fences(text, 'text').map((body) => body.trim());
    expect(sha256(Buffer.from(`model-output-v1|${payload}`)).toString('hex')).toBe(digest);
  });

  it('gives a tensor hash that its own tensor leads to', () => {
    const [tensors = '', hash = ''] = (
      fences(text, 'text').find((body) => body.startsWith('[{"name"')) ?? ''
    ).split('\n');
    const [{ name, datatype, shape, data }] = JSON.parse(tensors) as [Record<string, unknown>];
    const canonical = JSON.stringify([{ data, datatype, name, shape }]);
    expect(sha256(Buffer.from(canonical)).toString('hex')).toBe(hash);
  });

  it('gives a commitment that its own checkpoint leads to', () => {
    const bodies = fences(text, 'text');
    const note = bodies.find((body) => body.startsWith('log.example')) ?? '';
    const commitment = bodies[bodies.indexOf(note) + 1]?.trim();
    expect(sha256(Buffer.from(note)).toString('hex')).toBe(commitment);
  });
});

describe('the page on trust files', () => {
  it('shows the trust file of the vector that it names', () => {
    const { cases } = JSON.parse(read('../vectors/evidence.json')) as {
      cases: { name: string; input: { trust: unknown } }[];
    };
    const shown = JSON.parse(fences(page('trust-files.md'), 'json')[0] ?? '') as unknown;
    expect(shown).toEqual(cases.find(({ name }) => name === 'L2')?.input.trust);
  });
});

describe('links between pages', () => {
  const docs = readdirSync(at('../../../docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const readmes = ['apps', 'libs'].flatMap((group) =>
    readdirSync(at(`../../../${group}`)).map((name) => `${group}/${name}/README.md`),
  );

  it.each([...docs, ...readmes, 'README.md', 'CONTRIBUTING.md'])('%s links to files that exist', (name) => {
    const text = read(`../../../${name}`);
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const missing = links
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(dirname(at(`../../../${name}`)), target)));
    expect(missing).toEqual([]);
  });
});

describe('the page on Merkle proofs', () => {
  const text = page('merkle-proofs.md');
  const leafRows = [...text.matchAll(/^\| (\d) \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$/gm)];
  const leaves = leafRows.map(([, , leaf = '']) => bytes(leaf));
  const leafHashes = leaves.map((leaf) => sha256(Uint8Array.of(0), leaf));
  const node = (left?: Uint8Array, right?: Uint8Array): Buffer =>
    sha256(Uint8Array.of(1), left ?? new Uint8Array(), right ?? new Uint8Array());
  const [h0, h1, h2, h3, h4] = leafHashes;
  const n01 = node(h0, h1);
  const n23 = node(h2, h3);
  const n03 = node(n01, n23);
  const root = node(n03, h4);

  it('lists leaves with their hashes', () => {
    expect(leafRows.map(([, , , hash]) => hash)).toEqual(leafHashes.map((hash) => hash.toString('hex')));
    const others = [0, 1, 2, 4].map((byte) => sha256(Uint8Array.of(byte)).toString('hex'));
    expect([0, 1, 2, 4].map((index) => leaves[index]?.toString('hex'))).toEqual(others);
    expect(knownHashes.has(leaves[3]?.toString('hex') ?? '')).toBe(true);
  });

  it('shows the running hashes of its example', () => {
    for (const [name, hash] of Object.entries({ 'n2-3': n23, 'n0-1': n01, 'n0-3': n03, root })) {
      expect(text).toContain(`${name} = \`${hash.toString('hex')}\``);
    }
  });

  it('shows a proof that leads to its root by the rules of the page', () => {
    const proof = JSON.parse(fences(text, 'json')[0] ?? '') as {
      leafIndex: number;
      treeSize: number;
      path: { hash: string; pos: 'L' | 'R' }[];
      rootHex: string;
    };
    const sides: string[] = [];
    for (let index = proof.leafIndex, last = proof.treeSize - 1; last > 0; index >>= 1, last >>= 1) {
      if (index % 2 === 1) sides.push('L');
      else if (index < last) sides.push('R');
    }
    expect(proof.path.map(({ pos }) => pos)).toEqual(sides);
    const end = proof.path.reduce(
      (hash, step) => (step.pos === 'L' ? node(bytes(step.hash), hash) : node(hash, bytes(step.hash))),
      leafHashes[proof.leafIndex] as Buffer,
    );
    expect([end.toString('hex'), root.toString('hex')]).toEqual([proof.rootHex, proof.rootHex]);
  });

  it('shows an event path whose hashes lead to its root', () => {
    const lines = fences(text, 'text').find((body) => body.startsWith('leaf ')) ?? '';
    const [leaf, alone, left, end] = hashesIn(lines).map(bytes) as [Buffer, Buffer, Buffer, Buffer];
    expect(alone).toEqual(leaf);
    expect(sha256(left, sha256(leaf, alone))).toEqual(end);
    expect(hashesIn(lines).filter((hash) => !knownHashes.has(hash))).toEqual([]);
  });
});
