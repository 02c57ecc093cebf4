import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  boundModel,
  imageInput,
  jsonFile,
  mirror,
  textInput,
  textMirror,
  wordPiece,
  type BoundFile,
} from '../../../test/support/prepared-models.js';
import { TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import { loadModels } from './load-models.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-models-'));
  mkdirSync(join(folder, 'prepared'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, bytes: Uint8Array | string) =>
  writeFileSync(join(folder, 'prepared', name), bytes);

/** A model of the folder whose preprocessing is a file of that type. */
function deploy(type: string, name: string, file: BoundFile, plain: Uint8Array, inputs: object[]): void {
  const model = boundModel(plain, file);
  write('model.onnx', model);
  write(name, file.bytes);
  const manifest = {
    ...{ id: 'prepared', name: 'Prepared', version: '1.0.0', developer: 'nobody', description: 'Mirrors.' },
    ...{ file: 'model.onnx', sha256: bytesToHex(sha256(model)), task: 'mirror', priceAtomic: '0' },
    ...{ inputs, outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }] },
    preprocess: { type, file: name, sha256: file.sha256 },
  };
  write('model.json', JSON.stringify(manifest));
}

function deployTexts(tokenizer = wordPiece(), stored = tokenizer.bytes): void {
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
    ...{ name, datatype: 'INT64', shape: [1, 8] },
  }));
  write('tokenizer.json', stored);
  deploy('tokenizer', 'text-input.json', jsonFile(textInput(tokenizer)), textMirror(), inputs);
}

const invalid = (text: string) => ({ code: 'model-invalid', message: expect.stringContaining(text) });

describe('a model of the folder that takes pictures or texts', () => {
  it('has an image.json that fits its input', async () => {
    const input = { name: 'x', datatype: 'FP32', shape: [1, 3, 3, 4] };
    const model = mirror([{ name: 'x', shape: [1, 3, 3, 4] }]);
    deploy('image', 'image.json', jsonFile(imageInput()), model, [input]);
    expect((await loadModels(folder))[0]?.preprocessing?.takes).toBe('image');
    deploy('image', 'image.json', jsonFile(imageInput({ layout: 'nhwc' })), model, [input]);
    await expect(loadModels(folder)).rejects.toMatchObject(invalid('of shape [1,3,4,3]'));
  });

  it('has a text-input.json beside the tokenizer.json that it names', async () => {
    deployTexts();
    expect((await loadModels(folder))[0]?.preprocessing?.takes).toBe('text');
    deployTexts(wordPiece(), wordPiece({ version: '2.0' }).bytes);
    await expect(loadModels(folder)).rejects.toMatchObject(invalid('tokenizer.json has SHA-256'));
    rmSync(join(folder, 'prepared', 'tokenizer.json'));
    await expect(loadModels(folder)).rejects.toMatchObject(invalid('tokenizer.json cannot be found'));
  });

  it('has a tokenizer of up to TOKENIZER_BYTES_MAX, not one byte more', async () => {
    const bytes = new Uint8Array(TOKENIZER_BYTES_MAX);
    const largest = { bytes, sha256: bytesToHex(sha256(bytes)) };
    deployTexts(largest);
    expect(await loadModels(folder)).toHaveLength(1);
    truncateSync(join(folder, 'prepared', 'tokenizer.json'), TOKENIZER_BYTES_MAX + 1);
    await expect(loadModels(folder)).rejects.toMatchObject(
      invalid(`at most ${TOKENIZER_BYTES_MAX} are read`),
    );
  });
});
