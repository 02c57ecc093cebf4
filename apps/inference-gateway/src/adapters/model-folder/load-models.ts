import { AppError } from '@touchstone/contracts';
import { parseStrictJson, type JsonValue } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { modelVersionIdOf } from '@touchstone/evidence';
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PREPROCESS_KEY } from '../../domain/model/added-preprocess.js';
import { folderManifest, MANIFEST_BYTES_MAX, type ModelManifest } from '../../domain/model/manifest.js';
import type { Model, ProvingKeys } from '../../domain/model/model.js';
import type { LendFile } from '../../domain/model/model-files.js';
import { requireOutputType } from '../../domain/model/output-type.js';
import type { TokenizerFile } from '../../domain/request/preparers.js';
import type { Preprocessing } from '../../domain/request/preprocessing.js';
import { readPreprocessing, TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import type { NamedTokenizer } from '../../domain/request/text-input.js';
import { EXTERNAL_DATA_REFUSAL, hasExternalData } from '@touchstone/onnx';
import { readOnnxMetadata } from '../onnx/onnx-metadata.js';
import { hashFile } from '../model-files/hash-file.js';
import { CIRCUIT_BYTES_MAX, DEVIATION_BYTES_MAX, loadCircuit, loadDeviation } from './load-circuit.js';
import { pathInside, readInside } from './read-inside.js';

/** Most models below one folder; every worker keeps a session for each of them. */
export const MODELS_MAX = 64;

/** Largest model file in bytes. */
export const MODEL_BYTES_MAX = 268_435_456;

/** Largest preprocessing file in bytes. */
export const PREPROCESS_BYTES_MAX = 16_777_216;

/**
 * Reads every `<folder>/model.json` below `folder` with its files and checks them: closed schemas, hashes, paths, weights
 * inside of the file whose hash is proven, and that the preprocessing is the one the ONNX file names in its metadata.
 *
 * @throws AppError `model-invalid` for the first model that does not hold; none is served in part
 */
export async function loadModels(folder: string): Promise<Model[]> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new AppError('model-invalid', `The models folder ${folder} cannot be found.`, { cause });
  });
  const folders = (await readdir(root)).sort();
  const models: Model[] = [];
  for (const name of folders) {
    if (!(await exists(join(root, name, 'model.json')))) continue;
    if (models.length === MODELS_MAX)
      throw new AppError('model-invalid', `${folder} holds more than ${MODELS_MAX} models.`);
    models.push(await loadModel(root, join(root, name)));
  }
  if (models.length === 0) throw new AppError('model-invalid', `${folder} holds no */model.json.`);
  refuseTwins(models);
  return models;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function refuseTwins(models: readonly Model[]): void {
  const seen = new Set<string>();
  for (const { manifest, modelVersionId } of models) {
    if (seen.has(manifest.id) || seen.has(modelVersionId)) {
      throw new AppError('model-invalid', `The model ${manifest.id} appears in two folders.`);
    }
    seen.add(manifest.id).add(modelVersionId);
  }
}

async function loadModel(root: string, folder: string): Promise<Model> {
  const manifest = readManifest(
    folder,
    await readInside(root, join(folder, 'model.json'), MANIFEST_BYTES_MAX),
  );
  const bytes = await readInside(root, join(folder, manifest.file), MODEL_BYTES_MAX);
  requireHash(join(folder, manifest.file), bytes, manifest.sha256);
  if (hasExternalData(bytes))
    throw new AppError('model-invalid', `The model ${manifest.id} is refused: ${EXTERNAL_DATA_REFUSAL}.`);
  requireOutputType(manifest);
  const { developer, name, version } = manifest;
  const identity = { developer, modelHash: manifest.sha256, name, version };
  return {
    manifest,
    identity,
    modelVersionId: modelVersionIdOf(identity),
    modelHashSha3: createHash('sha3-256').update(bytes).digest('hex'),
    origin: 'folder',
    sizeBytes: bytes.length,
    withFile: lending(await pathInside(root, join(folder, manifest.file)), manifest.sha256),
    preprocessing: await loadPreprocessing(root, folder, manifest, bytes),
    ...(await circuitOf(root, folder, manifest, bytes)),
  };
}

async function circuitOf(
  root: string,
  folder: string,
  manifest: ModelManifest,
  model: Uint8Array,
): Promise<Pick<Model, 'circuit'>> {
  const { circuit, deviation, provingKey, proofPriceAtomic } = manifest;
  if (circuit === undefined) {
    const without = Object.entries({ deviation, provingKey, proofPriceAtomic }).find(
      ([, value]) => value !== undefined,
    );
    if (without)
      throw new AppError('model-invalid', `The model ${manifest.id} has ${without[0]} and no circuit.`);
    return {};
  }
  if (provingKey === undefined && proofPriceAtomic !== undefined)
    throw new AppError('model-invalid', `The model ${manifest.id} has proofPriceAtomic and no provingKey.`);
  const text = await readInside(root, join(folder, circuit), CIRCUIT_BYTES_MAX);
  const files = provingKey === undefined ? undefined : await filesOf(root, folder, manifest.file, provingKey);
  const loaded = loadCircuit(manifest, model, text, files);
  if (deviation === undefined) return { circuit: loaded };
  const report = await readInside(root, join(folder, deviation), DEVIATION_BYTES_MAX);
  return { circuit: { ...loaded, deviation: loadDeviation(manifest, loaded, report) } };
}

/** The prover is a program that reads the files itself, so they are named and not kept. */
async function filesOf(
  root: string,
  folder: string,
  model: string,
  provingKey: string,
): Promise<ProvingKeys['files']> {
  return {
    model: await pathInside(root, join(folder, model)),
    provingKey: await pathInside(root, join(folder, provingKey)),
  };
}

function readManifest(folder: string, bytes: Uint8Array): ModelManifest {
  const parsed = folderManifest.safeParse(strictJson(join(folder, 'model.json'), bytes, MANIFEST_BYTES_MAX));
  if (parsed.success) return parsed.data;
  throw new AppError(
    'model-invalid',
    `${folder}/model.json does not fit its schema: ${z.prettifyError(parsed.error)}`,
  );
}

async function loadPreprocessing(
  root: string,
  folder: string,
  { preprocess, inputs, id }: ModelManifest,
  model: Uint8Array,
): Promise<Preprocessing | undefined> {
  const bound = readOnnxMetadata(model).get(PREPROCESS_KEY);
  if (bound !== preprocess?.sha256) {
    const expected = preprocess?.sha256 ?? 'no preprocessing';
    throw new AppError(
      'model-invalid',
      `The model ${id} names ${bound ?? 'no preprocessing'} as ${PREPROCESS_KEY}, its manifest ${expected}.`,
    );
  }
  if (!preprocess) return undefined;
  const path = join(folder, preprocess.file);
  const bytes = await readInside(root, path, PREPROCESS_BYTES_MAX);
  requireHash(path, bytes, preprocess.sha256);
  const value = strictJson(path, bytes, PREPROCESS_BYTES_MAX);
  const preprocessing = await readPreprocessing(preprocess.type, value, (named) =>
    tokenizerIn(root, folder, named),
  );
  if (preprocessing.fits(inputs)) return preprocessing;
  throw new AppError('model-invalid', `The model ${id} needs ${preprocessing.needs}.`);
}

/** The tokenizer of a text-input.json, beside it. */
async function tokenizerIn(
  root: string,
  folder: string,
  { file, sha256: expected }: NamedTokenizer,
): Promise<TokenizerFile> {
  const path = join(folder, file);
  const bytes = await readInside(root, path, TOKENIZER_BYTES_MAX);
  requireHash(path, bytes, expected);
  return { sha256: expected, read: () => Promise.resolve(bytes) };
}

/** A file of the folder; whoever changes it while the service runs has it refused, because it is not what was committed to. */
function lending(path: string, expected: string): LendFile {
  return async (use) => {
    const actual = await hashFile(path).catch((cause: unknown) => {
      throw new AppError('inference-failed', 'The file of the model cannot be read any more.', { cause });
    });
    if (actual === expected) return use(path);
    throw new AppError(
      'inference-failed',
      `The file of the model has the SHA-256 ${actual}, its manifest says ${expected}.`,
    );
  };
}

function requireHash(path: string, bytes: Uint8Array, expected: string): void {
  const actual = bytesToHex(sha256(bytes));
  if (actual === expected) return;
  throw new AppError('model-invalid', `${path} has SHA-256 ${actual}, the manifest says ${expected}.`);
}

function strictJson(path: string, bytes: Uint8Array, maxBytes: number): JsonValue {
  const parsed = parseStrictJson(bytes, { maxBytes });
  if (parsed.ok) return parsed.value;
  throw new AppError('model-invalid', `${path} is not strict JSON: ${parsed.error.message}`);
}
