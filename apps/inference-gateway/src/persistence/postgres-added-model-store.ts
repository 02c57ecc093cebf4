import { AppError, type ModelStatus } from '@touchstone/contracts';
import { randomUUID } from 'node:crypto';
import { lockInTransaction, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { OPERATOR } from '../domain/market/submission.js';
import type { AddedModel, AddedModelStore, Addition } from '../domain/model/added-model.js';
import type { AddedPreprocess } from '../domain/model/added-preprocess.js';
import { modelManifest } from '../domain/model/manifest.js';
import type { MarketModel, Model } from '../domain/model/model.js';
import type { LendFile, ModelFiles, ReceivedFile } from '../domain/model/model-files.js';
import { insertAdded, isFull, withFreeId } from './added-model-row.js';
import { storedPreprocessing, storePreprocess } from './added-preprocess-row.js';
import { dropPieces, readPieces, storePieces } from './file-pieces.js';
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

/** What a file is found and known by. */
type Stored = Pick<Model, 'modelVersionId' | 'identity' | 'sizeBytes'>;

/** Added models in PostgreSQL, the files beside the records in pieces, so that every replica can run what any of them took. */
export class PostgresAddedModelStore implements AddedModelStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly nowMs: () => number,
    private readonly files: ModelFiles,
  ) {}

  add(model: Model, file: ReceivedFile, preprocess?: AddedPreprocess): Promise<Addition> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager): Promise<Addition> => {
        const { name, version } = model.identity;
        const find = () => this.select(manager, 'a.name = $1 AND a.version = $2', [name, version]);
        const [there] = await find();
        if (there) return { kind: 'taken', by: there };
        const fileId = randomUUID();
        // Before the lock, which would be held for as long as a large file takes.
        await storePieces(manager, fileId, file);
        await lockInTransaction(manager, 'model-additions', schema);
        const [taken] = await find();
        if (!taken && !(await isFull(manager))) return this.insert(manager, model, fileId, preprocess);
        await dropPieces(manager, fileId);
        return taken ? { kind: 'taken', by: taken } : { kind: 'full' };
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
        await this.letGo(manager, modelVersionId);
        const from = await changeStatus(manager, modelVersionId, 'retired');
        if (from !== 'retired') await this.note(manager, modelVersionId, from ?? null, 'retired');
      }),
    );
  }

  restore(modelVersionId: string, file: ReceivedFile, preprocess?: AddedPreprocess): Promise<boolean> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const fileId = randomUUID();
        await storePieces(manager, fileId, file);
        await lockInTransaction(manager, 'model-additions', schema);
        if (await isFull(manager)) {
          await dropPieces(manager, fileId);
          return false;
        }
        // Of two that take it back at once the second one's file stays.
        await this.letGo(manager, modelVersionId);
        await manager.query(`UPDATE ${schema}.added_models SET file_id = $2 WHERE model_version_id = $1`, [
          ...[toBytea(modelVersionId), fileId],
        ]);
        if (preprocess) await storePreprocess(manager, modelVersionId, preprocess);
        const from = await changeStatus(manager, modelVersionId, 'active');
        await this.note(manager, modelVersionId, from ?? null, 'active');
        return true;
      }),
    );
  }

  private async insert(
    manager: EntityManager,
    model: Model,
    fileId: string,
    preprocess: AddedPreprocess | undefined,
  ): Promise<Addition> {
    const named = await withFreeId(manager, model);
    await insertAdded(manager, named, fileId);
    if (preprocess) await storePreprocess(manager, named.modelVersionId, preprocess);
    await this.note(manager, named.modelVersionId, null, 'active');
    return { kind: 'added', model: { ...named, withFile: this.lending(named) } };
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

  /** Takes the files of a model away. */
  private async letGo(manager: EntityManager, modelVersionId: string): Promise<void> {
    const id = [toBytea(modelVersionId)];
    await manager.query(
      `DELETE FROM ${schema}.file_pieces
       WHERE file_id = (SELECT file_id FROM ${schema}.added_models WHERE model_version_id = $1)`,
      id,
    );
    await manager.query(
      `UPDATE ${schema}.added_models SET file_id = NULL, tokenizer = NULL WHERE model_version_id = $1`,
      id,
    );
  }

  /** The file of a model, compared with the hash that its commitment names. */
  private lending({ modelVersionId, identity, sizeBytes }: Stored): LendFile {
    const file = { sha256: identity.modelHash, sizeBytes, pieces: () => this.pieces(modelVersionId) };
    return (use) => this.files.lend(file, use);
  }

  private pieces(modelVersionId: string): AsyncIterable<Uint8Array> {
    return readPieces((place) =>
      withDatabase(async () => {
        const rows = (await this.dataSource.query(
          `SELECT p.bytes FROM ${schema}.added_models a
           LEFT JOIN ${schema}.file_pieces p ON p.file_id = a.file_id AND p.place = $2
           WHERE a.model_version_id = $1 AND a.file_id IS NOT NULL`,
          [toBytea(modelVersionId), place],
        )) as { bytes: Buffer | null }[];
        const [row] = rows;
        if (!row) throw new AppError('model-not-active', 'The model was retired.');
        return row.bytes ?? undefined;
      }),
    );
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
    const identity = { developer, modelHash: row.model_hash.toString('hex'), name, version };
    const stored = { modelVersionId, identity, sizeBytes: Number(row.size_bytes) };
    return {
      status: statusOf(row.status),
      model: {
        ...stored,
        manifest,
        modelHashSha3: row.model_hash_sha3.toString('hex'),
        origin: 'added',
        withFile: this.lending(stored),
        preprocessing: await storedPreprocessing(manager, modelVersionId, manifest, row.preprocess_file),
        ...(row.market === null ? {} : { market: row.market }),
      },
    };
  }
}
