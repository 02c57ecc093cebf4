import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../models', import.meta.url));
const PREPROCESS_KEY = 'touchstone.preprocess.sha256';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly labels?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Manifest {
  readonly id: string;
  readonly description: string;
  readonly file: string;
  readonly sha256: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly priceAtomic: string;
  readonly preprocess?: { readonly file: string; readonly sha256: string };
  readonly accuracy?: { readonly metric: string; readonly value: number; readonly samples: number };
}

interface HeldOut {
  readonly featureNames: readonly string[];
  readonly rows: readonly { readonly values: readonly number[] }[];
}

const read = (...parts: string[]): Buffer => readFileSync(join(folder, ...parts));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const json = <T>(...parts: string[]): T => JSON.parse(read(...parts).toString('utf8')) as T;
const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const ids = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'model.json')));

/** One entry of `metadata_props` in an ONNX file: a protobuf message of key (field 1) and value (field 2). */
function metadataEntry(key: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.of(0x0a, key.length),
    Buffer.from(key),
    Buffer.of(0x12, value.length),
    Buffer.from(value),
  ]);
}

describe('sample models', () => {
  it('are the eight that the documentation names', () => {
    expect(ids.sort()).toEqual([
      ...['breast-cancer', 'crypto-sentiment-v2', 'digits', 'digits-conv', 'digits-int'],
      ...['financial-sentiment', 'fraud', 'token-risk'],
    ]);
    const listed = read('README.md')
      .toString('utf8')
      .matchAll(/^\| \[`([^`]+)`\]\(\1\/CARD\.md\)/gm);
    expect(Array.from(listed, ([, id]) => id).sort()).toEqual(ids.sort());
  });
});

describe.each(ids)('sample model %s', (id) => {
  const manifest = json<Manifest>(id, 'model.json');

  it('has the digest that its manifest states', () => {
    expect(manifest.id).toBe(id);
    expect(sha256(read(id, manifest.file))).toBe(manifest.sha256);
  });

  it('binds its preprocessing inside the model file, or has none', () => {
    const model = read(id, manifest.file);
    if (!manifest.preprocess) {
      expect(model.includes(PREPROCESS_KEY)).toBe(false);
      return;
    }
    expect(sha256(read(id, manifest.preprocess.file))).toBe(manifest.preprocess.sha256);
    expect(model.includes(metadataEntry(PREPROCESS_KEY, manifest.preprocess.sha256))).toBe(true);
  });

  it('states tensors of one batch, a price, and labels for every element they name', () => {
    expect(manifest.priceAtomic).toMatch(/^[1-9][0-9]*$/);
    for (const tensor of [...manifest.inputs, ...manifest.outputs]) {
      expect(tensor.shape[0]).toBe(1);
      if (tensor.labels) expect(tensor.labels).toHaveLength(elements(tensor.shape));
    }
  });

  it('has a card, a notice and the rows its accuracy was measured on', () => {
    for (const file of ['CARD.md', 'NOTICE']) expect(read(id, file).length).toBeGreaterThan(100);
    if (!manifest.accuracy) return;
    const { input, rows } = json<{ input: string; rows: readonly unknown[] }>(
      // An integer version was measured on the rows of the model that it was compiled from.
      id.replace(/-int$/, ''),
      'held-out.json',
    );
    expect(manifest.inputs.map(({ name }) => name)).toContain(input);
    expect(rows).toHaveLength(manifest.accuracy.samples);
    expect(manifest.accuracy.value).toBeLessThanOrEqual(1);
  });
});

describe.each(['token-risk', 'fraud'])('the features of %s', (id) => {
  const [input] = json<Manifest>(id, 'model.json').inputs;
  const { featureNames, rows } = json<HeldOut>(id, 'held-out.json');
  const features = /\| Feature \| Unit \| Range \|\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)/
    .exec(read(id, 'CARD.md').toString('utf8'))?.[1]
    ?.matchAll(/^\| `([a-z0-9_]+)` \| [^|]+ \| (?:0 to ([0-9.]+)|0 or (1)) \|$/gm);
  const stated = Array.from(features ?? [], ([, name, most, flag]) => ({ name, most: Number(most ?? flag) }));

  it('stand in its card in their order', () => {
    expect(stated.map(({ name }) => name)).toEqual(featureNames);
    expect(stated).toHaveLength(elements(input?.shape ?? []));
  });

  it('are declared with the widest of the ranges, within which the held-out rows lie', () => {
    expect([input?.minimum, input?.maximum]).toEqual([0, Math.max(...stated.map(({ most }) => most))]);
    for (const { values } of rows)
      expect(values.every((value, at) => value >= 0 && value <= (stated[at]?.most ?? -1))).toBe(true);
  });

  it('are said to be generated, wherever the accuracy stands', () => {
    const { accuracy, description } = json<Manifest>(id, 'model.json');
    expect(accuracy?.metric).toBe('held-out accuracy on generated data');
    expect(description).toContain('generated data');
  });
});

describe.each(['financial-sentiment', 'crypto-sentiment-v2'])('golden cases of the tokeniser of %s', (id) => {
  const manifest = json<Manifest>(id, 'model.json');
  const { tokenizerSha256, cases } = json<{
    tokenizerSha256: string;
    cases: readonly { readonly name: string; readonly ids?: readonly number[]; readonly refused?: string }[];
  }>(id, 'tokenizer-cases.json');

  it('come without a figure that nobody measured', () => {
    expect(manifest.accuracy).toBeUndefined();
    expect(read(id, 'CARD.md').toString('utf8')).toContain('| Accuracy | not measured |');
  });

  it('belong to the tokeniser that is committed', () => {
    expect(tokenizerSha256).toBe(manifest.preprocess?.sha256);
    expect(cases.length).toBeGreaterThan(10);
  });

  it.each(cases.map((golden) => [golden.name, golden] as const))(
    '%s fills the input or is refused',
    (_name, golden) => {
      if (golden.ids) expect(golden.ids).toHaveLength(elements(manifest.inputs[0]?.shape ?? []));
      else expect(golden.refused).toMatch(/^[a-z-]+$/);
    },
  );
});
