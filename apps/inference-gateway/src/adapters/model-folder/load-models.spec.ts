import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { field, join as joinBytes, onnxModel } from '@touchstone/testing';
import { modelsFolder } from '../../../test/support/sample-models.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import { EXTERNAL_DATA_REFUSAL } from '@touchstone/onnx';
import { loadModels, MODEL_BYTES_MAX, MODELS_MAX, PREPROCESS_BYTES_MAX } from './load-models.js';

let folder: string;
const sentiment = () => join(folder, 'financial-sentiment');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-models-'));
  for (const id of ['digits', 'financial-sentiment'])
    cpSync(join(modelsFolder, id), join(folder, id), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Rewrites the manifest of a copied model. */
function change(id: string, edit: (manifest: Record<string, unknown>) => void): void {
  const path = join(folder, id, 'model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

/** Rewrites a file and puts its new digest into the manifest. */
function replaceTokenizer(edit: (file: Record<string, unknown>) => void): void {
  const path = join(sentiment(), 'tokenizer.json');
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(file);
  writeFileSync(path, JSON.stringify(file));
  change('financial-sentiment', (manifest) => {
    manifest['preprocess'] = {
      ...(manifest['preprocess'] as object),
      sha256: bytesToHex(sha256(readFileSync(path))),
    };
  });
}

async function expectRefused(text: string): Promise<void> {
  await expect(loadModels(folder)).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining(text),
  });
}

describe('loadModels', () => {
  it('reads every folder with a manifest and passes over the rest', async () => {
    mkdirSync(join(folder, 'notes'));
    writeFileSync(join(folder, 'README.md'), '');
    const models = await loadModels(folder);
    expect(models.map(({ manifest }) => manifest.id)).toEqual(['digits', 'financial-sentiment']);
    expect(models.map(({ preprocessing }) => preprocessing === undefined)).toEqual([true, false]);
    // The figures that the model cards state, made by the trainer in Python.
    const card = readFileSync(join(sentiment(), 'CARD.md'), 'utf8');
    expect(card).toContain(models[1]?.modelVersionId);
  });

  it('follows a link that stays inside, as mounted volumes have them', async () => {
    renameSync(join(folder, 'digits', 'model.onnx'), join(folder, 'digits', 'v1.onnx'));
    symlinkSync('v1.onnx', join(folder, 'digits', 'model.onnx'));
    expect(await loadModels(folder)).toHaveLength(2);
  });

  it('refuses a link that leads out, of a file and of a folder', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'touchstone-outside-'));
    renameSync(join(folder, 'digits', 'model.onnx'), join(outside, 'model.onnx'));
    symlinkSync(join(outside, 'model.onnx'), join(folder, 'digits', 'model.onnx'));
    await expectRefused('leads out of the models folder');
    rmSync(join(folder, 'digits'), { recursive: true });
    cpSync(join(modelsFolder, 'digits'), join(outside, 'digits'), { recursive: true });
    symlinkSync(join(outside, 'digits'), join(folder, 'digits'));
    await expectRefused('leads out of the models folder');
    rmSync(outside, { recursive: true });
  });

  it.each(['../digits/model.onnx', '/etc/passwd', '..', 'a/b.onnx', '.hidden', 'a\u0000b', ''])(
    'refuses %j as a file name',
    async (file) => {
      change('financial-sentiment', (manifest) => (manifest['file'] = file));
      await expectRefused('does not fit its schema');
    },
  );

  it.each([
    ['developer', 'a\u202eb'],
    ['description', 'two\nlines'],
    ['licence', 'MIT\u200b'],
    ['version', '1\u2028'],
  ])('refuses a %s that is %j, and takes one with joiners', async (member, text) => {
    change('digits', (manifest) => (manifest[member] = 'می\u200cخواهم 😀'));
    await expect(loadModels(folder)).resolves.toBeDefined();
    change('digits', (manifest) => (manifest[member] = text));
    await expectRefused('without control characters');
  });

  it('refuses a file that is missing, and one that is no file', async () => {
    change('digits', (manifest) => (manifest['file'] = 'gone.onnx'));
    await expectRefused('cannot be found');
    mkdirSync(join(folder, 'digits', 'gone.onnx'));
    await expectRefused('is not a file');
  });

  it('refuses a model of which one bit changed', async () => {
    const path = join(folder, 'digits', 'model.onnx');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expectRefused('has SHA-256');
  });

  it('refuses a model whose weights lie in a second file, as exporters write it by default', async () => {
    const weights = joinBytes(
      field(1, 1),
      field(2, 1),
      field(8, 'w'),
      field(13, joinBytes(field(1, 'location'), field(2, 'model.onnx.data'))),
      field(14, 1),
    );
    const split = onnxModel({
      inputs: [{ name: 'x', shape: [1] }],
      outputs: [{ name: 'y', shape: [1] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [weights],
    });
    writeFileSync(join(folder, 'digits', 'model.onnx'), split);
    writeFileSync(join(folder, 'digits', 'model.onnx.data'), new Uint8Array(4));
    change('digits', (manifest) => (manifest['sha256'] = bytesToHex(sha256(split))));
    await expectRefused(`The model digits is refused: ${EXTERNAL_DATA_REFUSAL}`);
  });

  it('refuses a preprocessing that the model does not name', async () => {
    replaceTokenizer((file) => ((file['vocabulary'] as string[])[2] = 'changed'));
    await expectRefused('touchstone.preprocess.sha256');
  });

  it('refuses a manifest that leaves out the preprocessing the model names, and one that invents one', async () => {
    change('financial-sentiment', (manifest) => delete manifest['preprocess']);
    await expectRefused('touchstone.preprocess.sha256');
    rmSync(sentiment(), { recursive: true });
    change('digits', (manifest) => {
      manifest['preprocess'] = { type: 'word-list', file: 'tokenizer.json', sha256: '0'.repeat(64) };
    });
    await expectRefused('touchstone.preprocess.sha256');
  });

  it.each([
    ['an unknown member', (manifest: Record<string, unknown>) => (manifest['gpu'] = true)],
    ['no version', (manifest: Record<string, unknown>) => delete manifest['version']],
    ['a price with a fraction', (manifest: Record<string, unknown>) => (manifest['priceAtomic'] = '0.5')],
    ['a price that is a number', (manifest: Record<string, unknown>) => (manifest['priceAtomic'] = 10_000)],
    ['an id that is no slug', (manifest: Record<string, unknown>) => (manifest['id'] = 'Digits!')],
    ['a hash in capitals', (manifest: Record<string, unknown>) => (manifest['sha256'] = 'A'.repeat(64))],
    ['no inputs', (manifest: Record<string, unknown>) => (manifest['inputs'] = [])],
    [
      'an input twice',
      (manifest: Record<string, unknown>) =>
        (manifest['inputs'] = [...(manifest['inputs'] as []), ...(manifest['inputs'] as [])]),
    ],
    [
      'text elements',
      (manifest: Record<string, unknown>) =>
        (manifest['inputs'] = [{ name: 'x', datatype: 'BYTES', shape: [1] }]),
    ],
  ])('refuses a manifest with %s', async (_name, edit) => {
    change('digits', edit);
    await expectRefused('does not fit its schema');
  });

  it('refuses a manifest that is not strict JSON', async () => {
    writeFileSync(join(folder, 'digits', 'model.json'), '{"id":"a","id":"b"}');
    await expectRefused('not strict JSON');
  });

  it('refuses the same model in two folders', async () => {
    cpSync(join(folder, 'digits'), join(folder, 'digits-again'), { recursive: true });
    await expectRefused('appears in two folders');
  });

  it('refuses a folder that is missing or holds no model', async () => {
    for (const id of ['digits', 'financial-sentiment']) rmSync(join(folder, id), { recursive: true });
    await expectRefused('holds no */model.json');
    await expect(loadModels(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it(`reads a manifest of ${MANIFEST_BYTES_MAX} bytes and refuses one byte more`, async () => {
    const path = join(folder, 'digits', 'model.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text + ' '.repeat(MANIFEST_BYTES_MAX - text.length));
    expect(await loadModels(folder)).toHaveLength(2);
    writeFileSync(path, text + ' '.repeat(MANIFEST_BYTES_MAX + 1 - text.length));
    await expectRefused(`at most ${MANIFEST_BYTES_MAX} are read`);
  });

  it(`reads a preprocessing of ${PREPROCESS_BYTES_MAX} bytes and refuses one byte more`, async () => {
    const [file, model] = [join(sentiment(), 'tokenizer.json'), join(sentiment(), 'model.onnx')];
    const hashOf = (path: string) => bytesToHex(sha256(readFileSync(path)));
    const text = readFileSync(file, 'utf8');
    /** Fills the file with blanks, and has the model and its manifest name it as it is then. */
    const pad = (bytes: number) => {
      const before = hashOf(file);
      writeFileSync(file, text + ' '.repeat(bytes - Buffer.byteLength(text)));
      const named = readFileSync(model).toString('latin1').replace(before, hashOf(file));
      writeFileSync(model, Buffer.from(named, 'latin1'));
      change('financial-sentiment', (manifest) => {
        manifest['sha256'] = hashOf(model);
        manifest['preprocess'] = { ...(manifest['preprocess'] as object), sha256: hashOf(file) };
      });
    };
    pad(PREPROCESS_BYTES_MAX);
    const models = await loadModels(folder);
    expect(models.map(({ preprocessing }) => preprocessing === undefined)).toEqual([true, false]);
    pad(PREPROCESS_BYTES_MAX + 1);
    await expectRefused(`at most ${PREPROCESS_BYTES_MAX} are read`);
  });

  it('refuses a model file beyond the limit without reading it', async () => {
    truncateSync(join(folder, 'digits', 'model.onnx'), MODEL_BYTES_MAX + 1);
    await expectRefused(`at most ${MODEL_BYTES_MAX} are read`);
  });

  it(`reads ${MODELS_MAX} models and refuses one more`, async () => {
    rmSync(sentiment(), { recursive: true });
    const copy = (index: number) => {
      const id = `digits-${index}`;
      cpSync(join(modelsFolder, 'digits'), join(folder, id), { recursive: true });
      change(id, (manifest) => Object.assign(manifest, { id, name: id }));
    };
    for (let index = 1; index < MODELS_MAX; index += 1) copy(index);
    expect(await loadModels(folder)).toHaveLength(MODELS_MAX);
    copy(MODELS_MAX);
    await expectRefused(`more than ${MODELS_MAX} models`);
  });
});

describe('what proofs are made with', () => {
  const provable = () => join(folder, 'digits-int');
  beforeEach(() => cpSync(join(modelsFolder, 'digits-int'), provable(), { recursive: true }));

  it('is named by paths without links', async () => {
    renameSync(join(provable(), 'proving-key.zkey'), join(provable(), 'key.zkey'));
    symlinkSync(join(provable(), 'key.zkey'), join(provable(), 'proving-key.zkey'));
    const model = (await loadModels(folder)).find(({ manifest }) => manifest.id === 'digits-int');
    expect(model?.circuit?.keys?.files).toEqual({
      model: join(provable(), 'model.onnx'),
      provingKey: join(provable(), 'key.zkey'),
    });
  });

  it('may be left out: the answers are then proved elsewhere', async () => {
    change('digits-int', (manifest) => {
      delete manifest['provingKey'];
      delete manifest['proofPriceAtomic'];
    });
    const model = (await loadModels(folder)).find(({ manifest }) => manifest.id === 'digits-int');
    expect(model?.circuit).not.toHaveProperty('keys');
  });

  it('is refused where it is missing, or leads out of the folder', async () => {
    rmSync(join(provable(), 'proving-key.zkey'));
    await expectRefused('proving-key.zkey cannot be found');
    symlinkSync('/etc/hostname', join(provable(), 'proving-key.zkey'));
    await expectRefused('leads out of the models folder');
  });

  it.each([
    ['proofPriceAtomic', 'provingKey', 'has proofPriceAtomic and no provingKey'],
    ['provingKey', 'circuit', 'has provingKey and no circuit'],
    ['deviation', 'circuit', 'has deviation and no circuit'],
  ])('is refused with %s and no %s', async (stated, missing, text) => {
    change('digits-int', (manifest) => {
      delete manifest[missing];
      if (stated === 'deviation')
        for (const name of ['provingKey', 'proofPriceAtomic']) delete manifest[name];
      else delete manifest['deviation'];
    });
    await expectRefused(text);
  });
});
