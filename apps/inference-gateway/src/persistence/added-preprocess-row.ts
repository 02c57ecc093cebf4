import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { toBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { preprocessingOf, type AddedPreprocess } from '../domain/model/added-preprocess.js';
import type { ModelManifest } from '../domain/model/manifest.js';
import type { Preprocessing } from '../domain/request/preprocessing.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

type Querying = Pick<EntityManager, 'query'>;

/** Writes the files about what an added model takes, beside its own. */
export async function storePreprocess(
  manager: Querying,
  modelVersionId: string,
  { file, tokenizer }: AddedPreprocess,
): Promise<void> {
  await manager.query(
    `UPDATE ${schema}.added_models SET preprocess = $2, tokenizer = $3 WHERE model_version_id = $1`,
    [toBytea(modelVersionId), Buffer.from(file), tokenizer ? Buffer.from(tokenizer) : null],
  );
}

/** What a row says about what its model takes; the tokenizer is read when a process needs it. */
export async function storedPreprocessing(
  manager: Querying,
  modelVersionId: string,
  { preprocess }: ModelManifest,
  file: Buffer | null,
): Promise<Preprocessing | undefined> {
  if (!preprocess || !file) return undefined;
  requireDigest(preprocess.file, file, preprocess.sha256);
  return preprocessingOf(preprocess, file, (named) =>
    Promise.resolve({
      sha256: named.sha256,
      read: () => readTokenizer(manager, modelVersionId, named.sha256),
    }),
  );
}

async function readTokenizer(manager: Querying, modelVersionId: string, digest: string): Promise<Uint8Array> {
  const rows = (await manager.query(
    `SELECT tokenizer FROM ${schema}.added_models WHERE model_version_id = $1`,
    [toBytea(modelVersionId)],
  )) as { tokenizer: Buffer | null }[];
  const tokenizer = rows[0]?.tokenizer;
  if (!tokenizer) throw new AppError('model-not-active', 'The model was retired.');
  requireDigest('tokenizer.json', tokenizer, digest);
  return new Uint8Array(tokenizer);
}

function requireDigest(file: string, bytes: Uint8Array, expected: string): void {
  const actual = bytesToHex(sha256(bytes));
  if (actual === expected) return;
  throw new AppError(
    'inference-failed',
    `The stored ${file} has the SHA-256 ${actual}, its record says ${expected}.`,
  );
}
