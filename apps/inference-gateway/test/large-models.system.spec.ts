import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { FILE_PIECE_BYTES } from '../src/domain/model/model-files.js';
import { GatewayFixture } from './support/gateway-fixture.js';
import { GatewayProcess } from './support/gateway-process.js';
import { addFile, askRows, writeLargeModel } from './support/large-models.js';
import { operator } from './support/operator-requests.js';

const MEBIBYTES = 120;
const TIMEOUT_MS = 300_000;

let folder: string;
let fixture: GatewayFixture;
let file: string;
let model: { sizeBytes: number; sha256: string };

const uploads = () => join(folder, 'uploads');
const cache = () => join(folder, 'cache');
const settings = () => ({
  ...operator,
  TOUCHSTONE_UPLOADS_DIR: uploads(),
  TOUCHSTONE_MODEL_CACHE_DIR: cache(),
});
const pieces = () => fixture.column<number>('SELECT count(*)::int FROM gateway.file_pieces');
const added = (id: string) =>
  fixture.column<string>('SELECT model_id FROM gateway.added_models WHERE model_id = $1', [id]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-large-'));
  for (const name of ['uploads', 'cache']) mkdirSync(join(folder, name));
  file = join(folder, 'large.onnx');
  model = writeLargeModel(file, MEBIBYTES);
  fixture = await GatewayFixture.create();
}, TIMEOUT_MS);

afterAll(async () => {
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function expectRows(gateway: GatewayProcess, id: string): Promise<void> {
  const { answered, expected } = await askRows(gateway.url, id, [3, 1_000_000]);
  expect(answered).toEqual(expected);
}

describe(`a model of ${MEBIBYTES} MiB`, () => {
  it(
    'is added once by two who send it at once, answers, and answers again after a restart from what lies on the disk',
    async () => {
      const gateway = await GatewayProcess.start(fixture, settings());
      const both = await Promise.all([
        addFile(gateway.url, { name: 'large' }, file),
        addFile(gateway.url, { name: 'large' }, file),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
      expect(await pieces()).toEqual([Math.ceil(model.sizeBytes / FILE_PIECE_BYTES)]);
      expect(readdirSync(uploads())).toEqual([]);
      await expectRows(gateway, 'large');
      expect(readdirSync(cache())).toEqual([`${model.sha256}.onnx`]);
      await gateway.kill();
      const next = await GatewayProcess.start(fixture, settings());
      await expectRows(next, 'large');
      await next.kill();
    },
    TIMEOUT_MS,
  );

  it(
    'leaves nothing where its caller goes away in the middle',
    async () => {
      const gateway = await GatewayProcess.start(fixture, settings());
      const before = await pieces();
      let sending: ClientRequest | undefined;
      const outcome = addFile(gateway.url, { name: 'cut' }, file, (begun) => (sending = begun));
      await waitUntil(() => (sending?.socket?.bytesWritten ?? 0) > model.sizeBytes / 4, TIMEOUT_MS);
      sending?.destroy();
      await expect(outcome).rejects.toThrow();
      await waitUntil(async () => (await fetch(`${gateway.url}/v1/models`)).status === 200);
      expect([readdirSync(uploads()), await added('cut'), await pieces()]).toEqual([[], [], before]);
      await gateway.kill();
    },
    TIMEOUT_MS,
  );

  it(
    'is there as a whole or not at all where the gateway is killed while it is stored',
    async () => {
      const gateway = await GatewayProcess.start(fixture, settings());
      const before = await pieces();
      const outcome = addFile(gateway.url, { name: 'killed' }, file).catch(() => undefined);
      // The transaction is open, and has written some of the pieces.
      await waitUntil(async () => {
        const [storing] = await fixture.column<number>(
          `SELECT count(*)::int FROM pg_stat_activity
           WHERE xact_start IS NOT NULL AND query LIKE 'INSERT INTO gateway.file_pieces%' AND backend_xid IS NOT NULL`,
        );
        return storing === 1;
      }, TIMEOUT_MS);
      await gateway.kill();
      await outcome;
      expect([readdirSync(uploads()), await added('killed'), await pieces()]).toEqual([[], [], before]);
    },
    TIMEOUT_MS,
  );
});
