import { AppError, type ModelStatus } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { lockInTransaction, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { OPERATOR } from '../domain/market/submission.js';
import type { AddedModel, AddedModelStore, Addition } from '../domain/model/added-model.js';
import type { AddedPreprocess } from '../domain/model/added-preprocess.js';
import { modelManifest } from '../domain/model/manifest.js';
import type { MarketModel, Model } from '../domain/model/model.js';
import { insertAdded, isFull, withFreeId } from './added-model-row.js';
import { storedPreprocessing, storePreprocess } from './added-preprocess-row.js';
import { changeStatus, insertModelChange, statusOf } from './model-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

interface AddedRow {
  readonly developer: string;
  readonly name: string;
  readonly version: string;
  readonly model_version_id: Buffer;
  readonly model_hash: Buffer;
  readonly model_hash_sha3: Buffer;
  readonly size_bytes: string;
  readonly status: string;
  readonly manifest: unknown;
  readonly market: MarketModel | null;
  readonly preprocess_file: Buffer | null;
}

/** Added models in PostgreSQL, the file beside the record, so that every replica can run what any of them took. */
export class PostgresAddedModelStore implements AddedModelStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly nowMs: () => number,
  ) {}

  add(model: Model, bytes: Uint8Array, preprocess?: AddedPreprocess): Promise<Addition> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager): Promise<Addition> => {
        await lockInTransaction(manager, 'model-additions', schema);
        const { name, version } = model.identity;
        const [taken] = await this.select(manager, 'a.name = $1 AND a.version = $2', [name, version]);
        if (taken) return { kind: 'taken', by: taken };
        if (await isFull(manager)) return { kind: 'full' };
        const named = await withFreeId(manager, model);
        await insertAdded(manager, named, bytes);
        if (preprocess) await storePreprocess(manager, named.modelVersionId, preprocess);
        await this.note(manager, named.modelVersionId, null, 'active');
        return { kind: 'added', model: { ...named, read: () => this.read(named.modelVersionId) } };
      }),
    );
  }

  findById(id: string): Promise<AddedModel | undefined> {
    return withDatabase(async () => {
      const [found] = await this.select(this.dataSource.manager, 'a.model_id = $1', [id]);
      return found;
    });
  }

  list(): Promise<{ id: string; modelVersionId: string; status: ModelStatus }[]> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT a.model_id AS id, encode(a.model_version_id, 'hex') AS "modelVersionId", m.status
         FROM ${schema}.added_models a JOIN ${schema}.models m USING (model_version_id)`,
      )) as { id: string; modelVersionId: string; status: string }[];
      return rows.map((row) => ({ ...row, status: statusOf(row.status) }));
    });
  }

  retire(modelVersionId: string): Promise<void> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const id = [toBytea(modelVersionId)];
        const from = await changeStatus(manager, modelVersionId, 'retired');
        if (from !== 'retired') await this.note(manager, modelVersionId, from ?? null, 'retired');
        await manager.query(
          `UPDATE ${schema}.added_models SET file = NULL, tokenizer = NULL WHERE model_version_id = $1`,
          id,
        );
      }),
    );
  }

  restore(modelVersionId: string, bytes: Uint8Array, preprocess?: AddedPreprocess): Promise<boolean> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await lockInTransaction(manager, 'model-additions', schema);
        if (await isFull(manager)) return false;
        const id = toBytea(modelVersionId);
        await manager.query(`UPDATE ${schema}.added_models SET file = $2 WHERE model_version_id = $1`, [
          id,
          Buffer.from(bytes),
        ]);
        if (preprocess) await storePreprocess(manager, modelVersionId, preprocess);
        const from = await changeStatus(manager, modelVersionId, 'active');
        await this.note(manager, modelVersionId, from ?? null, 'active');
        return true;
      }),
    );
  }

  private note(
    manager: EntityManager,
    modelVersionId: string,
    from: string | null,
    to: string,
  ): Promise<void> {
    const change = { by: OPERATOR, from, to, reason: null, atMs: this.nowMs() };
    return insertModelChange(manager, modelVersionId, change);
  }

  /** The file of a model, compared with the hash that its commitment names. */
  private read(modelVersionId: string): Promise<Uint8Array> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT a.file, m.model_hash FROM ${schema}.added_models a JOIN ${schema}.models m USING (model_version_id)
         WHERE a.model_version_id = $1`,
        [toBytea(modelVersionId)],
      )) as { file: Buffer | null; model_hash: Buffer }[];
      const { file, model_hash: expected } = rows[0] ?? {};
      if (!file || !expected) throw new AppError('model-not-active', 'The model was retired.');
      const actual = bytesToHex(sha256(file));
      if (actual !== expected.toString('hex')) {
        throw new AppError(
          'inference-failed',
          `The stored file has the SHA-256 ${actual}, its record says ${expected.toString('hex')}.`,
        );
      }
      return new Uint8Array(file);
    });
  }

  private async select(manager: EntityManager, where: string, values: unknown[]): Promise<AddedModel[]> {
    const rows = (await manager.query(
      `SELECT m.*, a.market, a.preprocess AS preprocess_file
       FROM ${schema}.added_models a JOIN ${schema}.models m USING (model_version_id) WHERE ${where}`,
      values,
    )) as AddedRow[];
    return Promise.all(rows.map((row) => this.addedModel(row)));
  }

  private async addedModel(row: AddedRow): Promise<AddedModel> {
    const modelVersionId = row.model_version_id.toString('hex');
    const { developer, name, version } = row;
    const manifest = modelManifest.parse(row.manifest);
    const { manager } = this.dataSource;
    return {
      status: statusOf(row.status),
      model: {
        manifest,
        identity: { developer, modelHash: row.model_hash.toString('hex'), name, version },
        modelVersionId,
        modelHashSha3: row.model_hash_sha3.toString('hex'),
        origin: 'added',
        sizeBytes: Number(row.size_bytes),
        read: () => this.read(modelVersionId),
        preprocessing: await storedPreprocessing(manager, modelVersionId, manifest, row.preprocess_file),
        ...(row.market === null ? {} : { market: row.market }),
      },
    };
  }
}
