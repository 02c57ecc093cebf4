import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { circuitSetUp } from '@touchstone/contracts/circuit';
import { TimeBudget } from '../src/domain/time-budget.js';
import { createProver } from '../src/prover.js';
import { tinyFile } from './support/tiny-job.js';
import { tinyModel, tinyOptions } from './support/tiny-model.js';

const { setUp } = createProver({});
const budget = () => new TimeBudget(60_000);
let folder: string;
let circuit: { model: string; options: string; powers: string };
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchstone-ceremony-'));
  circuit = { model: path('model.onnx'), options: path('options.json'), powers: tinyFile('powers-06.ptau') };
  await writeFile(circuit.model, tinyModel());
  await writeFile(path('other.onnx'), tinyModel(2));
  await writeFile(circuit.options, JSON.stringify(tinyOptions));
  await setUp.start({ ...circuit, to: path('key-0.zkey') }, budget());
  await setUp.contribute({ from: path('key-0.zkey'), to: path('key-1.zkey'), name: 'first party' }, budget());
  await setUp.contribute(
    { from: path('key-1.zkey'), to: path('key-2.zkey'), name: 'second party' },
    budget(),
  );
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a set-up of two parties', () => {
  it('takes each key after the one before, and no other', async () => {
    const accept = (before: string, key: string, model = circuit.model) =>
      setUp.accept({ ...circuit, model, before: path(before), key: path(key) }, budget());
    expect(await accept('key-1.zkey', 'key-2.zkey')).toContain('by the contribution of second party');
    const invalid = { code: 'set-up-invalid' };
    // A contribution left out, none added, one of another history, the key of another circuit.
    await expect(accept('key-0.zkey', 'key-2.zkey')).rejects.toMatchObject(invalid);
    await expect(accept('key-2.zkey', 'key-2.zkey')).rejects.toMatchObject(invalid);
    await cp(tinyFile('key-0001.zkey'), path('foreign.zkey'));
    await expect(accept('key-1.zkey', 'foreign.zkey')).rejects.toMatchObject(invalid);
    await expect(accept('key-1.zkey', 'key-2.zkey', path('other.onnx'))).rejects.toMatchObject(invalid);
  }, 120_000);

  it('is finished with a beacon, and anybody verifies it from its files', async () => {
    const out = path('finished');
    await mkdir(out);
    const beacon = { beacon: 'ab'.repeat(32), iterations: 10, beaconSource: 'hash of a block' };
    await setUp.finish({ ...circuit, from: path('key-2.zkey'), out, ...beacon }, budget());
    const transcript = circuitSetUp.parse(JSON.parse(await readFile(join(out, 'set-up.json'), 'utf8')));
    expect(transcript).toMatchObject({
      class: 'single-party',
      powers: { source: 'development' },
      contributions: [
        { kind: 'party', name: 'first party' },
        { kind: 'party', name: 'second party' },
        { kind: 'beacon', value: 'ab'.repeat(32), iterationsLog2: 10 },
      ],
    });
    expect(await setUp.verify({ ...circuit, folder: out }, budget())).toContain(transcript.vkDigest);

    const refused = async (change: object) => {
      await writeFile(join(out, 'set-up.json'), JSON.stringify({ ...transcript, ...change }));
      await expect(setUp.verify({ ...circuit, folder: out }, budget())).rejects.toMatchObject({
        code: 'set-up-invalid',
      });
    };
    await refused({ class: 'multi-party' });
    await refused({ contributions: transcript.contributions.slice(0, 1) });
    await refused({ powers: { ...transcript.powers, source: 'perpetual-powers-of-tau' } });
    const key = JSON.parse(await readFile(tinyFile('verification-key.json'), 'utf8'));
    await writeFile(join(out, 'verification-key.json'), JSON.stringify(key));
    await refused({});
  }, 180_000);

  it('is none without a contribution: anybody could forge', async () => {
    const out = path('unfinished');
    await mkdir(out);
    const finish = setUp.finish({ ...circuit, from: path('key-0.zkey'), out, iterations: 10 }, budget());
    await expect(finish).rejects.toMatchObject({ code: 'key-invalid' });
  }, 60_000);

  it('refuses names that a key cannot carry, and beacons that are none', async () => {
    const contribute = (name: string) =>
      setUp.contribute({ from: path('key-0.zkey'), to: path('never.zkey'), name }, budget());
    for (const name of ['', ' x', 'ü', 'x'.repeat(65), 'a\nb'])
      await expect(contribute(name)).rejects.toMatchObject({ code: 'request-invalid' });
    const finish = (beacon: object) =>
      setUp.finish(
        { ...circuit, from: path('key-2.zkey'), out: folder, iterations: 10, ...beacon },
        budget(),
      );
    for (const beacon of [
      { beacon: 'xyz' },
      { beacon: 'ab'.repeat(32), iterations: 9 },
      { beacon: 'ab'.repeat(32) },
    ])
      await expect(finish(beacon)).rejects.toMatchObject({ code: 'request-invalid' });
  });
});

describe('the committed set-up of the tiny model', () => {
  it('verifies', async () => {
    const folderOfTiny = join(tinyFile('set-up.json'), '..');
    expect(await setUp.verify({ ...circuit, folder: folderOfTiny }, budget())).toContain('single-party');
  }, 60_000);
});

describe('powers of tau', () => {
  it('are taken from the public ceremony by their hash alone', async () => {
    await expect(setUp.importPowers(circuit.powers)).rejects.toMatchObject({ code: 'set-up-invalid' });
  });
});
