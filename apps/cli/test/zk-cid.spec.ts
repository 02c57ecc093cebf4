import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { bundleText, type OutputBundle } from '@touchstone/evidence';
import { touchstone } from './support/touchstone.js';

const vectors = fileURLToPath(new URL('../../../libs/evidence/vectors/evidence.json', import.meta.url));
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
  cases: { name: string; input: { bundle: OutputBundle } }[];
};
const { bundle } = cases.find(({ name }) => name === 'L5')!.input;
/** Of the proof of that vector, as `ipfs add --cid-version=1 --raw-leaves` of kubo 0.43.1 gives it. */
const CID = 'bafkreidah3mpe23jqhtjtapi6524n4wvjmahwdxj7etsemhj4zwpbpphv4';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-cid-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(file(name), text);
  return file(name);
};

describe('touchstone zk cid (R-ZK-3)', () => {
  it('prints by what the proof of a bundle is found, however the file is written', async () => {
    for (const text of [bundleText(bundle), JSON.stringify(bundle, null, 2)])
      expect(await touchstone(['zk', 'cid', write('bundle.json', text)])).toEqual({
        ...{ status: 0, stdout: `${CID}\n`, stderr: '' },
      });
  });

  it('writes the bytes that it names', async () => {
    const path = write('bundle.json', JSON.stringify(bundle));
    const { status, stdout } = await touchstone(['zk', 'cid', path, '--out', file('proof.json'), '--json']);
    const written = readFileSync(file('proof.json'), 'utf8');
    expect(written).toBe(canonicalJson(bundle.zk));
    expect(bundleText(bundle)).toContain(written);
    expect({ status, answer: JSON.parse(stdout) }).toEqual({
      ...{ status: 0, answer: { cid: CID, bytes: written.length } },
    });
  });

  it('says of a bundle without a proof that it has none, and overwrites no bundle', async () => {
    const { zk, ...unproven } = bundle;
    const path = write('unproven.json', JSON.stringify(unproven));
    expect(await touchstone(['zk', 'cid', path])).toMatchObject({
      ...{ status: 1, stdout: '', stderr: expect.stringContaining('carries no proof') },
    });
    expect(await touchstone(['zk', 'cid', write('proof.json', JSON.stringify(zk))])).toMatchObject({
      status: 1,
    });
    const proven = write('bundle.json', JSON.stringify(bundle));
    expect(await touchstone(['zk', 'cid', proven, '--out', proven])).toMatchObject({ status: 2 });
    expect(readFileSync(proven, 'utf8')).toBe(JSON.stringify(bundle));
  });
});
