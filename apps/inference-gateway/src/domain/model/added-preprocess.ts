import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError, type TensorSpec } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { Preparers, TokenizerFile } from '../request/preparers.js';
import type { Preprocessing } from '../request/preprocessing.js';
import { readPreprocessing } from '../request/read-preprocessing.js';
import type { NamedTokenizer } from '../request/text-input.js';
import type { ModelManifest } from './manifest.js';

/** Largest image.json or text-input.json that can be added, in bytes. */
export const INPUT_FILE_BYTES_MAX = 65_536;

/** Under which key the metadata of an ONNX file name the digest of what turns a request into its inputs. */
export const PREPROCESS_KEY = 'touchstone.preprocess.sha256';

/** The files about what an added model takes, as they were sent and are kept. */
export interface AddedPreprocess {
  readonly type: 'image' | 'tokenizer';
  /** image.json or text-input.json. */
  readonly file: Uint8Array;
  /** The tokenizer.json that a text-input.json names. */
  readonly tokenizer?: Uint8Array | undefined;
}

/** What the file of each type is called. */
const fileNames = { image: 'image.json', tokenizer: 'text-input.json' } as const;

/** Files that hold together, as a manifest names them and as they work. */
export interface CheckedPreprocess {
  readonly spec: NonNullable<ModelManifest['preprocess']>;
  readonly preprocessing: Preprocessing;
}

/**
 * Checks that files belong to a model and do what they say.
 *
 * @param bound the digest that the metadata of the ONNX file name
 * @throws AppError `model-invalid`
 */
export async function checkPreprocess(
  sent: AddedPreprocess,
  bound: string | undefined,
  inputs: readonly TensorSpec[],
  preparers: Preparers,
): Promise<CheckedPreprocess> {
  const spec = {
    type: sent.type,
    file: fileNames[sent.type],
    sha256: bytesToHex(sha256(sent.file)),
  };
  if (bound !== spec.sha256) throw unbound(spec, bound);
  const preprocessing = await preprocessingOf(spec, sent.file, (named) => tokenizerOf(sent, named));
  if (!preprocessing.fits(inputs)) {
    const found = inputs.map(({ name, datatype, shape }) => `"${name}" ${datatype} ${JSON.stringify(shape)}`);
    throw invalid(`${spec.file} asks for ${preprocessing.needs}, and the model has ${found.join(', ')}`);
  }
  await preprocessing.tryOut?.(preparers);
  return { spec, preprocessing };
}

/**
 * Reads an image.json or a text-input.json.
 *
 * @param tokenizer finds what the latter names
 * @throws AppError `model-invalid`
 */
export async function preprocessingOf(
  { type, file }: NonNullable<ModelManifest['preprocess']>,
  bytes: Uint8Array,
  tokenizer: (named: NamedTokenizer) => Promise<TokenizerFile>,
): Promise<Preprocessing> {
  const parsed = parseStrictJson(bytes, { maxBytes: INPUT_FILE_BYTES_MAX, numbers: 'finite' });
  if (!parsed.ok) throw invalid(`${file} is not strict JSON: ${parsed.error.message}`);
  return readPreprocessing(type, parsed.value, tokenizer);
}

function tokenizerOf(
  { tokenizer }: AddedPreprocess,
  { sha256: digest }: NamedTokenizer,
): Promise<TokenizerFile> {
  if (!tokenizer) throw invalid('text-input.json names a tokenizer, and no tokenizer.json came with it');
  const actual = bytesToHex(sha256(tokenizer));
  if (actual !== digest)
    throw invalid(`tokenizer.json has the SHA-256 ${actual}, and text-input.json names ${digest}`);
  return Promise.resolve({ sha256: digest, read: () => Promise.resolve(tokenizer) });
}

/** The version of a model is the hash of its ONNX file: only what that names is a part of what is proven. */
function unbound({ file, sha256: digest }: CheckedPreprocess['spec'], bound: string | undefined): AppError {
  const found = bound === undefined ? 'nothing' : `the digest ${bound}`;
  return invalid(
    `its metadata name ${found} under ${PREPROCESS_KEY}, and ${file} has the SHA-256 ${digest}; write it there, in Python: ` +
      `onnx.helper.set_model_props(model, {"${PREPROCESS_KEY}": "${digest}"})`,
  );
}

const invalid = (detail: string): AppError =>
  new AppError('model-invalid', `The model is refused: ${detail}.`);
